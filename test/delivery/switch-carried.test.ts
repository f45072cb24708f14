import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { carriedAlong } from "../../delivery/commands/switch/carried.ts";
import type { StackJson } from "../../delivery/core/parity/stack-json.ts";
import { PROGRAMS } from "../../delivery/core/terraform/programs.ts";

/** What a default means: in HCL "$${" is written for "${"; in JSON a variable's block has no templates (Terraform 1.11.4). */
const NOTES = `variable "note" {
  type = string
}
variable "own" {
  description = "5%%{x}"
  default     = { a = "b$\${c}" }
  validation {
    condition     = var.own != null
    error_message = "not $\${d}"
  }
}
`;
const MORE = { resource: { aws_sns_topic: { of_json: {} } }, variable: { json: { default: "$${e}" } } };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-carried-"));
  const topic = (name: string) => `resource "aws_sns_topic" "${name}" {}\n`;
  writeFileSync(join(folder, "main.tf"), `${topic("of_terraform")}${NOTES}`);
  writeFileSync(join(folder, "main.tofu"), `${topic("of_opentofu")}${NOTES}`);
  writeFileSync(join(folder, "more.tofu.json"), JSON.stringify(MORE));
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

it("a variable's default is what it was, whatever begins a template in it", async () => {
  const { patch } = await carried("tofu");
  expect(patch.variable).toMatchObject({
    note: { type: "string", default: "100%{x} ${y}" },
    own: { description: "5%{x}", default: { a: "b${c}" } },
    json: { default: "$${e}" },
  });
  expect(JSON.stringify(patch.variable)).toContain('"not $${d}"');
});
