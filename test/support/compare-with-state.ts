import { isDeepStrictEqual } from "node:util";
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
} from "../../delivery/core/parity/compare.ts";
import { referencesIn } from "../../delivery/core/parity/expression.ts";
import { resourceSchema } from "../../delivery/core/parity/provider-schema.ts";
import type { Json, JsonObject, StackJson } from "./synth.ts";

export type { State } from "../../delivery/core/parity/compare.ts";

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
