import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { carriedAlong } from "../../delivery/commands/switch/carried.ts";
import type { StackJson } from "../../delivery/core/parity/stack-json.ts";
import { PROGRAMS } from "../../delivery/core/terraform/programs.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-carried-"));
  const topic = (name: string) => `resource "aws_sns_topic" "${name}" {}\n`;
  writeFileSync(join(folder, "main.tf"), `${topic("of_terraform")}variable "note" {\n  type = string\n}\n`);
  writeFileSync(join(folder, "main.tofu"), topic("of_opentofu"));
  writeFileSync(join(folder, "more.tofu.json"), '{"resource":{"aws_sns_topic":{"of_json":{}}}}');
  writeFileSync(join(folder, "both.tf"), topic("of_both"));
  writeFileSync(join(folder, ".draft.tf"), topic("of_nobody"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root: StackJson = { terraform: { required_providers: {} } } as never;
const carried = (program: keyof typeof PROGRAMS) =>
  carriedAlong(folder, root, { note: "100%{x} ${y}" }, PROGRAMS[program]);
const topics = async (program: keyof typeof PROGRAMS) =>
  Object.keys(((await carried(program)).patch.resource as Record<string, object>).aws_sns_topic ?? {}).sort();

it("each program reads its own files, and nobody hidden ones", async () => {
  expect(await topics("terraform")).toEqual(["of_both", "of_terraform"]);
  expect(await topics("tofu")).toEqual(["of_both", "of_json", "of_opentofu"]);
});

it("a text of a variable file begins no template in the overrides", async () => {
  const { patch } = await carried("terraform");
  expect(patch.variable).toEqual({ note: { type: "string", default: "100%%{x} $${y}" } });
});
