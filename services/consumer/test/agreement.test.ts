import { readFileSync } from "node:fs";
import { LEVELS } from "@cali/log-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agrees } from "../src/cause/embedding/agreement.ts";
import { embeddingText } from "../src/cause/embedding/embedding-text.ts";
import { seed } from "../src/cause/knowledge/seed.ts";
import { mask } from "../src/group/masking.ts";
import { redact } from "../src/redact/redact.ts";
import { cpuMs } from "./support/cpu.ts";

const SEEN_OF = (text: string) => ({ texts: [text] });
const PATTERNS = seed().map(({ entry }) => entry.pattern);
/** Lines with values that vary, and what is the same with other values. */
const LINES = fc
  .record({
    subject: fc.constantFrom("orders", "payments", "node-7"),
    number: fc.nat(100_000),
    ip: fc.ipV4(),
    id: fc.uuid(),
  })
  .map(
    ({ subject, number, ip, id }) =>
      `write of ${number} bytes to ${subject} at ${ip} was refused, request ${id}`,
  );

describe("the text of an error", () => {
  it.each(PATTERNS)("is the same for a line, its template and its known pattern: %s", (pattern) => {
    const text = embeddingText(pattern);
    expect(embeddingText(mask(redact(pattern)))).toBe(text);
    expect(embeddingText(`${pattern} error_code=DB_40P01 attempt=3`)).toBe(text);
    expect(text).toMatch(/^[\p{Ll}\p{N}' ]+$/u);
  });

  it("is the same for other values", () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), fc.ipV4(), fc.ipV4(), (a, b, from, to) => {
        const line = (number: number, ip: string) =>
          `pool of ${number} clients at ${ip}:5432 is exhausted after ${number}ms`;
        expect(embeddingText(line(a, from))).toBe(embeddingText(line(b, to)));
      }),
    );
  });

  it("is bounded, and words only, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 1_000 }), (line) => {
        const text = embeddingText(line);
        expect(text.length).toBeLessThanOrEqual(400);
        expect(text).toMatch(/^[\p{L}\p{M}\p{N}' ]*$/u);
        expect(text.isWellFormed()).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("has names taken apart, and no secrets", () => {
    expect(embeddingText("java.lang.OutOfMemoryError: HTTPServer max_connections")).toBe(
      "out of memory error http server max connections",
    );
    expect(embeddingText("login with password=hunter2secret failed for anna@example.org")).not.toMatch(
      /hunter|anna/,
    );
  });
});

describe("an error and what is known", () => {
  it.each(PATTERNS)("agree when they are the same: %s", (pattern) => {
    expect(agrees({ pattern }, SEEN_OF(pattern))).toBe(embeddingText(pattern).split(" ").length > 1);
  });

  it("agree in both directions, or in none", () => {
    const text = fc.oneof(LINES, fc.constantFrom(...PATTERNS));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(agrees({ pattern: a }, SEEN_OF(b))).toBe(agrees({ pattern: b }, SEEN_OF(a)));
      }),
    );
  });

  it("need the same error code where both have one, and the same gravity where both have a level", () => {
    const code = fc.option(fc.constantFrom("A_1", "B_2", "C_3"), { nil: undefined });
    const level = fc.option(fc.constantFrom(...LEVELS), { nil: undefined });
    const grave = new Set(["ERROR", "FATAL"]);
    fc.assert(
      fc.property(LINES, code, code, level, level, (line, codeA, codeB, levelA, levelB) => {
        const sameCode = codeA === undefined || codeB === undefined || codeA === codeB;
        const sameGravity =
          levelA === undefined || levelB === undefined || grave.has(levelA) === grave.has(levelB);
        expect(
          agrees(
            { pattern: line, errorCode: codeA, level: levelA },
            { texts: [line], errorCode: codeB, level: levelB },
          ),
        ).toBe(sameCode && sameGravity);
      }),
    );
  });

  it("don't mind more words around, and do mind another word within", () => {
    fc.assert(
      fc.property(LINES, fc.constantFrom("psycopg.errors", "at once", "worker 7 said"), (line, more) => {
        expect(agrees({ pattern: line }, SEEN_OF(`${more}: ${line}`))).toBe(true);
        expect(agrees({ pattern: line }, SEEN_OF(`${line} (${more})`))).toBe(true);
        expect(agrees({ pattern: line }, SEEN_OF(line.replace("write", "read")))).toBe(false);
      }),
    );
  });

  const CALL = (rest: string) => `request to the orders service did not end well ${rest}`;
  it.each([
    ["HTTP status", "with status code 503", "with status code 404"],
    ["HTTP status in words", "HTTP/1.1 503", "404 Not Found"],
    ["errno", "ECONNREFUSED", "ETIMEDOUT"],
    ["errno in words", "Connection refused", "ECONNRESET"],
    ["SQLSTATE", "SQLSTATE[40001]", "(SQLSTATE 40P01)"],
    ["exit code", "exited with code 137", "exit status 1"],
    ["signal", "SIGKILL", "SIGSEGV"],
    ["exception", "java.net.ConnectException", "java.net.BindException"],
    ["Oracle's number", "ORA-00942", "ORA-01017"],
    ["MySQL's number", "ERROR 1205 (HY000)", "ERROR 1213 (40001)"],
    ["SQL Server's number", "Msg 1205,", "Msg 1222,"],
    ["gRPC status", "rpc error: code = Unavailable", "14 RESOURCE_EXHAUSTED:"],
    ["named constant", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_HTTP_HEADERS_SENT"],
    ["Kubernetes' reason", "ImagePullBackOff", "FailedMount"],
  ])("disagree in another %s, and not in none", (_kind, one, other) => {
    const named = CALL(one);
    expect(agrees({ pattern: named }, SEEN_OF(named))).toBe(true);
    expect(agrees({ pattern: named }, SEEN_OF(`${named} ${other}`))).toBe(true);
    expect(agrees({ pattern: CALL("") }, SEEN_OF(named))).toBe(true);
    expect(agrees({ pattern: named }, SEEN_OF(CALL("")))).toBe(true);
    // The words alone would do: the known text is in the line.
    expect(agrees({ pattern: named }, { texts: [CALL(""), other] })).toBe(false);
  });

  it("is what the labelled pairs say of most pairs that are different", () => {
    const pairs = readFileSync(new URL("../knowledge/pairs.jsonl", import.meta.url), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { a: string; b: string; same: boolean });
    const different = pairs.filter(({ same }) => !same);
    const taken = different.filter(({ a, b }) => agrees({ pattern: a }, SEEN_OF(b)));
    // Without the vectors' similarity: it has to decide the rest.
    expect(taken.length / different.length).toBeLessThan(0.06);
  });

  it("takes no longer for hostile text", () => {
    const hostile = [
      "a".repeat(16_000),
      "E".repeat(16_000),
      "A_".repeat(8_000),
      "status: ".repeat(2_000),
      "java.lang.".repeat(1_600),
      "exit exit exited with code ".repeat(600),
    ];
    const spent = cpuMs(() => {
      for (const text of hostile) agrees({ pattern: text.slice(0, 2_000) }, { texts: [text, text] });
    });
    expect(spent).toBeLessThan(5_000);
  });
});
