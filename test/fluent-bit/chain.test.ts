import {
  BLOCK_PATTERN,
  ERROR_CODE_PATTERN,
  formatLine,
  LINE_PATTERN,
  LINE_START_PATTERN,
  type LogLine,
  toRecord,
  validateRecord,
} from "@cali/log-record";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { decode } from "../../services/consumer/src/decode.ts";
import { FluentBitChain, type PodLookup, type TailedLine } from "./support/chain.ts";
import { Keys, readFluentBitValues } from "./support/config.ts";
import { corpus, type Expected, logFile, ORIGIN } from "./support/corpus.ts";
import { criLines } from "./support/cri.ts";
import { OnigRegex } from "./support/regex.ts";

const values = readFluentBitValues({ CALI_ENVIRONMENT: ORIGIN.environment });
const LABELLED: PodLookup = () => ({ labels: { "cali.io/logs": "true" } });
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

/** Sends lines through the chain; what comes out is taken as the consumer takes it. */
async function through(lines: Iterable<TailedLine>, lookup: PodLookup = LABELLED) {
  const payloads: string[] = [];
  const chain = await FluentBitChain.create(values, lookup, (json) => payloads.push(json));
  for (const line of lines) chain.add(line);
  chain.flush();
  return payloads.map((json) => {
    const decoded = decode(Buffer.from(`${json}\n`));
    const [payload] = decoded;
    if (decoded.length !== 1 || !payload?.ok) throw new Error(`not one payload: ${json.slice(0, 200)}`);
    return { json, value: payload.value as Record<string, unknown>, verdict: validateRecord(payload.value) };
  });
}

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

describe("the values file has the patterns of services/log-record", () => {
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

describe("10,000 lines of the log generator", () => {
  let expected: readonly Expected[];
  let out: Awaited<ReturnType<typeof through>>;

  beforeAll(async () => {
    const made = corpus({ count: 10_000 });
    expected = made.expected;
    out = await through(made.lines);
  });

  const byPod = <T>(all: readonly T[], pod: (one: T) => string) => Map.groupBy(all, pod);

  it("are what they should be: stack traces, bad ones of each kind, cut lines, many pods", () => {
    expect(new Set(expected.map(({ label }) => label.why))).toEqual(
      new Set([null, "wrong-type", "missing-field", "broken", "oversize"]),
    );
    expect(expected.filter(({ text }) => text.includes("\n")).length).toBeGreaterThan(100);
    expect(byPod(expected, ({ pod }) => pod).size).toBeGreaterThan(10);
  });

  it("come out one for one: none lost, none glued together, in each pod's order", () => {
    expect(out.length).toBe(10_000);
    const outByPod = byPod(out, ({ value }) => String(value.pod_name));
    for (const [pod, wanted] of byPod(expected, (one) => one.pod)) {
      const got = outByPod.get(pod) ?? [];
      expect(got.map(({ value }) => whole(value))).toEqual(wanted.map(({ text }) => text));
    }
  });

  it("are the records that toRecord makes, or invalid where the labels say so", () => {
    const outByPod = byPod(out, ({ value }) => String(value.pod_name));
    for (const [pod, wanted] of byPod(expected, (one) => one.pod)) {
      for (const [index, { verdict }] of (outByPod.get(pod) ?? []).entries()) {
        const { record, label } = wanted[index] as Expected;
        expect(verdict.ok, JSON.stringify(label)).toBe(label.valid);
        if (verdict.ok) expect(verdict.record).toEqual(record);
        else expect(verdict.reason).toMatch(/given/);
      }
    }
  });
});

/** The text of the log that a payload was made of. */
function whole(value: Record<string, unknown>): string {
  if (typeof value.log === "string") return value.log;
  const { level, timestamp, service, version, trace_id, log_content } = value;
  return `[${level}] ${timestamp} ${service}/${version} [${trace_id}]: ${log_content}`;
}

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
