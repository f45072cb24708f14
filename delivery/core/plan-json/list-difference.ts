import { diffArrays } from "diff";
import { canonical, isMap, type Node, TextDocument } from "./node.ts";
import type { Compare, Difference, Path } from "./path.ts";
import { isLong } from "./text.ts";

interface Options {
  readonly path: Path;
  readonly exact: boolean;
}

/** Attributes that name an element among its like, best first. */
const NAMING = ["id", "name", "Sid", "sid", "key", "storage_class"];

/** Above this many comparisons elements are paired by their place. */
const MOST_COMPARISONS = 40_000;

/** Elements that share less than this part of their attributes are one removed and one added. */
const ALIKE = 0.5;

/**
 * What differs between two lists, element by element. A plan's JSON has sets as lists, so elements find each other by name, then
 * by likeness, not by place.
 *
 * @param descend compares two elements.
 */
export function listDifferences(
  before: readonly Node[],
  after: readonly Node[],
  options: Options,
  descend: Compare,
): Difference[] {
  if (![...before, ...after].some((item) => isMap(item) || isText(item)))
    return plainDifferences(before, after, options);
  const label = naming(before, after);
  const found = pairs(before, after, { label, exact: options.exact }).flatMap(([old, current]) => {
    const index = current ?? old ?? 0;
    const step = { index, label: label(current === undefined ? before[index] : after[index]) };
    const at = <T>(list: readonly T[], place: number | undefined) =>
      place === undefined ? undefined : list[place];
    return descend(at(before, old), at(after, current), {
      path: [...options.path, step],
      exact: options.exact,
    });
  });
  return found.length > 0 ? found : [{ path: options.path, before, after, isReordered: true }];
}

/** A document, or a text of several lines: something that changes in parts. */
const isText = (node: Node | undefined): node is TextDocument | string =>
  node instanceof TextDocument || isLong(node);

/** Lists of plain values: what was taken out and what was put in, by the longest common part. */
function plainDifferences(
  before: readonly Node[],
  after: readonly Node[],
  { path, exact }: Options,
): Difference[] {
  const key = (node: Node) => canonical(node, exact);
  const sorted = (list: readonly Node[]) => list.map(key).sort().join("\n");
  if (sorted(before) === sorted(after)) return [{ path, before, after, isReordered: true }];
  let old = 0;
  let current = 0;
  return diffArrays(before.map(key), after.map(key)).flatMap(({ value, removed, added }) =>
    value.flatMap((): Difference[] => {
      if (removed) {
        const index = old++;
        return [{ path: [...path, { index }], before: before[index], after: undefined }];
      }
      const index = current++;
      if (!added) old++;
      return added ? [{ path: [...path, { index }], before: undefined, after: after[index] }] : [];
    }),
  );
}

/** What an element is called; only where its name is its own in both lists. */
function naming(
  before: readonly Node[],
  after: readonly Node[],
): (node: Node | undefined) => string | undefined {
  const attribute = NAMING.find((name) =>
    [before, after].every((list) => {
      const names = list.map((item) => (isMap(item) ? item.get(name) : undefined));
      return (
        names.every((value) => typeof value === "string" && value) && new Set(names).size === names.length
      );
    }),
  );
  if (attribute) return (node) => (isMap(node) ? (node.get(attribute) as string) : undefined);
  const isOwn = [before, after].every((list) => {
    const names = list.map(manifestName);
    return names.every((name) => name !== undefined) && new Set(names).size === names.length;
  });
  return isOwn ? manifestName : () => undefined;
}

/** What Kubernetes calls the object of a manifest: `ConfigMap/logging/fluent-bit`. */
function manifestName(node: Node | undefined): string | undefined {
  if (!isMap(node)) return undefined;
  const metadata = node.get("metadata");
  const names = [
    node.get("kind"),
    isMap(metadata) && metadata.get("namespace"),
    isMap(metadata) && metadata.get("name"),
  ];
  const [kind, , name] = names;
  if (typeof kind !== "string" || typeof name !== "string") return undefined;
  return names.filter((part) => typeof part === "string").join("/");
}

type Pair = readonly [before: number | undefined, after: number | undefined];

/** Which element became which: the same name, else the same value, else the most alike; what is left is removed or added. */
function pairs(
  before: readonly Node[],
  after: readonly Node[],
  { label, exact }: { label: (node: Node | undefined) => string | undefined; exact: boolean },
): Pair[] {
  const left = new Set(before.keys());
  const right = new Set(after.keys());
  const found: Pair[] = [];
  const join = (old: number, current: number) => {
    left.delete(old);
    right.delete(current);
    found.push([old, current]);
  };
  const joinBy = (keyOf: (node: Node | undefined) => string | undefined) => {
    const places = new Map<string, number[]>();
    for (const old of left) {
      const key = keyOf(before[old]);
      if (key !== undefined) places.set(key, [...(places.get(key) ?? []), old]);
    }
    for (const current of [...right]) {
      const old = places.get(keyOf(after[current]) ?? "")?.shift();
      if (old !== undefined) join(old, current);
    }
  };
  joinBy(label);
  if (!after.some((node) => label(node) !== undefined)) {
    joinBy((node) => canonical(node, exact));
    if (left.size * right.size > MOST_COMPARISONS) {
      for (const old of [...left]) if (right.has(old)) join(old, old);
    } else {
      joinAlike({ before, after, left, right, join });
    }
    // A text keeps its place, however much of it changes.
    for (const old of [...left]) {
      if (right.has(old) && isText(before[old]) && isText(after[old])) join(old, old);
    }
    // One block that stays one block is the same block, however little of it stays.
    const [old, ...otherOld] = left;
    const [current, ...otherCurrent] = right;
    if (old !== undefined && current !== undefined && otherOld.length + otherCurrent.length === 0)
      join(old, current);
  }
  found.push(...[...left].map((old): Pair => [old, undefined]));
  found.push(...[...right].map((current): Pair => [undefined, current]));
  return found.sort((a, b) => (a[1] ?? a[0] ?? 0) - (b[1] ?? b[0] ?? 0));
}

function joinAlike(lists: {
  readonly before: readonly Node[];
  readonly after: readonly Node[];
  readonly left: ReadonlySet<number>;
  readonly right: ReadonlySet<number>;
  readonly join: (old: number, current: number) => void;
}): void {
  const { before, after, left, right, join } = lists;
  const scored = [...left].flatMap((old) =>
    [...right].map((current) => ({ old, current, score: likeness(before[old], after[current]) })),
  );
  scored.sort((a, b) => b.score - a.score || a.old - b.old || a.current - b.current);
  for (const { old, current, score } of scored) {
    if (score >= ALIKE && left.has(old) && right.has(current)) join(old, current);
  }
}

/** The part of the attributes that two elements share, 0 to 1. */
function likeness(a: Node | undefined, b: Node | undefined): number {
  if (a instanceof TextDocument && b instanceof TextDocument) return likeness(a.content, b.content);
  if (isLong(a) && isLong(b)) {
    const [lines, others] = [a, b].map((text) => new Set(text.split("\n"))) as [Set<string>, Set<string>];
    return [...lines].filter((line) => others.has(line)).length / Math.max(lines.size, others.size);
  }
  if (!isMap(a) || !isMap(b)) return 0;
  const keys = [...new Set([...a.keys(), ...b.keys()])];
  const same = keys.filter((key) => canonical(a.get(key)) === canonical(b.get(key))).length;
  return keys.length === 0 ? 1 : same / keys.length;
}
