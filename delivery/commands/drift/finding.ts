import { createHash } from "node:crypto";

/** What can be wrong, worst first. */
export const KINDS = [
  "failed",
  "added-rights",
  "waiting",
  "outside",
  "same-object",
  "not-in-code",
  "unknown-state",
  "pending",
] as const;
export type Kind = (typeof KINDS)[number];

/** A value within words: an address, a stack, an id. Whoever writes the words makes sure that it stays one. */
interface Value {
  readonly value: string;
}

export type Words = readonly (string | Value)[];

/** One thing that is not as main says. */
export interface Finding {
  readonly kind: Kind;
  /** The stack, or the key of a state that no stack has. */
  readonly stack: string;
  /** What of it, such as an address; with kind and stack the same in every run. Empty: the whole of it. */
  readonly key: string;
  readonly words: Words;
  /** What differs, in the language `diff`; secrets are taken out. */
  readonly lines: readonly string[];
  /** The same in every run that finds the same. */
  readonly fingerprint: string;
}

/** Something that nothing is known of. Its reason differs from run to run (times, numbers of requests): that alone is no other finding. */
export const unlooked = (stack: string, key: string, words: Words, reason: string): Finding => ({
  kind: "failed",
  stack,
  key,
  words,
  lines: reason.split("\n"),
  fingerprint: "",
});

/** What came of a look that may fail; undefined: there was none. */
export type Look<Found> = readonly Found[] | { readonly failed: string } | undefined;

/** As much of a finding as is kept until the next run. */
export type FindingId = Pick<Finding, "kind" | "stack" | "key" | "fingerprint">;

/** The digest of finding nothing. */
export const NOTHING = "none";

const FINGERPRINT_LENGTH = 16;

/** A short text that is the same for the same values, and reveals nothing of them. */
export function fingerprintOf(values: unknown): string {
  const digest = createHash("sha256").update(JSON.stringify(values)).digest("base64url");
  return digest.slice(0, FINGERPRINT_LENGTH);
}

const textOf = ({ kind, stack, key, fingerprint }: FindingId) =>
  JSON.stringify([kind, stack, key, fingerprint]);

/** The same for the same findings, in whatever order: SHA-256 in hexadecimal digits, or {@link NOTHING}. */
export function digestOf(findings: readonly FindingId[]): string {
  if (findings.length === 0) return NOTHING;
  const texts = findings.map(textOf).sort();
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex");
}

/** Words with their values as `shown` makes them. */
export function findingText(words: Words, shown: (value: string) => string): string {
  return words.map((word) => (typeof word === "string" ? word : shown(word.value))).join("");
}
