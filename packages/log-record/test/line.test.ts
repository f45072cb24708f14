import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  BLOCK_PATTERN,
  formatLine,
  LEVELS,
  LINE_PATTERN,
  LineFormatError,
  LineSyntaxError,
  type LogLine,
  MAX_LOG_CONTENT_LENGTH,
  MAX_MESSAGE_LENGTH,
  parseLine,
  toRecord,
  validateRecord,
} from "../src/index.ts";

const ORIGIN = { platform: "eks", environment: "dev", pod_name: "checkout-7d9f8b6c5-x2x4z" };

function makeLine(changes: Partial<LogLine> = {}): LogLine {
  return {
    level: "ERROR",
    timestamp: "2026-01-25T01:02:03.456Z",
    service: "checkout",
    version: "1.4.2",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    message: "cannot reserve stock",
    stack: [],
    ...changes,
  };
}

/** Texts that look like parts of the syntax: what breaks a parser that splits where it should not. */
const hostile = fc.constantFrom(
  "]: ",
  "[",
  "] [x]: y",
  "a/b",
  "[ERROR] 2026-01-25T01:02:03.456Z svc/1 [t]: m",
  " [INFO] 2026-01-25T",
  "\u2028",
  "\u0085",
  "\0",
  "\ud800",
  "주문 실패 🙂",
  "\t",
  "",
);
const text = fc.oneof(fc.string({ unit: "binary" }), fc.string(), hostile);
const oneLineText = fc.array(text, { maxLength: 4 }).map((parts) => parts.join("").replace(/[\r\n]/g, " "));
const stackLine = oneLineText.map((line) => (/^\[/.test(line) ? `  ${line}` : line));
const line: fc.Arbitrary<LogLine> = fc.record({
  level: fc.constantFrom(...LEVELS),
  timestamp: fc
    .date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  service: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
  version: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/),
  traceId: fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/),
  message: oneLineText,
  stack: fc.array(stackLine).map((lines) => (lines.at(-1) === "" ? [...lines, "."] : lines)),
});

describe("parse after format", () => {
  it("gives the same line, with a stack trace and without", () => {
    fc.assert(
      fc.property(line, (made) => {
        expect(parseLine(formatLine(made))).toEqual(made);
      }),
    );
  });

  it("holds for anything that the formatter accepts, whatever the fields hold", () => {
    const anything = fc.record({
      level: fc.oneof(fc.constantFrom(...LEVELS), text) as fc.Arbitrary<LogLine["level"]>,
      timestamp: fc.oneof(fc.constant("2026-01-25T01:02:03.456Z"), text),
      service: fc.oneof(fc.constant("checkout"), text),
      version: fc.oneof(fc.constant("1.0.0"), text),
      traceId: fc.oneof(fc.constant("-"), text),
      message: text,
      stack: fc.array(text, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(anything, (made) => {
        let written: string;
        try {
          written = formatLine(made);
        } catch (error) {
          expect(error).toBeInstanceOf(LineFormatError);
          return;
        }
        expect(parseLine(written)).toEqual(made);
      }),
      { numRuns: 500 },
    );
  });

  it("is one line of text for a line without a stack trace", () => {
    expect(formatLine(makeLine())).toBe(
      "[ERROR] 2026-01-25T01:02:03.456Z checkout/1.4.2 [0af7651916cd43dd8448eb211c80319c]: cannot reserve stock",
    );
  });
});

describe("formatLine refuses what parseLine could not read back", () => {
  it.each([
    ["a line feed in the message", { message: "a\nb" }, 'message: given "a\\nb"'],
    ["a carriage return in the message", { message: "a\r" }, "message"],
    ["a line end in the stack", { stack: ["at a", "b\r\nc"] }, "stack[1]"],
    [
      "a stack line that starts a line",
      { stack: ["[INFO] 2026-01-25T01:02:03.456Z x/1 [-]: y"] },
      "stack[0]",
    ],
    ["an empty last stack line", { stack: ["at a", ""] }, "stack[1]"],
    ["a slash in the service", { service: "a/b" }, 'service: given "a/b"'],
    ["a space in the version", { version: "1 0" }, "version"],
    ["a bracket in the trace", { traceId: "a]" }, "traceId"],
    ["an empty trace", { traceId: "" }, "traceId"],
    ["a level of another name", { level: "LOUD" as "INFO" }, 'level: given "LOUD", allowed DEBUG, INFO'],
    ["a day that does not exist", { timestamp: "2026-02-30T00:00:00.000Z" }, "timestamp"],
    ["a time without milliseconds", { timestamp: "2026-01-25T01:02:03Z" }, "timestamp"],
  ])("%s", (_, changes, said) => {
    expect(() => formatLine(makeLine(changes))).toThrow(LineFormatError);
    expect(() => formatLine(makeLine(changes))).toThrow(said);
  });
});

describe("parseLine", () => {
  const block = `${formatLine(makeLine({ message: "boom" }))}\n  at a\n\nCaused by: b`;

  it.each([
    ["LF", block],
    ["CRLF", block.replaceAll("\n", "\r\n")],
    ["CR", block.replaceAll("\n", "\r")],
    ["line ends at the end", `${block}\n\r\n`],
  ])("reads %s", (_, given) => {
    expect(parseLine(given)).toEqual(makeLine({ message: "boom", stack: ["  at a", "", "Caused by: b"] }));
  });

  it.each([
    ["nothing", ""],
    ["a stack line alone", "  at com.example.Main"],
    ["an unknown level", formatLine(makeLine()).replace("ERROR", "ERR")],
    ["a level in lower case", formatLine(makeLine()).replace("ERROR", "error")],
    ["no trace", "[INFO] 2026-01-25T01:02:03.456Z checkout/1.0: m"],
    ["no space before the message", "[INFO] 2026-01-25T01:02:03.456Z checkout/1.0 [-]:m"],
    ["a time that does not exist", "[INFO] 2026-13-25T01:02:03.456Z checkout/1.0 [-]: m"],
    ["a time with an offset", "[INFO] 2026-01-25T01:02:03.456+09:00 checkout/1.0 [-]: m"],
    ["something before the level", ` ${formatLine(makeLine())}`],
    ["two lines in one", `${formatLine(makeLine())}\n${formatLine(makeLine())}`],
  ])("refuses %s", (_, given) => {
    expect(() => parseLine(given)).toThrow(LineSyntaxError);
  });

  it("says a long text from outside cut short", () => {
    const error = (() => {
      try {
        return parseLine("x".repeat(1_000_000));
      } catch (caught) {
        return caught as Error;
      }
    })();
    expect((error as Error).message).toContain("(1000000 characters)");
    expect((error as Error).message.length).toBeLessThan(300);
  });

  it("takes linear time for hostile text", () => {
    const lines = "\n".repeat(1_000_000);
    expect(parseLine(`${formatLine(makeLine())}${lines}x${lines}`).stack).toHaveLength(1_000_000);
    expect(() => parseLine(`[ERROR] ${"[".repeat(1_000_000)}`)).toThrow(LineSyntaxError);
    const codes = "error_code=".repeat(100_000);
    expect(toRecord(makeLine({ message: codes }), ORIGIN).error_code).toBeUndefined();
  });

  it("throws nothing but its own error, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.array(text).map((parts) => parts.join("\n")),
        (given) => {
          try {
            parseLine(given);
          } catch (error) {
            expect(error).toBeInstanceOf(LineSyntaxError);
          }
        },
      ),
    );
  });
});

