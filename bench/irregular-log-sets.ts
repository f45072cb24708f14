import type { LabelledLine } from "../services/consumer/test/support/log-sets.ts";

/**
 * Labelled lines with what makes log parsers go wrong on real logs: variables without digits, in the first place too,
 * lists and free text of any length, values that are sometimes missing, templates that differ in a single word.
 */

const NAMES = "amber birch cedar dahlia elder fennel ginger hazel iris jasmine kale laurel".split(" ");
const WORDS = "the pool was drained before any worker could renew its claim on the shared cursor".split(" ");

type Slot = (random: () => number) => string;
const number: Slot = (random) => String(Math.floor(random() * 10_000));
const name: Slot = (random) => NAMES[Math.floor(random() * NAMES.length)] ?? "";
const many =
  (one: Slot, separator: string, least: number, most: number): Slot =>
  (random) =>
    Array.from({ length: least + Math.floor(random() * (most - least + 1)) }, () => one(random)).join(
      separator,
    );

const SLOTS: Record<string, Slot> = {
  n: number,
  name,
  host: (random) => `${name(random)}.${name(random)}.internal`,
  names: many(name, ", ", 1, 4),
  numbers: many(number, ",", 1, 6),
  text: many((random) => WORDS[Math.floor(random() * WORDS.length)] ?? "", " ", 2, 6),
  maybe: (random) => (random() < 0.3 ? "" : name(random)),
  state: (random) => ["running", "stopped", "failed", "unknown"][Math.floor(random() * 4)] ?? "",
};

const SETS: Record<string, readonly string[]> = {
  "words that vary": [
    "user {name} has logged in from {host}",
    "user {name} has logged out",
    "user {name} was locked by {name}",
    "{name} joined the cluster as member {n}",
    "{name} left the cluster after {n} ms",
    "queue {name} is {state}",
    "topic {name} has no leader",
    "deployment {name} of {name} is {state} since {n} s",
  ],
  "one word apart": [
    "connection to {host} opened",
    "connection to {host} closed",
    "connection to {host} refused",
    "lock {n} taken by {name}",
    "lock {n} freed by {name}",
    "write of page {n} failed, will retry",
    "read of page {n} failed, will retry",
    "node {name} is up",
    "node {name} is down",
  ],
  "any length": [
    "members are now {names}",
    "assigned partitions {numbers} to {name}",
    "worker {n} gave up: {text}",
    "unexpected end of input",
    "reloaded rules for {names} in {n} ms",
    "request {n} was refused because {text}",
  ],
  "values missing": [
    "login failure; user={maybe} ruser={maybe} rhost={host} tty={maybe}",
    "session opened for {maybe} by uid={n}",
    "mounted {maybe} on {name} with options {maybe}",
    "lookup of {host} gave {maybe} after {n} tries",
    "audit: subject={maybe} action={name} result={state}",
  ],
};

export const IRREGULAR_SETS = Object.keys(SETS);

/** `count` lines of a set; the same for the same `random`. */
export function irregularSet(set: string, count: number, random: () => number): LabelledLine[] {
  const templates = SETS[set] ?? [];
  return Array.from({ length: count }, () => {
    const template = Math.floor(random() ** 2 * templates.length);
    const text = (templates[template] ?? "").replaceAll(
      /\{(\w+)\}/g,
      (_, slot: string) => SLOTS[slot]?.(random) ?? "",
    );
    return { text, template };
  });
}
