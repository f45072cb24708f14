import { LANGUAGES, type Language } from "@cali/settings";
import { LIMITS, type SlackMessage } from "@cali/slack";
import { describe, expect, it } from "vitest";
import translations from "../knowledge/korean.json" with { type: "json" };
import { seed } from "../src/cause/knowledge/seed.ts";
import type { Alert } from "../src/core/types.ts";
import {
  renderAlert,
  renderDigest,
  renderLateCause,
  renderPlainAlert,
  withCause,
} from "../src/notify/slack/alert-message.ts";
import { renderResolved, statusOf } from "../src/notify/slack/incident-message.ts";
import { textsOf } from "../src/notify/slack/texts.ts";

/** With something in every part of a message, none of it in words. */
const alert: Alert = {
  id: "0123456789abcdef-m1-1",
  fingerprint: "0123456789abcdef",
  service: "svc-1",
  version: "1.4.2",
  podName: "svc-1-0",
  traceId: "0af7651916cd43dd",
  level: "ERROR",
  template: "E1 <*>",
  errorCode: "E_1",
  count: 12,
  total: 40,
  suppressed: 11,
  firstSeen: Date.parse("2026-01-25T01:02:03Z"),
  lastSeen: Date.parse("2026-01-25T01:03:03Z"),
  rate: [1, 2, 3],
  samples: ["E1 1", "E1 2"],
  ownFrames: ["a.ts:1"],
  isNew: true,
  mayBeRepeat: true,
  incident: { id: "fedcba9876543210-m1-1", services: ["svc-1", "svc-2"] },
  changed: { version: "1.4.2", before: "1.4.1", since: Date.parse("2026-01-25T00:00:00Z") },
  mayBeCausedBy: Array.from({ length: 10 }, (_, n) => `up-${n}`),
  muted: [{ by: "svc-3", count: 7 }],
  cause: {
    cause: "C1",
    action: "A1",
    origin: "proposed",
    tier: "vector",
    similarity: 0.91,
    since: Date.parse("2026-01-01T00:00:00Z"),
    entry: "0123456789abcdef",
    link: "https://runbooks.example.com/1",
  },
} as Alert;
const unknown: Alert = {
  ...alert,
  isNew: false,
  cause: undefined,
  nearest: [{ pattern: "E2 <*>", cause: "C2", similarity: 0.5 }],
  unavailable: "E3",
} as Alert;

const resolved = { id: alert.id, services: ["svc-1"], alerts: 2, lines: 52 } as Parameters<
  typeof renderResolved
>[0];

/** Every kind of message. */
function messages(language: Language): (SlackMessage | { text: string })[] {
  const showing = {
    language,
    buttons: true,
    openSearch: "https://search.example.com",
    grafana: "https://grafana.example.com",
  };
  return [
    renderAlert(alert, showing),
    renderAlert(unknown, showing),
    withCause(renderAlert(unknown, showing), alert, language),
    renderDigest([alert, { ...unknown, id: alert.incident?.id ?? "" }], showing),
    renderDigest([alert, { ...unknown, incident: undefined }], showing),
    renderLateCause(alert, language),
    renderPlainAlert(alert, language),
    renderResolved(resolved, language),
    { text: statusOf([alert], language) },
  ];
}

/** The constant texts of a language, and some of each that is made of values. */
function wordsOf(language: Language): Map<string, string> {
  const { tiers, voted, known: _, nearCause: __, ...texts } = textsOf(language);
  const made = Object.entries(texts).map(([key, text]): [string, string] => {
    const say = text as string | ((...values: (string | number)[]) => string);
    return [key, typeof say === "string" ? say : say(...[1, 2, 3, 4, 5].slice(0, say.length))];
  });
  const votes = { right: 2, wrong: 1 };
  const states = (["proposed", "confirmed", "rejected"] as const).flatMap((state) => [
    [`right ${state}`, voted("<@U1>", true, { ...votes, state })] as const,
    [`wrong ${state}`, voted("<@U1>", false, { ...votes, state })] as const,
  ]);
  return new Map([...made, ...Object.entries(tiers), ...states]);
}

/** Ends as a sentence does, with what stands in parentheses after it. */
const SENTENCE = /[가-힣].*(?:요|다)(?: ?\([^)]*\))?\.$/;

describe("messages in Korean", () => {
  it("have each text in Korean, and the values of the English one", () => {
    const [english, korean] = [wordsOf("en"), wordsOf("ko")];
    expect([...korean.keys()]).toEqual([...english.keys()]);
    for (const [key, text] of korean) {
      expect(text, key).toMatch(/[가-힣]/);
      const numbers = (some = "") => (some.match(/\d+/g) ?? []).sort();
      if (key !== "silence" && key !== "pressedTooLate") {
        expect(numbers(text), key).toEqual(numbers(english.get(key)));
      }
    }
  });

  it("have no English label, and as many blocks as the English ones", () => {
    const [english, korean] = (["en", "ko"] as const).map(messages) as [SlackMessage[], SlackMessage[]];
    const labels = [...wordsOf("en").values()].filter((text) => /^[A-Z][a-z]+( [a-z]+)*$/.test(text));
    expect(labels.length).toBeGreaterThan(15);
    for (const [place, message] of korean.entries()) {
      const text = JSON.stringify(message);
      for (const label of labels) expect(text).not.toMatch(new RegExp(`\\b${label}\\b`));
      expect(message.blocks?.map(({ type }) => type)).toEqual(
        english[place]?.blocks?.map(({ type }) => type),
      );
    }
  });

  it("say that a cause is in English, which the English ones don't", () => {
    expect(JSON.stringify(messages("ko")[0])).toContain("영어로 작성됨");
    expect(JSON.stringify(messages("en"))).not.toContain("영어");
  });

  it("have the causes of the commonest errors in Korean, as long as the English ones are what was translated", () => {
    expect(Object.keys(translations)).toHaveLength(100);
    for (const [name, { english, korean }] of Object.entries(translations)) {
      const { cause, action } = seed().find((entry) => entry.name === name) ?? expect.fail(name);
      expect(english, `${name} changed: translate it anew in knowledge/korean.json`).toEqual({
        cause,
        action,
      });
      expect(korean.cause, name).toMatch(SENTENCE);
      expect(korean.action, name).toMatch(SENTENCE);
      const known = { ...alert, cause: { ...alert.cause, ...english, origin: "confirmed" } } as Alert;
      const text = JSON.stringify(renderAlert(known, { language: "ko" }));
      expect(text).toContain(JSON.stringify(korean.cause).slice(1, -1));
      expect(text).toContain(JSON.stringify(korean.action).slice(1, -1));
      expect(text).not.toContain("영어");
      expect(JSON.stringify(renderAlert(known, { language: "en" }))).not.toMatch(/[가-힣]/);
    }
  });

  it.each(LANGUAGES)("stay within Slack's limits: %s", (language) => {
    const long = { ...alert, service: "서비스".repeat(100), template: "가".repeat(5_000) };
    const { blocks } = renderAlert(long, { language });
    for (const block of blocks) {
      if (block.type === "header") expect(block.text.text.length).toBeLessThanOrEqual(LIMITS.headerText);
      if (block.type === "section")
        for (const field of block.fields ?? [])
          expect(field.text.length).toBeLessThanOrEqual(LIMITS.fieldText);
    }
  });
});