describe("the patterns for Fluent Bit", () => {
  it("name their groups as the record names its fields", () => {
    const made = makeLine({ stack: ["  at a", "  at b"] });
    const record = toRecord(made, ORIGIN);
    const { message, log_content, ...words } = new RegExp(BLOCK_PATTERN).exec(formatLine(made))?.groups ?? {};
    expect({ ...words, message, log_content, ...ORIGIN }).toEqual(record);
    const { log_content: _, platform, environment, pod_name, ...first } = toRecord(makeLine(), ORIGIN);
    expect({ ...new RegExp(LINE_PATTERN).exec(formatLine(makeLine()))?.groups }).toEqual(first);
  });
});

describe("toRecord", () => {
  it("makes a valid record of every line", () => {
    fc.assert(
      fc.property(line, (made) => {
        const record = toRecord(made, ORIGIN);
        expect(validateRecord(record)).toEqual({ ok: true, record });
      }),
    );
  });

  it("joins message and stack trace", () => {
    expect(toRecord(makeLine({ message: "m", stack: ["a", "b"] }), ORIGIN).log_content).toBe("m\na\nb");
  });

  it.each([
    ["timeout error_code=DB_POOL_EXHAUSTED after 3 s", "DB_POOL_EXHAUSTED"],
    ["(error_code=PAY-402)", "PAY-402"],
    ["error_code=A error_code=B", "A"],
    ["no code", undefined],
    ["error_code=lower", undefined],
    ["myerror_code=X", undefined],
    [`error_code=${"X".repeat(65)}`, undefined],
  ])("finds the error code in %j", (message, code) => {
    expect(toRecord(makeLine({ message }), ORIGIN).error_code).toBe(code);
  });

  it("cuts a huge text instead of making an invalid record", () => {
    const record = toRecord(makeLine({ message: "x".repeat(300_000), stack: ["y".repeat(300_000)] }), ORIGIN);
    expect(record.message).toHaveLength(MAX_MESSAGE_LENGTH);
    expect(record.log_content).toHaveLength(MAX_LOG_CONTENT_LENGTH);
    expect(validateRecord(record).ok).toBe(true);
  });
});
