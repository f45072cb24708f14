import { ConfigError } from "@cali/settings";
import { expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../src/config/load.ts";
import { Redactor, RULES, redact, useRules } from "../src/redact/redact.ts";
import { rulesOf } from "../src/redact/team-rules.ts";
import { cpuMs } from "./support/cpu.ts";

it("is of the whole process once the consumer uses it", () => {
  onTestFinished(() => useRules(RULES));
  useRules(rulesOf({ off: ["email"], rules: [{ id: "ticket", pattern: "OPS-\\d+" }] }));
  expect(redact("kim@example.com has OPS-12")).toBe("kim@example.com has <ticket>");
});

it("takes linear time for any pattern of a configuration", () => {
  const redactor = new Redactor(rulesOf({ off: [], rules: [{ id: "slow", pattern: "(a+)+b" }] }));
  expect(cpuMs(() => redactor.find("a".repeat(20_000)))).toBeLessThan(5_000);
});

it("refuses a pattern of nothing, and a name that is taken", () => {
  const config = { region: "x", kinesis: { stream: "s" }, state: { file: "f" }, objects: { folder: "o" } };
  const rules = [{ id: "email", pattern: "a*" }];
  expect(() => parseConfig({ ...config, redaction: { rules } })).toThrow(ConfigError);
  expect(() => parseConfig({ ...config, redaction: { rules } })).toThrow(/does not match the empty text/);
  expect(() => parseConfig({ ...config, redaction: { rules } })).toThrow(/another name/);
});
