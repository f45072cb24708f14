import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { addSample, newTally } from "../src/group/tally.ts";
import { hasEanDigit, isResidentNumber } from "../src/redact/checksums.ts";
import { Redactor, RULES, redact, useRules } from "../src/redact/redact.ts";
import { cpuMs } from "./support/cpu.ts";
import { HOSTILE } from "./support/hostile.ts";
import { caseLines, plainLines, secretLines } from "./support/redaction-lines.ts";
import { PLAIN_LINES, SECRET_LINES } from "./support/secrets.ts";

describe("redact", () => {
  it("is tried on 240 different lines at least", () => {
    expect(new Set(SECRET_LINES.map(({ line }) => line)).size).toBeGreaterThanOrEqual(240);
  });

  it.each(SECRET_LINES.map(({ line, secret }) => [line, secret]))(
    "leaves nothing of the secret in %j",
    (line, secret) => {
      const redacted = redact(line);
      expect(redacted).not.toContain(secret);
      // Nor of the greater part of it.
      expect(redacted).not.toContain(secret.slice(Math.floor(secret.length / 3)));
      expect(redacted).toMatch(/<[a-z-]+>/);
    },
  );

  it.each(PLAIN_LINES)("leaves %j as it is", (line) => {
    expect(redact(line)).toBe(line);
  });

  it("leaves nothing of a key of 8,192 bits in Base64", () => {
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n".repeat(195)}`;
    expect(redact(`key ${Buffer.from(key).toString("base64")} read`)).toBe("key <private-key> read");
  });

  it("leaves nothing of any of them, whatever stands around", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SECRET_LINES),
        fc.constantFrom("", "at 10:00 ", "{}; ", "x\n"),
        fc.constantFrom("", ".", ", then more", "\n\tat x.y(z:1)"),
        ({ line, secret }, before, after) => {
          expect(redact(`${before}${line}${after}`)).not.toContain(secret);
        },
      ),
    );
  });

  it("says what was there, and keeps what the key was", () => {
    expect(redact("mail to kim@example.com, password=abc123, from 10.0.0.1")).toBe(
      "mail to <email>, password=<secret>, from <ip>",
    );
  });

  it("looks at every text that a rule's pattern can match", () => {
    const texts = [...SECRET_LINES, ...secretLines(), ...caseLines()].map(({ line }) => line);
    // Any 40 hexadecimal digits are its pattern: its keywords say which.
    const rules = RULES.filter(({ id }) => id !== "sourcegraph-access-token");
    for (const rule of rules) {
      const { keywords, also, digits, run, ...unchecked } = rule;
      if (keywords === undefined && also === undefined && digits === undefined) continue;
      const [checked, all] = [new Redactor([rule]), new Redactor([unchecked])];
      const matched = texts.filter((text) => all.find(text).length > 0);
      expect(
        matched.filter((text) => checked.find(text).length === 0),
        rule.id,
      ).toEqual([]);
    }
  });

  it("changes nothing the second time", () => {
    for (const { line } of SECRET_LINES) {
      const once = redact(line);
      expect(redact(once)).toBe(once);
    }
  });

  it.each(HOSTILE)("is quick on %j over and over", (piece) => {
    const hostile = piece.repeat(Math.ceil(25_000 / piece.length));
    expect(cpuMs(() => redact(hostile))).toBeLessThan(2_000);
  });
});

const cases = caseLines();

describe("lines of real formats", () => {
  it.each(cases.filter(({ family, hard }) => family !== "plain" && !hard))(
    "leaves nothing secret: $kind",
    ({ line, secrets }) => {
      const redacted = redact(line);
      for (const secret of secrets) expect(redacted).not.toContain(secret);
      expect(redact(redacted)).toBe(redacted);
    },
  );

  it("leaves harmless lines as they are", () => {
    const plain = [
      ...cases.filter(({ family }) => family === "plain").map(({ line }) => line),
      ...plainLines(),
    ];
    expect(plain.length).toBeGreaterThan(700);
    expect(plain.filter((line) => redact(line) !== line)).toEqual([]);
  });

  it.each(secretLines())("leaves nothing secret: $kind", ({ line, secrets }) => {
    expect(secrets).not.toEqual([]);
    const redacted = redact(line);
    for (const secret of secrets) expect(redacted).not.toContain(secret);
  });

  it("does so whatever their random parts are", () => {
    let left = 0;
    let all = 0;
    for (let seed = 2; seed < 12; seed++) {
      for (const { line, secrets } of secretLines(seed)) {
        const redacted = redact(line);
        all++;
        if (secrets.some((secret) => redacted.includes(secret))) left++;
      }
    }
    // What is as random as a key may read like a word by chance.
    expect(left / all).toBeLessThan(0.001);
  });

  it.each<[string, (line: string) => string]>([
    ["a record of JSON", (line) => JSON.stringify({ level: "error", msg: line, ts: 1 })],
    ["JSON in JSON", (line) => JSON.stringify({ log: JSON.stringify({ msg: line }) })],
    ["a quoted field", (line) => `msg=${JSON.stringify(line)} level=error`],
    ["percent-encoding", (line) => `q=${encodeURIComponent(line)}`],
    ["HTML", (line) => line.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)],
    ["lines of Windows", (line) => line.replaceAll(/\r?\n/g, "\r\n")],
    ["a logger's prefix", (line) => `2026-11-29T04:12:01.123Z ERROR [main] c.a.App - ${line}`],
    ["a trace", (line) => `java.lang.IllegalStateException: ${line}\n\tat com.acme.A.b(A.java:1)`],
    ["a container's log", (line) => `2026-11-29T04:12:01.123Z stderr F ${line}`],
  ])("finds it in %s, too", (_, wrap) => {
    const left = secretLines()
      // A table's rows are rows only where lines end.
      .filter(({ kind }) => !["csv header", "table"].includes(kind))
      .filter(({ line, secrets }) => {
        const redacted = redact(wrap(line));
        return secrets.some((secret) => redacted.includes(secret));
      });
    expect(left.map(({ kind }) => kind)).toEqual([]);
  });

  it("changes nothing but what a rule takes", () => {
    const redactor = new Redactor();
    fc.assert(
      fc.property(fc.constantFrom(...secretLines(), ...cases), ({ line }) => {
        const redacted = redactor.replace(line, () => "");
        let rest = line;
        for (const { start, end } of redactor.find(line).reverse())
          rest = rest.slice(0, start) + rest.slice(end);
        expect(redacted).toBe(rest);
      }),
    );
  });
});

