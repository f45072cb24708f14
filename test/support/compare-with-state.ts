import { isDeepStrictEqual } from "node:util";
import { type BlockSchema, resourceSchema } from "./provider-schema.ts";
import type { Json, JsonObject, StackJson } from "./synth.ts";
import { evaluate, type Lookup, referencesIn, type Step } from "./terraform-expression.ts";

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
  readonly outputs: Record<string, { value: unknown }>;
  readonly resources: readonly {
    readonly mode: "managed" | "data";
    readonly type: string;
    readonly name: string;
    readonly instances: readonly { readonly index_key?: string; readonly attributes: JsonObject }[];
  }[];
}

/** What the hand-written project sets, from the `configuration` of a plan of it, and its users' variables. */
export interface LegacyConfiguration {
  readonly variables: Record<string, unknown>;
  readonly declarations: Record<string, { default?: unknown; sensitive?: boolean }>;
  readonly provider_config: { aws: { version_constraint: string; expressions: Expressions } };
  readonly outputs: Record<string, unknown>;
  readonly resources: Record<string, LegacyResource>;
}

interface LegacyResource {
  readonly expressions?: Expressions;
  readonly for_each_expression?: { references: string[] };
  readonly depends_on?: string[];
}

type Expressions = { [argument: string]: Expression | Expressions[] };
type Expression = { constant_value?: Json; references?: string[] };

const META_ARGUMENTS = new Set(["//", "for_each", "depends_on"]);

/** Every difference between a synthesized root and the live environment; none means an empty plan. */
export function compareWithState(root: StackJson, state: State, legacy: LegacyConfiguration): Difference[] {
  const lookup = lookupIn(state, legacy.variables);
  return [
    ...compareAddresses(root, state, lookup),
    ...managed(root).flatMap(({ address, type, body }) => {
      const original = legacy.resources[address] ?? {};
      return [
        ...compareReferences(address, body, original),
        ...instances(address, body, lookup).flatMap((instance) => {
          const attributes = attributesOf(state, instance.address);
          const schema = resourceSchema(type);
          if (!attributes || !schema) return [];
          return compareBlock(instance.address, "", body, attributes, schema, instance.lookup).concat(
            compareTagsAll(root, instance.address, body, attributes, instance.lookup),
          );
        }),
      ];
    }),
    ...compareData(root, legacy),
    ...compareProvider(root, legacy),
    ...compareVariables(root, legacy),
    ...compareOutputs(root, state, lookup),
  ];
}

function managed(root: StackJson) {
  return Object.entries(root.resource ?? {}).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, body]) => ({ address: `${type}.${name}`, type, body })),
  );
}

