/**
 * A workflow's `paths` filter, as GitHub matches it: `*` stays within a folder, `**` doesn't, `?` and `+` are of the character before
 * them, `[…]` is one of a set, and a pattern that starts with `!` takes back what those before it matched. The last match decides.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
 *
 * @returns whether a path, from the repository's root, is one of the filter's.
 */
export function pathFilter(patterns: readonly string[]): (path: string) => boolean {
  const rules = patterns.map((pattern) => {
    const isNegative = pattern.startsWith("!");
    return { isNegative, expression: expressionOf(isNegative ? pattern.slice(1) : pattern) };
  });
  return (path) => {
    const last = rules.findLast(({ expression }) => expression.test(path));
    return last !== undefined && !last.isNegative;
  };
}

/** `**` and a slash match no folder, too. */
const TOKENS = /\*\*\/|\*\*|\*|[?+]|\[[^\]]+\]|./gs;

function expressionOf(pattern: string): RegExp {
  const source = pattern.replaceAll(TOKENS, (token) => {
    if (token === "**/") return "(?:.*/)?";
    if (token === "**") return ".*";
    if (token === "*") return "[^/]*";
    const isOperator = token === "?" || token === "+" || (token.length > 1 && token.startsWith("["));
    return isOperator ? token : token.replaceAll(/[\\^$.()|{}[\]/]/g, "\\$&");
  });
  return new RegExp(`^${source}$`, "s");
}
