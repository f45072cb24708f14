const ASCII = 128;

/** The end of a group or class that begins at a place; nothing when the source is not understood. */
function endOf(source: string, start: number): number | undefined {
  let depth = 0;
  let inClass = false;
  for (let at = start; at < source.length; at++) {
    const one = source[at];
    if (one === "\\") at++;
    else if (inClass) inClass = one !== "]";
    else if (one === "[") inClass = true;
    else if (one === "(") depth++;
    else if (one === ")") depth--;
    if (depth === 0 && !inClass) return at;
  }
  return undefined;
}

/** Whether there is a choice outside all groups: then more than one beginning. */
function hasChoice(source: string): boolean {
  for (let at = 0; at < source.length; ) {
    if (source[at] === "|") return true;
    const end = source[at] === "\\" ? at + 1 : endOf(source, at);
    if (end === undefined) return true;
    at = end + 1;
  }
  return false;
}

/** A part of an expression that may be left out. */
const isOptional = (after: string) => /^(?:[?*]|\{0)/.test(after);

/** What the first character of a match has to be, as an expression; nothing when that isn't plain to see. */
function firstAtom(source: string): string | undefined {
  if (hasChoice(source)) return undefined;
  const end = source[0] === "\\" ? 1 : endOf(source, 0);
  if (end === undefined || isOptional(source.slice(end + 1))) return undefined;
  const atom = source.slice(0, end + 1);
  const group = /^\((?:\?<[a-z]+>|\?:)/.exec(atom)?.[0];
  if (group !== undefined) return firstAtom(atom.slice(group.length, -1));
  return /^(?:[A-Za-z0-9<#%]|\\[[(|{.]|\[[^^])/.test(atom) ? atom : undefined;
}

/**
 * Of expressions that begin with `^`, those that a text may match by its first character: most formats are ruled out by it, and to ask
 * an expression takes ten times as long.
 */
export function byFirstCharacter(expressions: readonly RegExp[]): (text: string) => readonly RegExp[] {
  const atoms = expressions.map(({ source, flags }) => {
    const atom = source.startsWith("^") && /^s?$/.test(flags) ? firstAtom(source.slice(1)) : undefined;
    return atom === undefined ? undefined : new RegExp(`^${atom}$`);
  });
  const table = Array.from({ length: ASCII }, (_, code) =>
    expressions.filter((_, place) => atoms[place]?.test(String.fromCharCode(code)) !== false),
  );
  return (text) => table[text.charCodeAt(0)] ?? expressions;
}
