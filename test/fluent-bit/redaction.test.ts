import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { withRules } from "../../helm-values/write-redaction.ts";
import { luaRules } from "../../services/consumer/src/redact/lua.ts";
import { at } from "../support/manifests.ts";
import { ROOT } from "../support/run.ts";
import { synthesize } from "../support/synth.ts";

const SCRIPT = readFileSync(join(ROOT, "helm-values/fluent-bit-redact.lua"), "utf8");
const { covered, left } = luaRules();

describe("redaction in Fluent Bit", () => {
  it("is current: npm run fluent-bit:redaction writes the same", () => {
    expect(withRules(SCRIPT)).toBe(SCRIPT);
    expect(SCRIPT).not.toMatch(/\{\{|\}\}/);
  });

  it("comes with fluentBit.redact alone", () => {
    const scripts = (redactIt: boolean) => {
      const config = loadConfig({ env: "prod" });
      const { stacks } = synthesize({ ...config, fluentBit: { redact: redactIt } });
      const release = stacks["09-fluent-bit"]?.resource?.helm_release?.fluent_bit;
      return (JSON.parse(String(at(release, "values", "0"))) as { luaScripts: object }).luaScripts;
    };
    expect(Object.keys(scripts(false))).toEqual(["record.lua"]);
    expect(Object.keys(scripts(true)).sort()).toEqual(["record.lua", "redact.lua"]);
  });

  it("is described with the rules that it has, and those that it has not", () => {
    const text = readFileSync(join(ROOT, "docs/security.md"), "utf8");
    expect(text).toContain(`| Fluent Bit and the consumer | ${covered.length} |`);
    expect(text).toContain(
      `| the consumer alone | ${left.length} | ${left.map((id) => `\`${id}\``).join(", ")} |`,
    );
  });
});
