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
import { type BlockSchema, stateSchema } from "../../core/parity/provider-schema.ts";
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

/** What a provider newer than 5.46 fills in besides. */
const NEWER_DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  aws_eks_cluster: { bootstrap_self_managed_addons: true },
  aws_s3_bucket_lifecycle_configuration: {
    transition_default_minimum_object_size: "all_storage_classes_128K",
  },
};

/** What is on where nobody says anything: a false that the state has needs saying, or a cluster would be replaced. */
const ON_BY_DEFAULT: Readonly<Record<string, string>> = { aws_eks_cluster: "bootstrap_self_managed_addons" };

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
      const schema = stateSchema(type);
      if (!attributes || !schema) return [];
      return [
        ...compareBlock(instance.address, "", body, attributes, schema, instance.lookup),
        ...unset(instance.address, body, attributes, schema).filter(
          ({ attribute, expected }) =>
            !READ_ONLY[type]?.test(attribute) &&
            !isDeepStrictEqual(DEFAULTS[type]?.[attribute], expected) &&
            !isDeepStrictEqual(NEWER_DEFAULTS[type]?.[attribute], expected),
        ),
        ...[ON_BY_DEFAULT[type] ?? ""]
          .filter((attribute) => attributes[attribute] === false && !(attribute in body))
          .map((attribute) => ({
            ...{ address: instance.address, attribute, expected: false },
            got: undefined,
          })),
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
export function patchFor(root: StackJson, differences: readonly Difference[], state: State): Patch {
  const patch: JsonObject = {};
  const left: Difference[] = [];
  for (const difference of differences) {
    const { address, attribute, expected } = difference;
    const [type = "", name = ""] = address.split(/[.[]/);
    if (type === "output") {
      // What a state hides has no place in Git.
      if (state.outputs[name]?.sensitive) left.push(difference);
      else put(patch, ["output", name], expected === undefined ? null : { value: literal(expected as Json) });
      continue;
    }
    const steps = attribute === "tags_all" ? ["tags"] : attribute.split(".");
    const said = sayInAll(root, { type, name, steps }, state);
    if (said === undefined) left.push(difference);
    else put(patch, ["resource", type, name, ...said.path], said.value);
  }
  return { patch, left };
}

/** What the state says at a path of a resource: of one with `for_each`, what each instance has by its key. */
function sayInAll(
  root: StackJson,
  { type, name, steps }: { type: string; name: string; steps: readonly string[] },
  state: State,
): { path: string[]; value: Json } | undefined {
  const schema = stateSchema(type);
  const live = state.resources.find(
    (one) => one.mode === "managed" && one.type === type && one.name === name,
  );
  if (!schema || !live) return undefined;
  const said = live.instances.map(({ index_key, attributes }) => ({
    key: index_key,
    said: say(steps, attributes, schema),
  }));
  const [first] = said;
  const path = first?.said?.path;
  if (!first?.said || path === undefined) return undefined;
  if (said.some((one) => one.key === undefined)) return { path, value: literal(first.said.value) };
  const isSamePath = said.every((one) => isDeepStrictEqual(one.said?.path, path));
  if (!isSamePath) return undefined;
  if (said.every((one) => isDeepStrictEqual(one.said?.value, first.said?.value))) {
    return { path, value: literal(first.said.value) };
  }
  const own = path.reduce<Json | undefined>(
    (node, step) => (only(node) as JsonObject | undefined)?.[step],
    root.resource?.[type]?.[name],
  );
  const byKey = Object.fromEntries(said.map((one) => [one.key ?? "", one.said?.value ?? null]));
  // A member who comes later has what the configuration says.
  const otherwise = typeof own === "string" ? JSON.stringify(own) : "null";
  return { path, value: `\${lookup(${literal(JSON.stringify(byKey))}, each.key, ${otherwise})}` };
}

const only = (value: Json | undefined) => (Array.isArray(value) && value.length === 1 ? value[0] : value);

/** A value that stands for itself where templates are read: `${aws:username}` of a policy is no reference. */
function literal<T extends Json>(value: T): T {
  if (typeof value === "string") return value.replaceAll(/[$%](?=\{)/g, (sign) => sign + sign) as T;
  if (Array.isArray(value)) return value.map(literal) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, literal(child)])) as T;
}

/**
 * Takes out what the state hasn't, where nothing that stays refers to it: such as an attachment that somebody removed by hand.
 *
 * @param created addresses.
 */
