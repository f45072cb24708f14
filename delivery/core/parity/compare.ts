import { isDeepStrictEqual } from "node:util";
import { evaluate, type Lookup, type Step } from "./expression.ts";
import type { BlockSchema } from "./provider-schema.ts";
import type { JsonObject, StackJson } from "./stack-json.ts";

/** One thing in which a synthesized root differs from the live environment. */
export interface Difference {
  /** `aws_kinesis_stream.logs`, `aws_eks_access_entry.team_members["arn:…"]`, `output.eks_cluster_name`, … */
  readonly address: string;
  /** Path inside it, such as `vpc_config.0.subnet_ids`; empty for the address itself. */
  readonly attribute: string;
  readonly expected: unknown;
  readonly got: unknown;
}

/** A Terraform state, as far as it is compared. */
export interface State {
  readonly outputs: Record<string, { value: unknown; sensitive?: boolean | undefined }>;
  readonly resources: readonly {
    readonly mode: "managed" | "data";
    readonly type: string;
    readonly name: string;
    readonly instances: readonly { readonly index_key?: string; readonly attributes: JsonObject }[];
  }[];
}

const META_ARGUMENTS = new Set(["//", "for_each", "depends_on", "lifecycle", "provider"]);

export function managed(root: StackJson) {
  return Object.entries(root.resource ?? {}).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, body]) => ({ address: `${type}.${name}`, type, body })),
  );
}

/** References resolve to the state's attributes and to the users' variables. */
export function lookupIn(state: State, variables: Record<string, unknown>): Lookup {
  const walk = (value: unknown, steps: readonly Step[], path: readonly Step[]) =>
    steps.reduce<unknown>((current, step) => {
      const next = (current as Record<Step, unknown> | null | undefined)?.[step];
      if (next === undefined) throw new Error(`the state has no ${path.join(".")}`);
      return next;
    }, value);
  return (path) => {
    if (path[0] === "var") return walk(variables, path.slice(1), path);
    const isData = path[0] === "data";
    const [type, name, ...rest] = isData ? path.slice(1) : path;
    const resource = state.resources.find(
      (one) => one.type === type && one.name === name && (one.mode === "data") === isData,
    );
    return walk(resource?.instances[0]?.attributes, rest, path);
  };
}

export function instances(address: string, body: JsonObject, lookup: Lookup) {
  if (body.for_each === undefined) return [{ address, lookup }];
  const keys = evaluate(body.for_each, lookup);
  // What is no set makes no instance; the state's are then missing.
  return (Array.isArray(keys) ? keys : []).map((key: string) => ({
    address: `${address}[${JSON.stringify(key)}]`,
    lookup: ((path) => (path[0] === "each" ? key : lookup(path))) as Lookup,
  }));
}

function stateAddresses(state: State): Map<string, JsonObject> {
  return new Map(
    state.resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ type, name, instances }) =>
        instances.map(({ index_key, attributes }) => [
          `${type}.${name}${index_key === undefined ? "" : `[${JSON.stringify(index_key)}]`}`,
          attributes,
        ]),
      ),
  );
}

export const attributesOf = (state: State, address: string) => stateAddresses(state).get(address);

export function compareAddresses(root: StackJson, state: State, lookup: Lookup): Difference[] {
  const synthesized = new Set(
    managed(root).flatMap(({ address, body }) => instances(address, body, lookup).map((one) => one.address)),
  );
  const live = stateAddresses(state);
  return [
    ...[...live.keys()]
      .filter((address) => !synthesized.has(address))
      .map((address) => ({ address, attribute: "", expected: "a resource", got: "none" })),
    ...[...synthesized]
      .filter((address) => !live.has(address))
      .map((address) => ({ address, attribute: "", expected: "no resource", got: "one" })),
  ];
}

/** Compares every argument that is set, blocks at any depth, with the state. */
export function compareBlock(
  address: string,
  path: string,
  body: JsonObject,
  attributes: JsonObject,
  schema: BlockSchema,
  lookup: Lookup,
): Difference[] {
  return Object.entries(body).flatMap(([name, value]): Difference[] => {
    if (path === "" && META_ARGUMENTS.has(name)) return [];
    const attribute = path === "" ? name : `${path}.${name}`;
    const block = schema.block_types?.[name];
    if (block) {
      const ours = (Array.isArray(value) ? value : [value]) as JsonObject[];
      const live = [attributes[name] ?? []].flat() as JsonObject[];
      const difference = { address, attribute, expected: live, got: ours };
      if (ours.length !== live.length) return [difference];
      if (block.nesting_mode === "set") {
        // A set has no order: each of ours must be one of theirs.
        const fits = (one: JsonObject, other: JsonObject) =>
          compareBlock(address, attribute, one, other, block.block, lookup).length === 0;
        return ours.every((one) => live.some((other) => fits(one, other))) ? [] : [difference];
      }
      return ours.flatMap((one, index) =>
        compareBlock(address, `${attribute}.${index}`, one, live[index] ?? {}, block.block, lookup),
      );
    }
    const type = schema.attributes?.[name]?.type;
    if (type === undefined)
      return [{ address, attribute, expected: "an argument of the provider", got: value }];
    const expected = attributes[name];
    const got = evaluated(value, lookup);
    return sameValue(got, expected, type) ? [] : [{ address, attribute, expected, got }];
  });
}

