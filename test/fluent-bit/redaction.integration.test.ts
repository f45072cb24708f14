import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { LuaFactory } from "wasmoon";
import { luaRules } from "../../services/consumer/src/redact/lua.ts";
import { Redactor, RULES } from "../../services/consumer/src/redact/redact.ts";
import { HOSTILE } from "../../services/consumer/test/support/hostile.ts";
import { caseLines, plainLines, secretLines } from "../../services/consumer/test/support/redaction-lines.ts";
import { ROOT } from "../support/run.ts";
import { FluentBitChain } from "./support/chain.ts";
import { logFile } from "./support/corpus.ts";
import { criLines } from "./support/cri.ts";
import { values } from "./support/through.ts";

const SCRIPT = readFileSync(join(ROOT, "helm-values/fluent-bit-redact.lua"), "utf8");
const { covered } = luaRules();
const names = new Set(covered);
const consumer = new Redactor(RULES.filter(({ id }) => names.has(id)));
const byConsumer = (text: string) => consumer.replace(text, (kind) => `<${kind}>`);
/** What the consumer finds only behind what it undoes is for it alone. */
const isPlain = (text: string) => /^[\x20-\x7e\n\t]*$/.test(text) && !/\\|%[0-9a-f]{2}|&#?\w+;/i.test(text);

let redact: (text: string) => string;
beforeAll(async () => {
  const lua = await new LuaFactory().createEngine({ enableProxy: false });
  redact = await lua.doString(SCRIPT);
});

describe("redaction in Fluent Bit, in a real Lua", () => {
  it("finds what the consumer finds by the same rules, and nothing else", () => {
    const lines = [...caseLines(), ...secretLines()].map(({ line }) => line).filter(isPlain);
    expect(lines.length).toBeGreaterThan(500);
    const changed = lines.filter((line) => byConsumer(line) !== line);
    expect(changed.length).toBeGreaterThan(150);
    expect(lines.map(redact)).toEqual(lines.map(byConsumer));
  });

  it("leaves harmless lines as they are", () => {
    const lines = plainLines();
    expect(lines.map(redact)).toEqual(lines);
  });

  it("takes bounded work on hostile texts: what needs more goes whole", () => {
    for (const piece of HOSTILE) {
      const text = piece.repeat(Math.ceil(10_000 / piece.length));
      const out = redact(text);
      expect(out.length, piece).toBeLessThanOrEqual(text.length * 2 + 10);
    }
    expect(redact("-----BEGIN PRIVATE KEY-----".repeat(20_000))).toBe("<too-much>");
  });

  it("takes them out of all that leaves the node, and only where it is on", async () => {
    const token = `ghp_${"a1B2".repeat(9)}`;
    const said = async (scripts: Readonly<Record<string, string>>) => {
      const out: string[] = [];
      const lookup = () => ({ labels: { "cali.io/logs": "true" } });
      const chain = await FluentBitChain.create(
        { ...values, luaScripts: { ...values.luaScripts, ...scripts } },
        lookup,
        (json) => out.push(json),
      );
      const texts = [
        `refused: ${token}`,
        JSON.stringify({ level: "error", msg: `refused: ${token}`, time: "2026-01-25T01:02:03.456Z" }),
        `[ERROR] 2026-01-25T01:02:03.456Z pay/1 [-]: refused: ${token}\n\tat a.b(${token})`,
      ];
      for (const text of texts) {
        for (const line of criLines(text, "2026-01-25T01:02:03.456789012Z", "stdout")) {
          chain.add({ file: logFile("pay-1"), line });
        }
      }
      chain.flush();
      expect(out).toHaveLength(3);
      return out.join("\n");
    };
    expect(await said({})).toContain(token);
    const redacted = await said({ "redact.lua": SCRIPT });
    expect(redacted).not.toContain(token);
    expect(redacted).toContain("refused: <token>");
  });
});
