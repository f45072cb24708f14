import { byFirstCharacter } from "./first-character.ts";
import type { LevelScale } from "./level-tables.ts";
import { readLevel } from "./levels.ts";
import { errorTypeOf } from "./stack.ts";
import { readTime } from "./time.ts";
import type { Draft, ReadContext, TextFormat } from "./types.ts";

/** What the groups of a pattern may be named. */
type Groups = Readonly<
  Partial<
    Record<
      "time" | "level" | "service" | "version" | "trace" | "message" | "status" | "code" | "type" | "pod",
      string
    >
  >
>;

interface PatternOptions {
  /** Of numbers in the group `level`. */
  readonly scale?: LevelScale;
  /** What the groups alone don't say. */
  readonly more?: (draft: Draft, groups: Groups, context: ReadContext) => void;
}

/**
 * A format whose first line matches one of some expressions. Groups: `time`, `level`, `service`, `version`, `trace`, `message`,
 * `status`, `code`, `type`, `pod`. Without `message` the whole line is the message. An expression must take time in
 * proportion to the line's length: no repetition beside another of the same characters. A dot is any character: U+2028, which ends a
 * line for JavaScript alone, would keep a line from being read, and a rest `.*` from being found at once.
 */
export function pattern(
  name: string,
  expressions: readonly RegExp[],
  options: PatternOptions = {},
): TextFormat {
  const possible = byFirstCharacter(expressions.map(({ source, flags }) => new RegExp(source, `${flags}s`)));
  return {
    name,
    read(head, below, context) {
      for (const expression of possible(head)) {
        const groups = expression.exec(head)?.groups as Groups | undefined;
        if (groups !== undefined) return draftOf(name, head, below, groups, context, options);
      }
      return undefined;
    },
  };
}

function draftOf(
  format: string,
  head: string,
  below: string,
  groups: Groups,
  context: ReadContext,
  { scale, more }: PatternOptions,
): Draft {
  const draft: Draft = { format, message: groups.message ?? head, stack: below.slice(1) };
  const level = groups.level === undefined ? undefined : readLevel(groups.level, scale);
  if (level !== undefined) {
    draft.level = level;
    draft.levelSource = "record";
  }
  if (groups.time !== undefined) draft.time = readTime(groups.time, context);
  if (groups.service) draft.service = groups.service;
  if (groups.version) draft.version = groups.version;
  if (groups.trace) draft.traceId = groups.trace;
  if (groups.status) draft.status = Number(groups.status);
  if (groups.code) draft.errorCode = groups.code;
  if (groups.pod) draft.podName = groups.pod;
  const type =
    groups.type ??
    errorTypeOf(draft.message ?? "") ??
    (below === "" ? undefined : errorTypeOf(below.slice(1).trimStart()));
  if (type !== undefined) draft.errorType = type;
  more?.(draft, groups, context);
  return draft;
}