function sameValue(got: unknown, expected: unknown, type: string | [string, unknown]): boolean {
  if (Array.isArray(type) && type[0] === "set") {
    const sorted = (value: unknown) => [...(Array.isArray(value) ? value : [])].map(String).sort();
    return isDeepStrictEqual(sorted(got), sorted(expected));
  }
  if (typeof got === "string" && typeof expected === "string") {
    return got === expected || sameDocument(got, expected) || sameUrl(got, expected);
  }
  return isDeepStrictEqual(got, expected);
}

/** The OIDC provider keeps its issuer without the scheme. */
const sameUrl = (got: string, expected: string) => got === `https://${expected}`;

/** JSON documents by meaning: in a policy, lists have no order and a list of one is its element. */
function sameDocument(got: string, expected: string): boolean {
  const meaning = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      const items = value.map(meaning);
      return items.length === 1 ? items[0] : items.map((item) => JSON.stringify(item)).sort();
    }
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, child]) => [key, meaning(child)]),
    );
  };
  try {
    const [ours, theirs] = [JSON.parse(got), JSON.parse(expected)];
    return typeof theirs === "object" && isDeepStrictEqual(meaning(ours), meaning(theirs));
  } catch {
    return false;
  }
}

export function compareTagsAll(
  root: StackJson,
  address: string,
  body: JsonObject,
  attributes: JsonObject,
  lookup: Lookup,
): Difference[] {
  if (!attributes.tags_all) return [];
  const defaults = (root.provider?.aws?.[0]?.default_tags as JsonObject[] | undefined)?.[0]?.tags;
  const got = evaluate({ ...(defaults as JsonObject), ...(body.tags as JsonObject) }, lookup);
  const expected = attributes.tags_all;
  return isDeepStrictEqual(got, expected) ? [] : [{ address, attribute: "tags_all", expected, got }];
}

export function compareOutputs(root: StackJson, state: State, lookup: Lookup): Difference[] {
  const names = new Set([...Object.keys(root.output ?? {}), ...Object.keys(state.outputs)]);
  return [...names].flatMap((name) => {
    const expected = state.outputs[name]?.value;
    const ours = root.output?.[name];
    const got = ours && evaluated(ours.value ?? null, lookup);
    return isDeepStrictEqual(got, expected)
      ? []
      : [{ address: `output.${name}`, attribute: "value", expected, got }];
  });
}

/** An output of what the state has not has no value, which differs from any. */
function evaluated(value: unknown, lookup: Lookup): unknown {
  try {
    return evaluate(value, lookup);
  } catch (error) {
    return `${JSON.stringify(value)}: ${String(error)}`;
  }
}

/**
 * Arguments that the schema calls computed, and that silence doesn't keep: those of a lifecycle are put back to nothing. Of a domain the
 * provider notes its options only where the text says them.
 */
const NOT_KEPT = /^(aws_s3_bucket_lifecycle_configuration\..*|aws_opensearch_domain\.\w+ advanced_options)$/;

/**
 * What the state has and the synthesized body doesn't say, where Terraform would take silence for a change: arguments that the
 * provider doesn't compute, and blocks. Values that stand for nothing ("", false, 0, an empty list) are left out.
 */
export function unset(
  address: string,
  body: JsonObject,
  attributes: JsonObject,
  schema: BlockSchema,
  path = "",
): Difference[] {
  const at = (name: string) => (path === "" ? name : `${path}.${name}`);
  const own = Object.entries(schema.attributes ?? {})
    .filter(
      ([name, { optional, computed }]) => optional && (!computed || NOT_KEPT.test(`${address} ${at(name)}`)),
    )
    .filter(([name]) => name !== "tags" && !(name in body))
    .filter(([name]) => standsForSomething(attributes[name]))
    .map(([name]) => ({ address, attribute: at(name), expected: attributes[name], got: undefined }));
  const blocks = Object.entries(schema.block_types ?? {}).flatMap(([name, { block, nesting_mode }]) => {
    const live = [attributes[name] ?? []].flat() as JsonObject[];
    if (!(name in body)) {
      return live.some(standsForSomething)
        ? [{ address, attribute: at(name), expected: live, got: undefined }]
        : [];
    }
    const ours = (Array.isArray(body[name]) ? body[name] : [body[name]]) as JsonObject[];
    // Which of a set's several blocks is which is not known; a length that differs is a difference already.
    if ((nesting_mode === "set" && live.length > 1) || ours.length !== live.length) return [];
    return ours.flatMap((one, index) =>
      unset(address, one, live[index] ?? {}, block, `${at(name)}.${index}`),
    );
  });
  return [...own, ...blocks];
}

/** Whether a value says more than its absence would. */
export function standsForSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(standsForSomething);
  if (typeof value === "object" && value !== null) return Object.values(value).some(standsForSomething);
  return value !== undefined && value !== null && value !== "" && value !== false && value !== 0;
}
