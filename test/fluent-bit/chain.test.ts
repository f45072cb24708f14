import { readFileSync } from "node:fs";
import {
  BLOCK_PATTERN,
  CONTINUATION_PATTERN,
  continuationRules,
  ERROR_CODE_PATTERN,
  EXCEPTION_PATTERN,
  formatLine,
  LINE_PATTERN,
  type LogLine,
  toRecord,
} from "@cali/log-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LuaFactory } from "wasmoon";
import { withAliases } from "../../helm-values/write-aliases.ts";
import type { PodLookup, TailedLine } from "./support/chain.ts";
import { Keys, VALUES_FILE } from "./support/config.ts";
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

  it("is current: npm run fluent-bit:aliases writes the same", () => {
    const file = readFileSync(VALUES_FILE, "utf8");
    expect(withAliases(file)).toBe(file);
    expect(rules()).toEqual(
      continuationRules()
        .split("\n")
        .map((rule) => rule.replace(/^rule +/, "")),
    );
  });

  it("means the same to Oniguruma as to JavaScript, whatever the text", () => {
    const patterns = [
      BLOCK_PATTERN,
      LINE_PATTERN,
      ERROR_CODE_PATTERN,
      CONTINUATION_PATTERN,
      EXCEPTION_PATTERN,
    ].map((pattern) => [new OnigRegex(pattern), new RegExp(pattern)] as const);
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
          // And theirs stands at every line's end.
          if (js.source.endsWith("$") || js.source.endsWith("$)")) {
            if (/[\r\n]/.test(one)) continue;
          }
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
      stack: fc.array(
        fc.oneof(
          text.map((one) => `  x${one}`),
          fc.constantFrom("\tat a.b(c.java:1)", "Caused by: java.io.IOException", "goroutine 1 [running]:"),
        ),
        { maxLength: 5 },
      ),
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
      stack: ["\tat ".padEnd(50_000, "é"), "", "\tend"],
    });
    const lines = tailed(formatLine(long));
    expect(lines.length).toBeGreaterThan(6);
    const [got] = await through(lines);
    expect(got?.verdict).toEqual({ ok: true, record: recordOf(long) });
  });

  it("of forty thousand lines is joined, and quickly", async () => {
    const long = line({ stack: Array.from({ length: 40_000 }, () => "\tat x") });
    const [got] = await through(tailed(formatLine(long)));
    expect(got?.value.log_content).toBe(recordOf(long).log_content);
  });

  it("with a stack trace of 14,000 lines is one record that says how many are left out", async () => {
    const stack = Array.from(
      { length: 14_000 },
      (_, number) => `\tat com.shop.Payment.charge(Payment.java:${number})`,
    );
    const out = await through(
      tailed(`${formatLine(line({ stack }))}\n${formatLine(line({ message: "next" }))}`),
    );
    expect(out).toHaveLength(2);
    expect(out[0]?.value).toMatchObject({ truncated: true, level: "ERROR" });
    const content = String(out[0]?.value.log_content);
    expect(Buffer.byteLength(content)).toBeLessThan(400_000);
    const left = Number(/\n… ([0-9]+) more lines$/.exec(content)?.[1]);
    expect(content.split("\n").length - 2 + left).toBeGreaterThanOrEqual(13_999);
    expect(out[0]?.record).toMatchObject({ truncated: true, message: line().message });
    expect(out[1]?.value).toMatchObject({ message: "next" });
  });

  it("of more than Fluent Bit holds at once: what goes on is dropped and counted in the next", async () => {
    const stack = Array.from({ length: 2_500 }, () => `\t${"a".repeat(1_000)}`);
    const out = await through(
      tailed(`${formatLine(line({ stack }))}\n${formatLine(line({ message: "next" }))}`),
    );
    expect(out.map(({ value }) => value.message)).toEqual([line().message, "next"]);
    const left = Number(/… ([0-9]+) more lines$/.exec(String(out[0]?.value.log_content))?.[1]);
    expect(left + Number(out[1]?.value.dropped_lines)).toBeGreaterThan(2_000);
  });

  it("with a byte in its stack trace that is no UTF-8 keeps what is below it", async () => {
    const lua = await new LuaFactory().createEngine();
    await lua.doString(values.luaScripts["record.lua"] ?? "");
    const content = await lua.doString(`
      local _, _, made = record("kube.var.log.pods.b_a_5b1c.c.0.log", 0, {
        log = "[ERROR] 2026-01-25T01:02:03.456Z pay/1 [-]: a \\255 b\\n\\tat c\\255\\n\\tat d", level = "ERROR", log_content = "a " })
      return made.log_content:gsub("\\255", "?")`);
    expect(content).toBe("a ? b\n\tat c?\n\tat d");
  });

  it.each([
    ["JSON", '{"level":"ERROR","message":"b","time":"2026-01-25T01:02:04Z"}'],
    ["text", "ERROR something else"],
    ["a panic", "panic: runtime error"],
  ])("is not joined by a foreign one: %s", async (_, foreign) => {
    const out = await through(tailed(`${formatLine(line({ level: "INFO" }))}\n${foreign}`));
    expect(out.map(({ record }) => record.level)).toEqual([
      "INFO",
      foreign.startsWith("panic") ? "FATAL" : "ERROR",
    ]);
  });

  it("without a message is a record", async () => {
    const [got] = await through(
      tailed(formatLine(line({ message: "", stack: ["java.lang.NullPointerException"] }))),
    );
    expect(got?.value).toMatchObject({ message: "", log_content: "\njava.lang.NullPointerException" });
    expect(got?.verdict.ok).toBe(true);
  });

  it("of no known form stays text, with the runtime's time and the pod's service", async () => {
    const out = await through(tailed(`npm warn something\n${formatLine(line())}`), () => ({
      labels: { "cali.io/logs": "true", "app.kubernetes.io/name": "pay", "app.kubernetes.io/version": "1.2" },
    }));
    expect(out[0]?.value).toEqual({
      log: "npm warn something",
      timestamp: "2026-01-25T01:02:03.456Z",
      timestamp_source: "runtime",
      service: "pay",
      version: "1.2",
      platform: "eks",
      environment: "dev",
      pod_name: "pay-1",
    });
    expect(out.map(({ record }) => [record.level, record.service, record.pod_name])).toEqual([
      ["WARN", "pay", "pay-1"],
      ["ERROR", "payment", "pay-1"],
    ]);
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

describe("the id of where a log was written", () => {
  const ids = async (lines: Iterable<TailedLine>) => (await through(lines)).map(({ id }) => id);
  const start = "5b1c3a52-0000-4000-8000-000000000000/app/0/stdout/";

  it("is the same for the same log, whatever the file is called when it is read", async () => {
    const text = `${formatLine(line({ stack: ["\tat a"] }))}\nERROR something else`;
    const before = await ids(tailed(text));
    expect(await ids(tailed(text, `${logFile("pay-1")}.20260125-010203`))).toEqual(before);
    expect(before).toEqual([
      expect.stringMatching(`^${start}${TIME}/[0-9a-f]{8}$`),
      expect.stringMatching(`^${start}${TIME}/[0-9a-f]{8}$`),
    ]);
  });

  it("is another for each text, time, stream, container and run", async () => {
    const text = formatLine(line());
    const other = [...criLines(text, "2026-01-25T01:02:03.456789013Z")].map((one) => ({
      file: logFile("pay-1"),
      line: one,
    }));
    const all = await ids([
      ...tailed(text),
      ...tailed(`${text}!`),
      ...tailed(text, undefined, "stderr"),
      ...tailed(text, logFile("pay-1", "cali", "proxy")),
      ...tailed(text, logFile("pay-1").replace("/0.log", "/1.log")),
      ...other,
    ]);
    expect(new Set(all).size).toBe(6);
  });
});

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
