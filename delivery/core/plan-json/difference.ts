import { listDifferences } from "./list-difference.ts";
import { canonical, isEmpty, isList, isMap, type Node, TextDocument } from "./node.ts";
import type { Difference, Path } from "./path.ts";

const EMPTY_MAP: ReadonlyMap<string, Node> = new Map();

/** A document with more differences reads better by its lines. */
const MOST_IN_DOCUMENT = 40;

const isStructured = (node: Node) => isMap(node) || isList(node);
/** A statement is understood as a whole: its difference needs the lines around it. */
const isPolicy = (node: Node) => isMap(node) && node.has("Statement");

/**
 * What differs between two values, down to the smallest part. null, "", [], {} and an absent key are one: providers write "not
 * set" in any of these ways.
 *
 * @param exact distinguishes them.
 */
export function differences(
  before: Node | undefined,
  after: Node | undefined,
  { path = [], exact = false }: { path?: Path; exact?: boolean } = {},
): Difference[] {
  if (canonical(before, exact) === canonical(after, exact)) return [];
  const options = { path, exact };
  const here: Difference[] = [{ path, before, after }];
  if (before instanceof TextDocument && after instanceof TextDocument) {
    const isWhole = [before, after].some(({ content }) => !isStructured(content) || isPolicy(content));
    const inner = isWhole ? [] : differences(before.content, after.content, { path, exact: true });
    return inner.length === 0 || inner.length > MOST_IN_DOCUMENT ? here : inner;
  }
  if ((isMap(before) || isEmpty(before)) && (isMap(after) || isEmpty(after))) {
    if (isEmpty(before) && isEmpty(after)) return here;
    return mapDifferences(isMap(before) ? before : EMPTY_MAP, isMap(after) ? after : EMPTY_MAP, options);
  }
  if ((isList(before) || isEmpty(before)) && (isList(after) || isEmpty(after))) {
    const old = isList(before) ? before : [];
    const current = isList(after) ? after : [];
    const isPlain = ![...old, ...current].some(isStructured);
    if (isPlain && (isEmpty(before) || isEmpty(after))) return here;
    return listDifferences(old, current, options, differences);
  }
  return here;
}

function mapDifferences(
  before: ReadonlyMap<string, Node>,
  after: ReadonlyMap<string, Node>,
  { path, exact }: { path: Path; exact: boolean },
): Difference[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .flatMap((key) => differences(before.get(key), after.get(key), { path: [...path, key], exact }));
}
