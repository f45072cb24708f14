import {
  BLOCK_PATTERN,
  ERROR_CODE_PATTERN,
  formatLine,
  LINE_PATTERN,
  LINE_START_PATTERN,
  type LogLine,
  toRecord,
} from "@cali/log-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PodLookup } from "./support/chain.ts";
import { Keys } from "./support/config.ts";
import { logFile, ORIGIN } from "./support/corpus.ts";
import { criLines } from "./support/cri.ts";
import { OnigRegex } from "./support/regex.ts";
import { comeOutAsRecords, through, values } from "./support/through.ts";

const TIME = "2026-01-25T01:02:03.456789012Z";

const parser = (name: string) => {
  const section = values.parsers.find((one) => new Keys(one).one("name") === name && one.name === "PARSER");
  if (!section) throw new Error(`no parser ${name}`);
  return new Keys(section).one("regex");
};
const rules = () => {
  const section = values.parsers.find(({ name }) => name === "MULTILINE_PARSER");
  if (!section) throw new Error("no multiline parser");
  return new Keys(section).all("rule");
};

const tailed = (text: string, file = logFile("pay-1"), stream: "stdout" | "stderr" = "stdout") =>
  [...criLines(text, TIME, stream)].map((line) => ({ file, line }));

const line = (change: Partial<LogLine> = {}): LogLine => ({
  level: "ERROR",
  timestamp: "2026-01-25T01:02:03.456Z",
  service: "payment",
  version: "1.4.2",
  traceId: "0af7651916cd43dd",
  message: "no answer error_code=PAY_TIMEOUT",
  stack: [],
  ...change,
});
const recordOf = (of: LogLine) => toRecord(of, { ...ORIGIN, pod_name: "pay-1" });

describe("the values file has the patterns of packages/log-record", () => {
  it("parses with BLOCK_PATTERN and ERROR_CODE_PATTERN", () => {
    expect(parser("cali-block")).toBe(BLOCK_PATTERN);
    expect(parser("cali-error-code")).toBe(ERROR_CODE_PATTERN);
  });

  it("starts at LINE_START_PATTERN, and all else is below", () => {
    // The runtime's flag is still before it.
    const start = LINE_START_PATTERN.slice(1);
    const below = `^[FP] (?!${start})`;
    expect(rules()).toEqual([`"start_state" "/^[FP] ${start}/" "below"`, `"below" "/${below}/" "below"`]);
  });

  it("means the same to Oniguruma as to JavaScript, whatever the text", () => {
    const patterns = [BLOCK_PATTERN, LINE_PATTERN, LINE_START_PATTERN, ERROR_CODE_PATTERN].map(
      (pattern) => [new OnigRegex(pattern), new RegExp(pattern)] as const,
    );
    const words = [
      "[ERROR] ",
      "2026-01-25T01:02:03.456Z ",
      "a/1 ",
      "[-]: ",
      "error_code=",
      "A_1",
      "\n",
      "\r",
      "é",
      "日",
      " ",
      "x",
    ];
    const text = fc.array(
      fc.oneof(fc.constantFrom(...words), fc.string({ unit: "grapheme", maxLength: 3 })),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(text, (parts) => {
        // Ruby's ^ and $ stand at every line; a block has one start, so its first line decides.
        const one = parts.join("").replace(/\n(?=\[[A-Z]+\] )/g, " ");
        for (const [onig, js] of patterns) {
          const groups = js.exec(one)?.groups;
          if (js.source === LINE_PATTERN && /[\r\n]/.test(one)) continue;
          expect(onig.matches(one)).toBe(js.test(one));
          if (groups) expect(onig.groups(one)).toEqual(mapped(groups));
        }
      }),
      { numRuns: 300 },
    );
  });
});

const mapped = (groups: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(groups).map(([key, value]) => [key, value ?? ""]));

describe("2,000 lines of the log generator (10,000 are in chain.integration.test.ts)", () =>
  comeOutAsRecords({ count: 2_000, badShare: 0.1 }));

