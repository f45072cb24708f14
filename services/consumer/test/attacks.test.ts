import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText, readAnswer } from "../src/cause/llm/answer.ts";
import { promptFor } from "../src/cause/llm/prompt.ts";
import { Tokenizer } from "../src/cause/llm/tokens.ts";
import type { Alert } from "../src/core/types.ts";
import { incidentOf, incidentSchema } from "../src/notify/incidents/document.ts";
import { renderAlert, renderDigest, renderPlainAlert } from "../src/notify/slack/alert-message.ts";
import { ATTACKS } from "./support/attacks.ts";
import { cpuMs } from "./support/cpu.ts";
import { alert } from "./support/state-contract.ts";

const tokenizer = new Tokenizer("key of a test, long enough");
const named = ATTACKS.map(({ aim, line }) => [aim, JSON.stringify(line), line] as const);

/** Characters that nobody sees, or that change the direction of what follows. */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these have to be gone.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e0fff}]/u;

/** An alert with the line wherever text of others can be. */
const hostileAlert = (line: string): Alert => ({
  ...alert("f-1"),
  template: line,
  samples: [line, line],
  errorCode: line,
  service: line,
  cause: { cause: line, action: line, origin: "proposed" },
});

/** The same without a cause, beside known errors that somebody else's lines are in. */
const hostileUnknown = (line: string): Alert => ({
  ...hostileAlert(line),
  cause: undefined,
  nearest: [{ pattern: line, cause: line, similarity: 0.5 }],
  unavailable: line,
});

/** All texts in a Slack message, with the kind of each. */
function textsOf(message: unknown): { type: string; text: string; verbatim?: boolean }[] {
  if (typeof message !== "object" || message === null) return [];
  const own = "type" in message && "text" in message && typeof message.text === "string";
  return [
    ...(own ? [message as { type: string; text: string; verbatim?: boolean }] : []),
    ...Object.values(message).flatMap(textsOf),
  ];
}

/** What Slack would make a mention, a link or an entity of its own of. */
function expectHarmless(text: string): void {
  expect(text).not.toMatch(/<[!@#]/);
  expect(text).not.toMatch(/<[a-z]+:/i);
  expect(text).not.toMatch(/@(channel|here|everyone)/i);
  expect(text).not.toMatch(HIDDEN);
}

it("is tried with 70 different lines at least", () => {
  expect(new Set(ATTACKS.map(({ line }) => line)).size).toBeGreaterThanOrEqual(70);
});

describe("what the model is sent", () => {
  it.each(named)("is one JSON value between two fences: %s %s", (_aim, _shown, line) => {
    const { system, user } = promptFor(
      { service: line, level: "ERROR", errorCode: line, template: line },
      tokenizer,
    );
    expect(system).toBe(promptFor({ service: "a", level: "ERROR", template: "b" }, tokenizer).system);
    const [fence, data, end, ...more] = user.split(/[\n\r\u2028\u2029]/);
    expect(fence).toBe(`LOG-DATA-${tokenizer.sign("fence")}`);
    expect(end).toBe(fence);
    expect(more).toEqual([]);
    const parsed = JSON.parse(data ?? "");
    expect(Object.keys(parsed).sort()).toEqual(["error_code", "level", "service", "slots", "template"]);
    for (const key of ["error_code", "level", "service", "template"])
      expect(parsed[key]).toBeTypeOf("string");
    expect(data).not.toContain(fence);
    expect(parsed.template).not.toMatch(HIDDEN);
  });

  it("is so for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (template) => {
        const { user } = promptFor({ service: "a", level: "ERROR", template }, tokenizer);
        const lines = user.split(/[\n\r\u2028\u2029]/);
        expect(lines).toHaveLength(3);
        expect(Object.keys(JSON.parse(lines[1] ?? ""))).toEqual(["service", "level", "template", "slots"]);
      }),
    );
  });
});

describe("a model that repeats what it is given", () => {
  const read = (line: string) =>
    readAnswer(
      JSON.stringify({ known: true, cause: `So: ${line}`, action: `Do: ${line}`, link: line.slice(0, 500) }),
      {
        restore: (text) => text,
        linkHosts: ["docs.example.org"],
      },
    );

  it.each(named)("cannot ping, link or mark up: %s %s", (_aim, _shown, line) => {
    const proposal = read(line);
    expect(proposal?.link).toBeUndefined();
    for (const text of [proposal?.cause ?? "", proposal?.action ?? ""]) {
      expectHarmless(text);
      expect(text).not.toMatch(/[<>`*~|#\n]/);
      expect(text).not.toMatch(/:\/\/|\]\(|www\.|\bjavascript:|\bdata:|\bmailto:/i);
      expect(text).not.toMatch(/@(channel|here|everyone)/i);
      expect(text.length).toBeLessThanOrEqual(500);
    }
  });

  it.each(named)("cannot leave the schema: %s %s", (_aim, _shown, line) => {
    const options = { restore: (text: string) => text, linkHosts: [] };
    for (const answer of [line, `{"known":true,"cause":${line}`, JSON.stringify([line])]) {
      expect(() => readAnswer(answer, options)).toThrow(/^the answer/);
    }
  });

  it("stays plain for any text, also the second time", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), fc.constantFrom(...ATTACKS), (text, { line }) => {
        const plain = plainText(`${text.slice(0, 200)}${line}${text.slice(200)}`);
        expect(plain).not.toMatch(/[<>`*~|#\n]|:\/\//);
        expect(plainText(plain)).not.toMatch(/[<>`*~|#\n]|:\/\//);
      }),
    );
  });

  it.each(["<", "[", "a.", "www.", "http://", "!["])("is read quickly: %j over and over", (piece) => {
    expect(cpuMs(() => plainText(piece.repeat(2_000)))).toBeLessThan(2_000);
  });
});

describe("what Slack is sent", () => {
  it.each(named)("cannot ping, link or break out: %s %s", (_aim, _shown, line) => {
    const hostile = hostileAlert(line);
    const unknown = renderAlert(hostileUnknown(line));
    for (const message of [renderAlert(hostile), unknown, renderDigest([hostile, hostile])]) {
      for (const { type, text, verbatim } of textsOf(message)) {
        // An element of rich text has no markup: it is shown as it is.
        if (type === "text") expect(text).not.toMatch(HIDDEN);
        else expectHarmless(text);
        if (type === "mrkdwn") expect(verbatim).toBe(true);
        // What is shown as code ends where it should.
        expect((text.match(/```/g) ?? []).length % 2).toBe(0);
      }
      expectHarmless(message.text);
    }
    expectHarmless(renderPlainAlert(hostile).text);
  });
});

describe("what OpenSearch is sent", () => {
  it.each(named)("is a document of the known fields, one line of JSON: %s %s", (_aim, _shown, line) => {
    const incident = incidentOf(hostileAlert(line));
    expect(incidentSchema.parse(incident)).toEqual(incident);
    const text = JSON.stringify(incident);
    expect(text.split("\n")).toHaveLength(1);
    expect(text).not.toMatch(HIDDEN);
    expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(incident));
  });
});
