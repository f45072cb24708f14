import { RULES, type Rule, SERVICE_RULES, SUSPECT } from "./in-place-rules.ts";
import type { Plan, ResourceChange } from "./model.ts";
import { isEmpty, isList, isMap, type Node, Sensitive, TextDocument, UNKNOWN } from "./node.ts";
import { type Difference, pathText } from "./path.ts";
import { inline } from "./text.ts";

/** What a change in place takes away: data, what keeps data, somebody's access; `unknown`: no rule knows, and the name says that it may. */
export interface InPlaceLoss {
  readonly address: string;
  readonly type: string;
  readonly kind: Rule["kind"];
  /** The attribute, as a comment shows it. */
  readonly attribute: string;
  readonly from: string;
  readonly to: string;
  readonly lost: string;
}

const ALL_RULES = [...RULES, ...SERVICE_RULES];

/** A value of a difference that is no map or list, with the names that lead to it. */
interface Leaf {
  readonly names: readonly string[];
  readonly attribute: string;
  readonly before: Node | undefined;
  readonly after: Node | undefined;
}

/**
 * What the changes in place of a plan take away, by the tables of `in-place-rules.ts`. Of `deletes`, `cali deploy` refuses each like the
 * destruction of data.
 */
export function inPlaceLossIn(plan: Pick<Plan, "resources">): InPlaceLoss[] {
  return plan.resources
    .filter(({ action, mode }) => action === "update" && mode === "managed")
    .flatMap((resource) => resource.differences.flatMap((difference) => lossesOf(resource, difference)));
}

function lossesOf({ address, type, importing }: ResourceChange, difference: Difference): InPlaceLoss[] {
  return leavesOf(difference).flatMap((leaf): InPlaceLoss[] => {
    // An import doesn't know arguments that the provider cannot read, such as force_delete: that they appear is no change.
    if (importing && isEmpty(leaf.before)) return [];
    const about = {
      address,
      type,
      attribute: leaf.attribute,
      from: inline(leaf.before),
      to: inline(leaf.after),
    };
    const rules = ALL_RULES.filter(
      ({ types, path }) =>
        (types.includes(type) || types.includes("*")) && leads(path.split("."), leaf.names),
    );
    const own = rules.filter((one) => one.types.includes(type));
    // One that leads further down is the one that is meant.
    const [rule = rules[0]] = own.sort((a, b) => b.path.split(".").length - a.path.split(".").length);
    if (rule) {
      const holds = doesHold(rule, leaf);
      if (holds === undefined) {
        return [
          { ...about, kind: "unknown", lost: `known after the apply only; less would cost ${rule.lost}` },
        ];
      }
      return holds ? [{ ...about, kind: rule.kind, lost: rule.lost }] : [];
    }
    const hidden = hiddenRule(type, leaf);
    if (hidden) {
      return [
        { ...about, kind: "unknown", lost: `not to be seen in the plan; less would cost ${hidden.lost}` },
      ];
    }
    const isSuspect = leaf.names.some((name) => SUSPECT.test(name)) && isLess(leaf.before, leaf.after);
    return isSuspect ? [{ ...about, kind: "unknown", lost: "no rule knows what this deletes" }] : [];
  });
}

/** Known after the apply only, or not shown. */
const isOpaque = (node: Node | undefined) => node === UNKNOWN || node instanceof Sensitive;

/** A rule for what is in a block that nobody sees; what is new can only set a limit. */
function hiddenRule(type: string, { names, before, after }: Leaf): Rule | undefined {
  if (!isOpaque(before) && !isOpaque(after)) return undefined;
  return ALL_RULES.find(
    ({ types, path, turn }) =>
      types.includes(type) &&
      names.every((name, at) => path.split(".")[at] === name) &&
      (!isEmpty(before) || turn === "limit" || turn === "on"),
  );
}

