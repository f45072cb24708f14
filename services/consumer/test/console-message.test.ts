import type { Words } from "@cali/console";
import { expect, it } from "vitest";
import { messageIn } from "../src/console/message.ts";
import type { Alert } from "../src/core/types.ts";

const alert = (rest: Partial<Alert> = {}) =>
  ({
    ...{ id: "f-1-1", fingerprint: "f", service: "a*b*c", level: "ERROR", template: "x <*> & `y`" },
    ...{ count: 2, total: 2, suppressed: 0, firstSeen: 0, lastSeen: 0, isNew: true, muted: [] },
    samples: ["<script>alert(1)</script> <https://evil.example|click> *bold*"],
    ...rest,
  }) as Alert;

const wordsOf = (value: unknown): Words[] =>
  typeof value !== "object" || value === null
    ? []
    : "text" in value
      ? [value as Words]
      : Object.values(value).flatMap(wordsOf);

it("says what Slack is sent, in both languages, with its styles", () => {
  const cause = {
    cause: "No disk",
    action: "Free some",
    origin: "confirmed",
    tier: "vector",
    similarity: 0.91,
  } as const;
  const { summary, message } = messageIn(alert({ cause }), {});
  expect(summary).toBe("ERROR a*b*c ×2: x <*> & ˋyˋ");
  expect(wordsOf(message.en)).toContainEqual({ text: "Service", style: "bold" });
  expect(wordsOf(message.en)).toContainEqual({ text: "Cause", style: "bold" });
  expect(JSON.stringify(message.en)).toContain("known of a similar template · similarity 0.91");
  expect(wordsOf(message.ko)).toContainEqual({ text: "서비스", style: "bold" });
});

it("makes no link and no style of what a line says", () => {
  const { message } = messageIn(alert(), {});
  const words = wordsOf(message.en);
  expect(words.filter(({ url }) => url !== undefined)).toEqual([]);
  expect(words.filter(({ style }) => style === "bold").map(({ text }) => text)).not.toContain("b");
  expect(message.en).toContainEqual({ kind: "listing", title: "Template", text: "x <*> & `y`" });
  const listing = message.en.find((block) => block.kind === "listing" && block.title === "Line 1");
  expect(listing).toMatchObject({ text: alert().samples[0] });
});

it("leads where the configuration says", () => {
  const { message } = messageIn(alert(), { openSearch: "https://logs.example.com" });
  const links = wordsOf(message.en).filter(({ url }) => url !== undefined);
  expect(links.length).toBeGreaterThan(0);
  for (const { url } of links) expect(url).toMatch(/^https:\/\/logs\.example\.com\//);
});
