import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse as parseHcl } from "@cdktf/hcl2json";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { synthesizeTo } from "../delivery/core/application/synthesize.ts";
import { ROOT, run } from "./support/run.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-cdktf-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("cdktf", () => {
  it("list names the stacks", async () => {
    const { code, stdout } = await run("cdktf", ["list", "-o", join(folder, "list")], {
      env: { CALI_ENV: "dev" },
    });
    expect(code).toBe(0);
    for (const stack of ["01-kinesis", "07-ecr", "08-cluster", "13-consumer"])
      expect(stdout).toContain(stack);
  });

  it("synthesizes into a folder that is not there yet, as in a fresh checkout", async () => {
    const outdir = join(folder, "not/there/yet");
    await synthesizeTo(outdir, ROOT, "dev");
    expect(readdirSync(join(outdir, "stacks"))).toContain("01-kinesis");
  }, 120_000);

  it.each(["dev", "terraform-users"])(
    "synth and synth --hcl say the same of %s",
    async (env) => {
      const json = await run("cdktf", ["synth", "-o", join(folder, `json-${env}`)], {
        env: { CALI_ENV: env },
      });
      const hcl = await run("cdktf", ["synth", "--hcl", "-o", join(folder, `hcl-${env}`)], {
        env: { CALI_ENV: env },
      });
      expect([json.code, hcl.code]).toEqual([0, 0]);
      for (const stack of readdirSync(join(folder, `json-${env}/stacks`))) {
        const fromJson = JSON.parse(
          readFileSync(join(folder, `json-${env}/stacks/${stack}/cdk.tf.json`), "utf8"),
        );
        const text = readFileSync(join(folder, `hcl-${env}/stacks/${stack}/cdk.tf`), "utf8");
        const fromHcl = await parseHcl("cdk.tf", text);
        for (const part of ["resource", "data", "output"]) {
          expect(comparable(fromHcl[part]), `${stack} ${part}`).toEqual(comparable(fromJson[part]));
        }
        expect(comparable(fromHcl.terraform), stack).toEqual(comparable(fromJson.terraform));
      }
    },
    180_000,
  );
});

/** JSON and HCL differ in how they write a single block, a number, a reference in quotes and a JSON document. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(comparable);
    return items.length === 1 ? items[0] : items;
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== "//")
        .map(([key, child]) => [key, comparable(child)]),
    );
  }
  const text = String(value).trim();
  return text.replace(/^\$\{([^{}]*)\}$/, "$1").replaceAll(/\s+/g, " ");
}