/** Whether a rule's path leads to these names; a path to a list or a map leads to whatever is in it. */
function leads(path: readonly string[], names: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  if (first === "**") return leads(rest, names) || (names.length > 0 && leads(path, names.slice(1)));
  const [name, ...others] = names;
  if (name === undefined) return false;
  // A name of several parts, such as `retention.ms`.
  if (name.includes(".") && path.slice(0, name.split(".").length).join(".") === name) {
    return leads(path.slice(name.split(".").length), others);
  }
  return (first === "*" || first === name) && leads(rest, others);
}

const OFF: readonly unknown[] = [
  false,
  "false",
  "Disabled",
  "DISABLED",
  "Suspended",
  "INACTIVE",
  "MUTABLE",
  "NONE",
];
const isOn = (node: Node | undefined) => !isEmpty(node) && !OFF.includes(node);

/** undefined: it is known after the apply only. */
function doesHold({ turn, keeps }: Rule, { before, after }: Leaf): boolean | undefined {
  if (turn === "removed") return !isEmpty(before) && isEmpty(after);
  if (after === UNKNOWN || after instanceof Sensitive || before instanceof Sensitive) return undefined;
  switch (turn) {
    case "less":
      return isLess(before, after);
    case "limit": {
      const isForEver = (node: Node | undefined) => isEmpty(node) || Number(node) <= 0;
      return !isForEver(after) && (isForEver(before) || isLess(before, after) || typeof after === "string");
    }
    case "off":
      return isOn(before) && !isOn(after);
    case "on":
      return !isOn(before) && isOn(after);
    case "leaves":
      return keeps === undefined
        ? !isEmpty(before) && before !== after
        : keeps.includes(before as string) && !keeps.includes(after as string);
    case "enabled":
      return OFF.includes(before) && isOn(after);
  }
}

function isLess(before: Node | undefined, after: Node | undefined): boolean {
  const numbers = [before, after].map((node) =>
    typeof node === "number" || (typeof node === "string" && /^\d+(\.\d+)?$/.test(node))
      ? Number(node)
      : undefined,
  );
  const [old, current] = numbers;
  return old !== undefined && (current === undefined ? isEmpty(after) : current < old);
}

function leavesOf({ path, before, after }: Difference): Leaf[] {
  const names = path.filter((step) => typeof step === "string");
  return leaves({ names, attribute: pathText(path), before: open(before), after: open(after) });
}

const open = (node: Node | undefined): Node | undefined =>
  node instanceof TextDocument ? node.content : node;

function listOf(node: Node | undefined): readonly Node[] {
  if (isList(node)) return node;
  return node === undefined || isEmpty(node) ? [] : [node];
}

const NOTHING: ReadonlyMap<string, Node> = new Map();

function leaves({ names, attribute, before, after }: Leaf): Leaf[] {
  if (isMap(before) || isMap(after)) {
    const old = isMap(before) ? before : NOTHING;
    const current = isMap(after) ? after : NOTHING;
    return [...new Set([...old.keys(), ...current.keys()])].flatMap((key) =>
      leaves({
        names: [...names, key],
        attribute: `${attribute}.${key}`,
        before: isOpaque(before) ? before : open(old.get(key)),
        after: isOpaque(after) ? after : open(current.get(key)),
      }),
    );
  }
  if (isList(before) || isList(after)) {
    const old = listOf(before);
    const current = listOf(after);
    const kept = new Set(current.map((node) => inline(node)));
    const isPlain = [...old, ...current].every((node) => !isMap(node) && !isList(node));
    if (isPlain) {
      return old
        .filter((node) => !kept.has(inline(node)))
        .map((node) => ({ names, attribute, before: node, after: undefined }));
    }
    const length = Math.max(old.length, current.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      leaves({
        names,
        attribute: `${attribute}[${index}]`,
        before: isOpaque(before) ? before : open(old[index]),
        after: isOpaque(after) ? after : open(current[index]),
      }),
    );
  }
  return [{ names, attribute, before, after }];
}
