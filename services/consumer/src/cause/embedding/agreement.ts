import type { Level } from "@cali/log-record";
import { CODE_KINDS } from "./codes.ts";
import { hasSameWords } from "./wording.ts";

/** Longest text that is looked at, in UTF-16 units. */
const LONGEST = 16_000;

/** What is known of an error, as far as it has to agree. */
export interface KnownError {
  readonly pattern: string;
  readonly errorCode?: string | undefined;
  readonly level?: Level | undefined;
}

/** An error that was seen. */
export interface SeenError {
  /** Its template, and lines of it with all their values where there are any. */
  readonly texts: readonly string[];
  readonly errorCode?: string | undefined;
  readonly level?: Level | undefined;
}

/**
 * Whether an error may be the known one, however alike they read: the error codes are the same where both have one; both are grave
 * (ERROR, FATAL) or neither is, where both have a level; of each kind of code that both name in their texts (HTTP status,
 * SQLSTATE, exit code, errno, exception, …) they have one in common; and one's words are in the other.
 */
export function agrees(known: KnownError, error: SeenError): boolean {
  if (known.errorCode !== undefined && error.errorCode !== undefined && known.errorCode !== error.errorCode) {
    return false;
  }
  if (
    known.level !== undefined &&
    error.level !== undefined &&
    isGrave(known.level) !== isGrave(error.level)
  ) {
    return false;
  }
  const seen = error.texts.join("\n").slice(0, LONGEST);
  const isNamedAlike = CODE_KINDS.every((codesOf) => {
    const ofKnown = codesOf(known.pattern);
    if (ofKnown.size === 0) return true;
    const ofSeen = codesOf(seen);
    return ofSeen.size === 0 || [...ofKnown].some((code) => ofSeen.has(code));
  });
  return isNamedAlike && error.texts.some((text) => hasSameWords(known.pattern, text));
}

const isGrave = (level: Level) => level === "ERROR" || level === "FATAL";
