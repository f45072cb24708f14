import { isDeepStrictEqual } from "node:util";
import type { Json } from "../../../config/overrides.ts";
import {
  attributesOf,
  compareAddresses,
  compareBlock,
  compareOutputs,
  compareTagsAll,
  type Difference,
  instances,
  lookupIn,
  managed,
  type State,
  standsForSomething,
  unset,
} from "../../core/parity/compare.ts";
import { type BlockSchema, resourceSchema } from "../../core/parity/provider-schema.ts";
import type { JsonObject, StackJson } from "../../core/parity/stack-json.ts";
import defaults from "./unset-defaults.json" with { type: "json" };

/** How a synthesized root stands to a state, resource by resource. */
export interface Parity {
  /** Attributes in which they differ: a plan would change them. */
  readonly differences: readonly Difference[];
  /** Addresses that the state has and the root has not: what this code never made. */
  readonly foreign: readonly string[];
  /** Addresses that a plan would create. */
  readonly created: readonly string[];
  readonly compared: number;
}

/** What the provider fills in for silence, by type and attribute, as the live state of the hand-written project shows it. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = defaults;

/**
 * Blocks that the provider reads though nobody said them: those of a bucket have resources of their own now, an owner's grant
 * and an EKS cluster's network are AWS's.
 */
const READ_ONLY: Readonly<Record<string, RegExp>> = {
  aws_s3_bucket:
    /^(grant|versioning|lifecycle_rule|server_side_encryption_configuration|logging|cors_rule|website)$/,
  aws_eks_cluster: /^kubernetes_network_config$/,
};

/** Attributes whose values are nobody's business here: they are neither compared nor written anywhere. */
const SECRET = /(password|secret|token|access_key|private_key)$/;

/** Compares a root with a state, attribute by attribute, offline. */
export function parityOf(root: StackJson, state: State, variables: Record<string, unknown>): Parity {
  const lookup = lookupIn(state, { ...declaredDefaults(root), ...variables });
  const addresses = compareAddresses(root, state, lookup);
  const differences = managed(root).flatMap(({ address, type, body }) =>
    instances(address, body, lookup).flatMap((instance) => {
      const attributes = attributesOf(state, instance.address);
      const schema = resourceSchema(type);
      if (!attributes || !schema) return [];
      return [
        ...compareBlock(instance.address, "", body, attributes, schema, instance.lookup),
        ...unset(instance.address, body, attributes, schema).filter(
          ({ attribute, expected }) =>
            !READ_ONLY[type]?.test(attribute) && !isDeepStrictEqual(DEFAULTS[type]?.[attribute], expected),
        ),
        ...compareTagsAll(root, instance.address, body, attributes, instance.lookup),
      ];
    }),
  );
  return {
    differences: [...differences, ...compareOutputs(root, state, lookup)].filter(
      ({ attribute }) => !SECRET.test(attribute),
    ),
    foreign: addresses.filter(({ got }) => got === "none").map(({ address }) => address),
    created: addresses.filter(({ got }) => got === "one").map(({ address }) => address),
    compared: managed(root).flatMap(({ address, body }) => instances(address, body, lookup)).length,
  };
}

/** The values of a root's variables that nobody set. */
function declaredDefaults(root: StackJson): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(root.variable ?? {}).map(([name, variable]) => [name, variable.default ?? ""]),
  );
}

/** What differences become in the overrides' file; those that cannot be said there are left. */
export interface Patch {
  readonly patch: JsonObject;
  readonly left: readonly Difference[];
}

/** Makes the overrides with which a root equals the state. */
export function patchFor(differences: readonly Difference[], state: State): Patch {
  const patch: JsonObject = {};
  const left: Difference[] = [];
  for (const difference of differences) {
    const { address, attribute, expected } = difference;
    const [type = "", name = ""] = address.split(".");
    const schema = type === "output" ? undefined : resourceSchema(type);
    const isInstance = address.includes("[");
    if (type === "output") {
      put(patch, ["output", name], expected === undefined ? null : { value: expected as Json });
    } else if (!schema || isInstance) {
      left.push(difference);
    } else {
      const attributes = attributesOf(state, address) ?? {};
      const steps = attribute === "tags_all" ? ["tags"] : attribute.split(".");
      const said = say(steps, attributes, schema);
      if (said === undefined) left.push(difference);
      else put(patch, ["resource", type, name, ...said.path], said.value);
    }
  }
  return { patch, left };
}

/** The shortest path that a merge can reach, and the state's value there in the words of a configuration. */
function say(
  steps: readonly string[],
  attributes: JsonObject,
  schema: BlockSchema,
): { path: string[]; value: Json } | undefined {
  const [step = "", ...rest] = steps;
  const block = schema.block_types?.[step];
  const value = attributes[step];
  if (!block) {
    // A number or a text that stands for nothing is what the provider reads of an argument that nobody set.
    const isSilence = typeof value !== "boolean" && !standsForSomething(value);
    return value === undefined ? undefined : { path: [step], value: isSilence ? null : value };
  }
  const blocks = (value ?? []) as JsonObject[];
  const [only] = blocks;
  // One block in a list is merged into; of several the whole list is said.
  if (rest.length > 1 && blocks.length === 1 && only && block.nesting_mode !== "set") {
    const inner = say(rest.slice(1), only, block.block);
    return inner && { path: [step, ...inner.path], value: inner.value };
  }
  return { path: [step], value: blocks.map((one) => configured(one, block.block)) };
}

/** A block of the state, without what only the provider sets and without values that stand for nothing. */
function configured(block: JsonObject, schema: BlockSchema): JsonObject {
  const own = Object.entries(schema.attributes ?? {})
    .filter(([, { optional, required }]) => optional || required)
    .filter(([name, { required }]) => required || standsForSomething(block[name]))
    .map(([name]) => [name, block[name] ?? null] as const);
  const nested = Object.entries(schema.block_types ?? {})
    .filter(([name]) => standsForSomething(block[name]))
    .map(
      ([name, { block: inner }]) =>
        [name, ((block[name] ?? []) as JsonObject[]).map((one) => configured(one, inner))] as const,
    );
  return Object.fromEntries([...own, ...nested]);
}

/** Puts a value at a path, mappings made on the way. */
export function put(target: JsonObject, path: readonly string[], value: Json): void {
  const parent = path.slice(0, -1).reduce<JsonObject>((node, step) => {
    if (typeof node[step] !== "object" || node[step] === null || Array.isArray(node[step])) node[step] = {};
    return node[step] as JsonObject;
  }, target);
  parent[path.at(-1) ?? ""] = value;
}