export function patchWithout(root: StackJson, created: readonly string[]): JsonObject {
  const referred = (address: string, text: string) =>
    new RegExp(`(?<![\\w.-])${address.replaceAll(".", "\\.")}(?![\\w-])`).test(text);
  const bodies = managed(root).map(({ address, body: { depends_on, ...body } }) => ({
    address,
    text: JSON.stringify(body),
    needs: (depends_on ?? []) as string[],
  }));
  const rest = JSON.stringify([root.output ?? {}, root.data ?? {}, root.provider ?? {}]);
  let gone = created.filter((address) => !address.includes("["));
  for (;;) {
    const kept = bodies.filter(({ address }) => !gone.includes(address));
    const left = gone.filter(
      (address) => !referred(address, rest) && !kept.some(({ text }) => referred(address, text)),
    );
    if (left.length === gone.length) break;
    gone = left;
  }
  const patch: JsonObject = {};
  for (const address of gone) put(patch, ["resource", ...address.split(".")], null);
  for (const { address, needs } of bodies) {
    const left = needs.filter((one) => !gone.includes(one));
    if (!gone.includes(address) && left.length < needs.length) {
      put(patch, ["resource", ...address.split("."), "depends_on"], left.length > 0 ? left : null);
    }
  }
  return patch;
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
    if (value === undefined || schema.attributes?.[step]?.sensitive) return undefined;
    // A number or a text that stands for nothing is what the provider reads of an argument that nobody set.
    const isSilence = typeof value !== "boolean" && !standsForSomething(value);
    return { path: [step], value: isSilence ? null : value };
  }
  const blocks = [value ?? []].flat() as JsonObject[];
  const [only] = blocks;
  // One block in a list is merged into; of several the whole list is said.
  if (rest.length > 1 && blocks.length === 1 && only && block.nesting_mode !== "set") {
    const inner = say(rest.slice(1), only, block.block);
    return inner && { path: [step, ...inner.path], value: inner.value };
  }
  if (blocks.some((one) => holdsSecret(one, block.block))) return undefined;
  return {
    path: [step],
    value: blocks.length === 0 ? null : blocks.map((one) => configured(one, block.block)),
  };
}

function holdsSecret(block: JsonObject, schema: BlockSchema): boolean {
  return (
    Object.entries(schema.attributes ?? {}).some(([name, { sensitive }]) => sensitive && block[name]) ||
    Object.entries(schema.block_types ?? {}).some(([name, { block: inner }]) =>
      ((block[name] ?? []) as JsonObject[]).some((one) => holdsSecret(one, inner)),
    )
  );
}

/** A block of the state, without what only the provider sets and without values that stand for nothing. */
function configured(block: JsonObject, schema: BlockSchema): JsonObject {
  const own = Object.entries(schema.attributes ?? {})
    .filter(([, { optional, required }]) => optional || required)
    .filter(([name, { required }]) => required || standsForSomething(block[name]))
    .map(([name]) => [name, block[name] ?? null] as const);
  // A filter of nothing is the whole bucket's, and none is no filter.
  if (isWholeFilter(block, schema)) return { prefix: "" };
  const nested = Object.entries(schema.block_types ?? {})
    .filter(
      ([name, { block: inner }]) =>
        standsForSomething(block[name]) ||
        ((block[name] ?? []) as JsonObject[]).some((one) => isWholeFilter(one, inner)),
    )
    .map(
      ([name, { block: inner }]) =>
        [name, ((block[name] ?? []) as JsonObject[]).map((one) => configured(one, inner))] as const,
    );
  return Object.fromEntries([...own, ...nested]);
}

const isWholeFilter = (block: JsonObject, { attributes }: BlockSchema) =>
  attributes?.object_size_less_than !== undefined && !standsForSomething(block);

/** Two patches as one: what the second says goes first, and a null goes on to remove. */
export function joined(first: JsonObject, second: JsonObject): JsonObject {
  const result = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const before = result[key];
    result[key] = isMapping(before) && isMapping(value) ? joined(before, value) : value;
  }
  return result;
}

const isMapping = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Puts a value at a path, mappings made on the way. */
export function put(target: JsonObject, path: readonly string[], value: Json): void {
  const parent = path.slice(0, -1).reduce<JsonObject>((node, step) => {
    if (typeof node[step] !== "object" || node[step] === null || Array.isArray(node[step])) node[step] = {};
    return node[step] as JsonObject;
  }, target);
  parent[path.at(-1) ?? ""] = value;
}
