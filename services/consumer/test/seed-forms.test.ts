import { expect, it } from "vitest";
import { KnownSignatures } from "../src/cause/knowledge/known-signatures.ts";
import { seed } from "../src/cause/knowledge/seed.ts";

/** How programs put an error's message into a line of their own. */
const FORMS: Readonly<Record<string, (message: string) => string>> = {
  alone: (message) => message,
  "behind a logger's prefix": (message) =>
    `2026-01-01 10:00:00,123 ERROR [http-nio-8080-exec-3] c.e.shop.OrderService - ${message}`,
  "behind what failed": (message) => `Failed to process order 8812: ${message}`,
  "in front of fields": (message) => `${message} request_id=8f3a22 attempt=3`,
  "in quotes": (message) => `job sync-42 failed with error "${message}"`,
  "as a cause": (message) =>
    `com.example.OrderFailed: could not place order 77\n\tat com.example.Order.place(Order.java:12)\nCaused by: ${message}`,
  "in JSON": (message) => JSON.stringify({ level: "error", msg: "request failed", err: { message } }),
};
/** A share of the patterns, so that the test stays fast; another one for each form. */
const EVERY = 7;

const known = new KnownSignatures({ all: async () => [] });
const patterns = seed().flatMap(({ entry, patterns }) =>
  patterns.map((pattern) => ({ id: entry.id, pattern })),
);
const messageOf = (pattern: string) =>
  pattern
    .replaceAll("**", "")
    .replaceAll(/<(?:n|line|pid|ms|port)>/g, "17")
    .replaceAll(/<[^<>]{1,40}>/g, "zorro7");

it.each(Object.entries(FORMS))("is known %s by its words", (_, form) => {
  const place = Object.values(FORMS).indexOf(form);
  const asked = patterns.filter((_, at) => at % EVERY === place);
  const missed = asked.filter(({ id, pattern }) => {
    const found = known
      .find({ texts: [form(messageOf(pattern))] })
      .find(({ against }) => against === undefined);
    return found?.id !== id;
  });
  // A few say too little to be known beside other words: "jwt expired".
  expect(missed.length / asked.length, JSON.stringify(missed.slice(0, 5))).toBeLessThan(0.03);
});

it("is known where another pattern writes one of its words as a name of two", () => {
  const text = "Liveness probe failed: HTTP probe failed with statuscode: 503";
  const [found] = known.find({ texts: [text] });
  expect(seed().find(({ entry }) => entry.id === found?.id)?.name).toBe("k8s-probe-failed");
});
