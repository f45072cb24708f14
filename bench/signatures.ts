import { seed } from "../services/consumer/src/cause/knowledge/seed.ts";
import { Signatures } from "../services/consumer/src/cause/signature/signatures.ts";
import { seeded } from "../services/consumer/test/support/random.ts";
import { atLeastTimes, atMost, type Benchmark, growsLinearly } from "./frame.ts";
import { installGuest } from "./guest.ts";

interface MiniSearch {
  addAll(documents: readonly { id: number; pattern: string }[]): void;
  search(text: string): readonly unknown[];
}

const random = seeded(7);
const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
const PATTERNS = seed().flatMap(({ patterns }) => patterns);
const WORDS = PATTERNS.flatMap((pattern) => pattern.split(" "));
/** Texts of a round: one after the other says little of the clock's ticks. */
const TEXTS = 20;

/** A pattern in which every third word is of another one, so that words are as common as they are. */
const madePattern = () =>
  pick(PATTERNS)
    .split(" ")
    .map((word) => (random() < 1 / 3 ? pick(WORDS) : word))
    .join(" ");

/** A line of a log with the pattern, or with words of many; behind a prefix, before a stack trace. */
const madeText = (patterns: readonly string[]) => {
  const said =
    random() < 0.5
      ? pick(patterns)
          .replaceAll("**", "")
          .replaceAll(/<[^<>]+>/g, "orders-7")
      : Array.from({ length: 12 }, () => pick(WORDS)).join(" ");
  return `2026-01-25 09:00:00.123 ERROR [main] com.example.Orders - order 17: ${said}\n\tat com.example.Orders.store(Orders.java:17)`;
};

/**
 * How long it takes to recognize an error among so many signatures, beside MiniSearch, a full-text index in memory, which is asked for the
 * five best documents of the same patterns. Half of the texts are of a pattern, half are of none.
 */
export const benchmark: Benchmark = {
  name: "signatures",
  unit: "ms a text",
  better: "less",
  size: "signatures",
  sizes: [1_000, 10_000, 100_000],
  rounds: (size) => (size > 10_000 ? 5 : 25),
  growth: "figure",
  targets: [
    atMost(1, 10_000, "less than 1 ms among 10,000"),
    atLeastTimes(1, "MiniSearch 7.2.0"),
    growsLinearly("CALI"),
  ],
  open(size) {
    const patterns = Array.from({ length: size }, madePattern);
    const signatures = new Signatures(patterns.map((pattern) => ({ of: pattern, patterns: [pattern] })));
    const guest = installGuest("minisearch@7.2.0");
    const index: MiniSearch | undefined = guest && new (guest.require("minisearch"))({ fields: ["pattern"] });
    index?.addAll(patterns.map((pattern, id) => ({ id, pattern })));
    const made = () => Array.from({ length: TEXTS }, () => madeText(patterns));
    let texts = made();
    const timed = (search: (text: string) => unknown) => {
      const began = performance.now();
      for (const text of texts) search(text);
      return (performance.now() - began) / texts.length;
    };
    timed((text) => signatures.find(text));
    return {
      contenders: {
        CALI: () => {
          texts = made();
          return timed((text) => signatures.find(text));
        },
        ...(index && { "MiniSearch 7.2.0": () => timed((text) => index.search(text).slice(0, 5)) }),
      },
      ...(index === undefined && { absent: ["MiniSearch: npm could not install it"] }),
    };
  },
};
