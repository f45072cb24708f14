import { differences } from "./difference.ts";
import { isChange, type Plan, type ResourceChange } from "./model.ts";
import { canonical, isList, isMap, type Node, UNKNOWN } from "./node.ts";
import type { Difference } from "./path.ts";
import { pathText } from "./path.ts";
import { inline, visible } from "./text.ts";

/** One thing that two plans of the same stack don't have in common. */
export interface PlanDifference {
  /** The resource's address, or `output <name>`. */
  readonly what: string;
  /** What each plan does with it; undefined: nothing. */
  readonly reviewed: string | undefined;
  readonly current: string | undefined;
  /** Where both start from something else: from what the reviewed plan saw to what is there now. */
  readonly start: readonly Difference[];
  /** Where both want something else: from the reviewed plan's result to the current one's. */
  readonly result: readonly Difference[];
  /** The current one makes anew what the reviewed one makes: a try at it failed half-way, and Terraform has marked what it left as tainted. */
  readonly isAgain: boolean;
}

/**
 * What a plan that was made anew does otherwise than the one that was reviewed. None: applying either does the same, or what is missing in the
 * new one is done already. Secrets are compared and not shown.
 */
export function comparePlans(reviewed: Plan, current: Plan): PlanDifference[] {
  const done = new Map(current.resources.map((resource) => [keyOf(resource), resource]));
  const isDone = (what: string, old: Compared | undefined) => {
    const now = done.get(what);
    if (old?.does.startsWith("delete") || old?.does.startsWith("forget")) return now === undefined;
    return old !== undefined && now !== undefined && isReached(old.after, valuesOf(now).after);
  };
  return [
    ...compare(changesOf(reviewed), changesOf(current)).filter(
      ({ what, current: does }) => does !== undefined || !isDone(what, changesOf(reviewed).get(what)),
    ),
    // An output that is not to change any more has its value.
    ...compare(outputsOf(reviewed), outputsOf(current)).filter(({ current: does }) => does !== undefined),
  ];
}

/** What a plan does at all, as differences from one that does nothing; what only provider and Kubernetes count up is none. */
export function changesIn(plan: Plan): PlanDifference[] {
  const changes = new Map(
    [...changesOf(plan), ...outputsOf(plan)].filter(
      ([, { does, before, after }]) =>
        !/^(update|replace)/.test(does) || before === null || !isReached(after, before),
    ),
  );
  return compare(new Map(), changes);
}

interface Compared {
  readonly does: string;
  readonly before: Node;
  readonly after: Node;
  readonly isTainted?: boolean;
}

function keyOf({ address, fingerprint, deposed }: ResourceChange): string {
  return [
    address,
    ...(fingerprint ? [`(its key: ${fingerprint})`] : []),
    ...(deposed ? [`(deposed ${deposed})`] : []),
  ].join(" ");
}

function changesOf({ resources }: Plan): ReadonlyMap<string, Compared> {
  return new Map(
    resources
      .filter((resource) => resource.mode === "managed" && isChange(resource))
      .map((resource) => [
        keyOf(resource),
        {
          does: doing(resource),
          isTainted: resource.reason === "replace_because_tainted",
          ...valuesOf(resource),
        },
      ]),
  );
}

function outputsOf({ outputs }: Plan): ReadonlyMap<string, Compared> {
  return new Map(
    outputs.map(({ name, action, before, after }) => [`output ${name}`, { does: action, before, after }]),
  );
}

/**
 * What counts up or is written anew with every change of an object, whoever makes it: a release of a service moves it, and no plan sets it.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/,
 * https://registry.terraform.io/providers/hashicorp/helm/latest/docs/resources/release#metadata-1
 */
const COUNTED: readonly { readonly type: RegExp; readonly path: readonly string[] }[] = [
  { type: /^kubernetes_/, path: ["metadata", "generation"] },
  { type: /^kubernetes_/, path: ["metadata", "resource_version"] },
  { type: /^helm_release$/, path: ["metadata"] },
];

function valuesOf({ type, before, after }: ResourceChange): Pick<Compared, "before" | "after"> {
  const counted = COUNTED.filter((one) => one.type.test(type)).map(({ path }) => path);
  const own = (node: Node) => counted.reduce(without, node);
  return { before: own(before), after: own(after) };
}

/** A value without what is at a path, in each element of a list. */
function without(node: Node, path: readonly string[]): Node {
  const [key, ...rest] = path;
  if (isList(node)) return node.map((item) => without(item, path));
  if (!isMap(node) || key === undefined || !node.has(key)) return node;
  const copy = new Map(node);
  if (rest.length === 0) copy.delete(key);
  else copy.set(key, without(copy.get(key) as Node, rest));
  return copy;
}

/** Whether a value is what was to become of it; what was not known then may be anything. */
function isReached(desired: Node | undefined, found: Node | undefined): boolean {
  if (desired === UNKNOWN) return true;
  if (isList(desired) && isList(found)) {
    return desired.length === found.length && desired.every((item, at) => isReached(item, found[at]));
  }
  if (isMap(desired) && isMap(found)) {
    return [...new Set([...desired.keys(), ...found.keys()])].every((key) =>
      isReached(desired.get(key), found.get(key)),
    );
  }
  return canonical(desired) === canonical(found);
}

function compare(
  reviewed: ReadonlyMap<string, Compared>,
  current: ReadonlyMap<string, Compared>,
): PlanDifference[] {
  return [...new Set([...reviewed.keys(), ...current.keys()])].sort().flatMap((what) => {
    const old = reviewed.get(what);
    const now = current.get(what);
    const difference = { what, reviewed: old?.does, current: now?.does };
    if (!old || !now) return [{ ...difference, start: [], result: [], isAgain: false }];
    const isSame = ([a, b]: readonly [Node, Node]) => canonical(a, true) === canonical(b, true);
    const starts = [old.before, now.before] as const;
    const results = [old.after, now.after] as const;
    if (old.does === now.does && isSame(starts) && isSame(results)) return [];
    return [
      {
        ...difference,
        start: differences(...starts, { exact: true }),
        result: differences(...results, { exact: true }),
        isAgain: old.does === "create" && now.isTainted === true && isSame(results),
      },
    ];
  });
}

/** An object's change in words, for people and for comparing: `update, imported from "x"`. */
function doing({ action, replaceOrder, importing, movedFrom }: ResourceChange): string {
  return [
    replaceOrder ? `${action} (${replaceOrder})` : action,
    ...(importing ? [`imported from ${importing.id ?? "an id that is not shown"}`] : []),
    ...(movedFrom === undefined ? [] : [`moved from ${movedFrom}`]),
  ].join(", ");
}

/** The differences in lines for a terminal. */
export function describeDifferences(found: readonly PlanDifference[]): string[] {
  return found.flatMap(({ what, reviewed = "nothing", current = "nothing", start, result }) => [
    `${visible(what)}: reviewed: ${visible(reviewed)}; now: ${visible(current)}`,
    ...start.map((difference) => `  it was ${shown(difference)}`),
    ...result.map((difference) => `  it becomes ${shown(difference)}`),
  ]);
}

function shown({ path, before, after }: Difference): string {
  return `${pathText(path)}: ${inline(before)} in the reviewed plan, ${inline(after)} now`;
}