describe("whatever is written around it", () => {
  const hidden = (secret: string) => `login failed, password=${secret}, user kim`;
  it.each<[string, (text: string) => string]>([
    [
      "colours",
      (text) =>
        text.replaceAll("password", "\u001b[36mpassword\u001b[0m").replaceAll("=", "\u001b[0m=\u001b[32m"),
    ],
    ["colours without their escape", (text) => text.replaceAll("=", "[0m=[32m")],
    ["zero-width characters", (text) => [...text].join("\u200b")],
    [
      "full-width characters",
      (text) => text.replaceAll(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
    ],
    ["percent-encoding", encodeURIComponent],
    ["percent-encoding twice", (text) => encodeURIComponent(encodeURIComponent(text))],
    ["JSON", (text) => JSON.stringify({ text })],
    ["JSON in JSON", (text) => JSON.stringify({ text: JSON.stringify({ text }) })],
    ["JSON's escapes", (text) => text.replaceAll(/[a-z=]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)],
    ["HTML", (text) => text.replaceAll(/[^\w ]/g, (c) => `&#${c.charCodeAt(0)};`)],
    ["soft hyphens", (text) => text.replaceAll("ss", "s\u00ads")],
    ["tags", (text) => text.replaceAll("w", "w\u{e0041}")],
  ])("finds it behind %s", (_, hide) => {
    const text = hide(hidden("qz7Lm2Xv9K"));
    const redacted = redact(text);
    expect(redacted).not.toBe(text);
    expect(redacted.normalize("NFKC").replaceAll(/[\u200b\u00ad]/g, "")).not.toContain("Lm2X");
    expect(redacted).toContain(hide("kim").slice(0, 1));
  });

  it("gives back any text without a secret unit by unit", () => {
    const letters = fc.constantFrom(
      "가",
      "ｗ",
      "\u0301",
      "é",
      "\u200b",
      "%41",
      "&amp;",
      "\\n",
      "\u001b[0m",
      " ",
      "ﷺ",
      "a",
    );
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 40 }), (parts) => {
        const text = parts.join("");
        expect(redact(text)).toBe(text);
        expect(redact(`${text} kim@example.com ${text}`)).toBe(`${text} <email> ${text}`);
      }),
    );
  });
});

describe("checksums", () => {
  it.each(["8801234567893", "4006381333931", "9783161484100"])("leaves the barcode %s", (code) => {
    expect(hasEanDigit(code)).toBe(true);
    expect(redact(`item ${code} is sold out`)).toBe(`item ${code} is sold out`);
  });

  it("knows resident numbers by birth date and check digit", () => {
    expect(isResidentNumber("880214-1826412")).toBe(true);
    expect(isResidentNumber("880214-1826413")).toBe(false);
    expect(isResidentNumber("880231-1826412")).toBe(false);
    // Since October 2020 there is no check digit.
    expect(isResidentNumber("210105-3000000")).toBe(true);
  });

  it("takes an IBAN in any grouping and nothing behind it", () => {
    expect(redact("to BE68 5390 0754 7034 paid")).toBe("to <iban> paid");
    expect(redact("to BE69 5390 0754 7034 paid")).toBe("to BE69 5390 0754 7034 paid");
  });
});

it("is not asked again for a line that repeats the last one", () => {
  let asked = 0;
  const counting = {
    id: "counting",
    kind: "x",
    search: () => {
      asked++;
      return [];
    },
  };
  onTestFinished(() => useRules(RULES));
  useRules([counting]);
  const tally = newTally({ sequenceNumber: "1", index: 0 }, 0);
  for (let line = 0; line < 1_000; line++) addSample(tally, "the same line\n\tat x.y(z:1)");
  expect(asked).toBe(1);
  // Lines that differ and read the same once they are redacted: it gives up.
  for (let line = 0; line < 1_000; line++)
    addSample(tally, `${"the same line\n\tat x.y(z:1)".padEnd(1_000)}${line}`);
  expect(asked).toBeLessThan(100);
  expect(tally.samples.length).toBe(2);
});
