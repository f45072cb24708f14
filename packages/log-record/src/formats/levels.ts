import type { Level } from "../schema.ts";
import { LEVEL_SCALES, LEVEL_WORDS, type LevelScale, LOCAL_LEVEL_WORDS } from "./level-tables.ts";

const WORDS = new Map<string, Level>(
  [LEVEL_WORDS, LOCAL_LEVEL_WORDS].flatMap((table) =>
    Object.entries(table).flatMap(([level, words]) => words.map((word) => [word, level as Level] as const)),
  ),
);

/** Levels in other languages as an expression: in capitals where there are any. The longest comes first. */
export const LOCAL_LEVELS = Object.values(LOCAL_LEVEL_WORDS)
  .flat()
  .map((word) => word.toUpperCase())
  .sort((a, b) => b.length - a.length)
  .join("|");

/** `ERROR`, `Err`, `[warn]`, `[오류]`, `ERROR+2` (slog), `DEBUG3` (OpenTelemetry, PostgreSQL), `org.Level.SEVERE`. */
const WORD = /^[\s[<("']*(?:[A-Za-z]+[.:])*(\p{L}{1,15})[0-9]*(?:[+-][0-9]+)?[\s\])>"':|]*$/u;

/** The level that a word means, in any case; nothing when it means none. */
export function levelOfWord(text: string): Level | undefined {
  const exact = WORDS.get(text);
  if (exact !== undefined) return exact;
  if (text.length > 48) return undefined;
  const word = WORD.exec(text)?.[1];
  return word === undefined ? undefined : WORDS.get(word.toLowerCase());
}

/** The level that a number means. Without a scale its size shows which one: see `LEVEL_SCALES`. */
export function levelOfNumber(value: number, scale: LevelScale = scaleOf(value)): Level | undefined {
  if (!(value >= 0 && value <= 100_000)) return undefined;
  let found: Level | undefined;
  for (const [least, level] of LEVEL_SCALES[scale]) if (value >= least) found = level;
  return found;
}

function scaleOf(value: number): LevelScale {
  if (value < 8) return "syslog";
  if (value < 100) return "tens";
  return value < 1000 ? "monolog" : "logback";
}

/** The level that a value from a log states: a word, a number, or a number in quotes. */
export function readLevel(value: unknown, scale?: LevelScale): Level | undefined {
  if (typeof value === "string") {
    return /^[0-9]{1,6}$/.test(value) ? levelOfNumber(Number(value), scale) : levelOfWord(value);
  }
  if (typeof value === "number") return levelOfNumber(value, scale);
  return undefined;
}
