/** Deeper than any Terraform value of people, and shallow enough for every function here that calls itself. */
const DEEPEST = 200;
/** Digits that every number of JavaScript keeps. */
const SAFE_DIGITS = 15;

/** A number that JavaScript would round, as it is written. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** The JSON nests deeper than can be read. */
export class TooDeepError extends Error {
  override readonly name = "TooDeepError";
}

/**
 * Reads JSON without rounding a number: what JavaScript can't hold, such as 9007199254740993, becomes an {@link ExactNumber}.
 *
 * @throws SyntaxError; TooDeepError above 200 levels.
 */
export function parseExactly(text: string): unknown {
  if (depthOf(text) > DEEPEST) throw new TooDeepError(`given more than ${DEEPEST} levels`);
  // The third argument is newer than the compiler's description of it.
  const exactly = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && isRounded(value, context?.source ?? "")
      ? new ExactNumber(context?.source ?? String(value))
      : value;
  return JSON.parse(text, exactly);
}

/** Whether a number is another one than the text says. */
export function isRounded(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return true;
  const digits = source.replace(/e.*$/i, "").replace(/\D/g, "").replace(/^0+/, "");
  return digits.length > SAFE_DIGITS && String(value) !== source;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isText) {
      if (character === "\\") at++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === "{" || character === "[") deepest = Math.max(deepest, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return deepest;
}