/** References resolve to the state's attributes and to the users' variables. */
function lookupIn(state: State, variables: Record<string, unknown>): Lookup {
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

function instances(address: string, body: JsonObject, lookup: Lookup) {
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

const attributesOf = (state: State, address: string) => stateAddresses(state).get(address);

function compareAddresses(root: StackJson, state: State, lookup: Lookup): Difference[] {
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
function compareBlock(
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
      const live = (attributes[name] ?? []) as JsonObject[];
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
    try {
      const got = evaluate(value, lookup);
      return sameValue(got, expected, type) ? [] : [{ address, attribute, expected, got }];
    } catch (error) {
      return [{ address, attribute, expected, got: `${JSON.stringify(value)}: ${String(error)}` }];
    }
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

/** Which arguments are set, and what each refers to, equals the hand-written project. */
function compareReferences(address: string, body: JsonObject, original: LegacyResource): Difference[] {
  const differences: Difference[] = [];
  const expect = (attribute: string, expected: readonly string[], got: Iterable<string>) => {
    const [want, have] = [[...new Set(expected)].sort(), [...got].sort()];
    if (!isDeepStrictEqual(want, have)) differences.push({ address, attribute, expected: want, got: have });
  };
  const walk = (path: string, expressions: Expressions, value: JsonObject | undefined) => {
    for (const [name, expression] of Object.entries(expressions)) {
      const attribute = path === "" ? name : `${path}.${name}`;
      const ours = value?.[name];
      if (ours === undefined) {
        differences.push({ address, attribute, expected: "to be set", got: "not set" });
      } else if (Array.isArray(expression)) {
        const blocks = (Array.isArray(ours) ? ours : [ours]) as JsonObject[];
        expression.forEach((block, index) => {
          walk(`${attribute}.${index}`, block, blocks[index]);
        });
      } else {
        expect(attribute, attributesReferredTo(expression.references), referencesIn(ours));
      }
    }
  };
  walk("", original.expressions ?? {}, body);
  expect(
    "for_each",
    attributesReferredTo(original.for_each_expression?.references),
    referencesIn(body.for_each ?? ""),
  );
  expect("depends_on", original.depends_on ?? [], (body.depends_on ?? []) as string[]);
  return differences;
}

/** A plan lists `a.b.c[0].d` together with all that it begins with; only the whole counts. */
function attributesReferredTo(references: readonly string[] = []): string[] {
  const plain = references.map((reference) => reference.replaceAll(/\[\d+\]/g, ""));
  return plain.filter((one) => !plain.some((other) => other.startsWith(`${one}.`)));
}

function compareTagsAll(
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

/** Data sources are read anew by each plan, so their arguments are compared with the hand-written ones. */
function compareData(root: StackJson, legacy: LegacyConfiguration): Difference[] {
  return Object.entries(legacy.resources)
    .filter(([address]) => address.startsWith("data."))
    .flatMap(([address, original]) => {
      const [, type = "", name = ""] = address.split(".");
      const body = root.data?.[type]?.[name];
      if (!body) return [{ address, attribute: "", expected: "a data source", got: "none" }];
      return compareReferences(address, body, original).concat(
        constants(address, original.expressions ?? {}, body),
      );
    });
}

function constants(address: string, expressions: Expressions, body: JsonObject): Difference[] {
  return Object.entries(expressions).flatMap(([attribute, expression]) => {
    if (Array.isArray(expression)) {
      return expression.flatMap((block, index) =>
        constants(
          address,
          block,
          ((body[attribute] as JsonObject[] | undefined)?.[index] ?? {}) as JsonObject,
        ),
      );
    }
    const { constant_value: expected } = expression;
    const got = body[attribute];
    return expected === undefined || isDeepStrictEqual(got, expected)
      ? []
      : [{ address, attribute, expected, got }];
  });
}

function compareProvider(root: StackJson, { provider_config: { aws } }: LegacyConfiguration): Difference[] {
  const address = "provider.aws";
  const body = root.provider?.aws?.[0] ?? {};
  const version = root.terraform.required_providers.aws?.version;
  const unknown = Object.keys(body).filter((argument) => !(argument in aws.expressions));
  return [
    ...(version === aws.version_constraint
      ? []
      : [{ address, attribute: "version", expected: aws.version_constraint, got: version }]),
    ...unknown.map((attribute) => ({ address, attribute, expected: "not set", got: body[attribute] })),
    ...compareReferences(address, body, { expressions: aws.expressions }),
    ...constants(address, aws.expressions, body),
  ];
}

function compareVariables(root: StackJson, { declarations }: LegacyConfiguration): Difference[] {
  return Object.entries(declarations).flatMap(([name, declared]): Difference[] => {
    const address = `variable.${name}`;
    const ours = root.variable?.[name];
    if (!ours) return [{ address, attribute: "", expected: "a variable", got: "none" }];
    const differences: Difference[] = [];
    if ((ours.sensitive ?? false) !== (declared.sensitive ?? false)) {
      differences.push({
        address,
        attribute: "sensitive",
        expected: declared.sensitive,
        got: ours.sensitive,
      });
    }
    if ("default" in declared && !isDeepStrictEqual(ours.default, declared.default)) {
      differences.push({ address, attribute: "default", expected: declared.default, got: ours.default });
    }
    return differences;
  });
}

function compareOutputs(root: StackJson, state: State, lookup: Lookup): Difference[] {
  const names = new Set([...Object.keys(root.output ?? {}), ...Object.keys(state.outputs)]);
  return [...names].flatMap((name) => {
    const expected = state.outputs[name]?.value;
    const ours = root.output?.[name];
    const got = ours && evaluate(ours.value, lookup);
    return isDeepStrictEqual(got, expected)
      ? []
      : [{ address: `output.${name}`, attribute: "value", expected, got }];
  });
}