describe("a line", () => {
  it("of any form that log-record writes becomes its record", async () => {
    const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
    const text = fc.string({ unit: "grapheme", maxLength: 40 }).map((one) => one.replace(/[\r\n]/g, ""));
    const lines = fc.record<LogLine>({
      level: fc.constantFrom("DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
      timestamp: fc.constant("2026-01-25T01:02:03.456Z"),
      service: word,
      version: word,
      traceId: fc.oneof(fc.constant("-"), word),
      message: text,
      stack: fc.array(fc.oneof(text, fc.constant(""), fc.constant("\tat a.b(c.java:1)")), { maxLength: 5 }),
    });
    const sample = fc.sample(lines, 300).filter(writable);
    const out = await through(sample.flatMap((one) => tailed(formatLine(one))));
    expect(out.map(({ verdict }) => verdict)).toEqual(
      sample.map((one) => ({ ok: true, record: recordOf(one) })),
    );
  });

  it("of more than the runtime's 16 KiB is joined, in several languages", async () => {
    const long = line({
      message: "결제 실패 — ".repeat(1_500),
      stack: ["\tat ".padEnd(50_000, "é"), "", "end"],
    });
    const lines = tailed(formatLine(long));
    expect(lines.length).toBeGreaterThan(6);
    const [got] = await through(lines);
    expect(got?.verdict).toEqual({ ok: true, record: recordOf(long) });
  });

  it("of fifty thousand lines is joined, and quickly", async () => {
    const long = line({ stack: Array.from({ length: 50_000 }, () => "x") });
    const [got] = await through(tailed(formatLine(long)));
    expect(got?.value.log_content).toBe(recordOf(long).log_content);
  });

  it("of more than the limit is cut, and what is below it goes through alone, for dlq/", async () => {
    const long = line({ stack: ["a".repeat(200_000), "b".repeat(200_000), "c"] });
    const out = await through(tailed(formatLine(long)));
    expect(String(out[0]?.value.log_content).length).toBeGreaterThan(380_000);
    // The rest of the line that was cut, in the runtime's parts, and the line below.
    expect(new Set(out.slice(1, -1).map(({ value }) => String(value.log)[0]))).toEqual(new Set(["b"]));
    expect(out.at(-1)?.value.log).toBe("c");
    expect(out.map(({ verdict }) => verdict.ok)).not.toContain(true);
  });

  it("without a message is a record", async () => {
    const [got] = await through(
      tailed(formatLine(line({ message: "", stack: ["java.lang.NullPointerException"] }))),
    );
    expect(got?.value).toMatchObject({ message: "", log_content: "\njava.lang.NullPointerException" });
    expect(got?.verdict.ok).toBe(true);
  });

  it("above the first start goes through alone, for dlq/", async () => {
    const out = await through(tailed(`npm warn something\n  at nothing\n${formatLine(line())}`));
    expect(out.map(({ value }) => value.log)).toEqual(["npm warn something", "  at nothing", undefined]);
    expect(out.map(({ verdict }) => verdict.ok)).toEqual([false, false, true]);
    expect(out[0]?.value).toEqual({
      log: "npm warn something",
      platform: "eks",
      environment: "dev",
      pod_name: "pay-1",
    });
  });

  it("on standard error doesn't end a stack trace on standard output", async () => {
    const stack = formatLine(line({ stack: ["\tat a", "\tat b"] }));
    const [first = "", ...rest] = tailed(stack).map((one) => one.line);
    const [other = ""] = tailed(formatLine(line({ level: "WARN" })), undefined, "stderr").map(
      (one) => one.line,
    );
    const file = logFile("pay-1");
    const out = await through([first, other, ...rest].map((one) => ({ file, line: one })));
    expect(out.map(({ value }) => value.level).sort()).toEqual(["ERROR", "WARN"]);
    expect(out.find(({ value }) => value.level === "ERROR")?.value.log_content).toContain("\tat b");
  });
});

const writable = (one: LogLine) => {
  try {
    return formatLine(one) !== "";
  } catch {
    return false;
  }
};

describe("pods", () => {
  it("without the label are left out, whatever they write", async () => {
    const labels = (pod: string): Record<string, string> =>
      pod === "pay-1" ? { "cali.io/logs": "true" } : { app: "other" };
    const lookup: PodLookup = (pod) => ({ labels: labels(pod) });
    const others = ["other-1", "other-2"].flatMap((pod) => tailed(formatLine(line()), logFile(pod)));
    const out = await through(
      [...others, ...tailed("junk", logFile("other-3")), ...tailed(formatLine(line()))],
      lookup,
    );
    expect(out.map(({ value }) => value.pod_name)).toEqual(["pay-1"]);
    expect(await through(tailed("junk"), () => ({}))).toEqual([]);
  });

  it("are kept while the API server doesn't answer: a line too many is better than one too few", async () => {
    const out = await through(tailed(formatLine(line())), () => undefined);
    expect(out[0]?.verdict).toEqual({ ok: true, record: recordOf(line()) });
  });

  it("of the cluster itself and Fluent Bit's own are never read", async () => {
    const text = formatLine(line());
    const files = [logFile("fluent-bit-x", "logging"), logFile("coredns-x", "kube-system")];
    expect(await through(files.flatMap((file) => tailed(text, file)))).toEqual([]);
  });
});
