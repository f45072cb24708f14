import { nodeOf } from "../plan-json/masked.ts";
import type { Plan, ResourceChange } from "../plan-json/model.ts";
import { isList, isMap, type Node } from "../plan-json/node.ts";

/** An object that is there, or would be. */
export interface Resource {
  readonly address: string;
  readonly type: string;
  readonly values: Node;
}

/** The objects of each stack. */
export type Inventory = ReadonlyMap<string, readonly Resource[]>;

/** The objects before a plan is applied, and after. What only leaves the state stays, and is paid for. */
export function inventoryOf({ resources }: Plan): { before: Resource[]; after: Resource[] } {
  const managed = resources.filter(({ mode, deposed }) => mode === "managed" && deposed === undefined);
  const side =
    (values: "before" | "after") =>
    (resource: ResourceChange): Resource => ({
      address: resource.address,
      type: resource.type,
      values: resource.action === "forget" ? resource.before : resource[values],
    });
  return {
    before: managed.filter(({ action }) => action !== "create").map(side("before")),
    after: managed.filter(({ action }) => action !== "delete").map(side("after")),
  };
}

/** The objects of a stack's `cdk.tf.json`. A `for_each` counts once. */
export function inventoryOfStack(stack: Readonly<Record<string, unknown>>): Resource[] {
  const blocks = nodeOf({ value: stack.resource, sensitive: false, unknown: false }, () => false);
  if (!isMap(blocks)) return [];
  return [...blocks].flatMap(([type, byName]) =>
    isMap(byName) ? [...byName].map(([name, values]) => ({ address: `${type}.${name}`, type, values })) : [],
  );
}

/** A value deep in an object. Where Terraform has a list of one block, the code may have the block itself. */
export function at(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  const block = isList(node) && path.length > 0 ? node[0] : node;
  const [key, ...rest] = path;
  if (key === undefined) return node;
  return isMap(block) ? at(block.get(key), ...rest) : undefined;
}

/** A number, also one in quotes; undefined for what isn't known yet. */
export function numberAt(node: Node | undefined, ...path: readonly string[]): number | undefined {
  const value = at(node, ...path);
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** A text; undefined for what isn't known yet, a reference included. */
export function textAt(node: Node | undefined, ...path: readonly string[]): string | undefined {
  const value = at(node, ...path);
  return typeof value === "string" && !value.includes("${") ? value : undefined;
}

/** Blocks of a kind, however many. */
export function blocksAt(node: Node | undefined, ...path: readonly string[]): readonly Node[] {
  const value = at(node, ...path);
  if (isList(value)) return value;
  return value === undefined || value === null ? [] : [value];
}
