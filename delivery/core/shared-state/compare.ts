import { z } from "zod";
import { isOwn } from "./own.ts";

const attributesSchema = z.record(z.string(), z.unknown());
const resourceSchema = z.looseObject({
  module: z.string().optional(),
  mode: z.string(),
  type: z.string(),
  name: z.string(),
  instances: z
    .array(
      z.looseObject({
        index_key: z.union([z.string(), z.number()]).optional(),
        attributes: attributesSchema.nullish().transform((given) => given ?? {}),
      }),
    )
    .default([]),
});
const tagsSchema = z.record(z.string(), z.string()).nullish().catch(undefined);

/** A `cdk.tf.json`, as far as it is compared with a state. */
export const configurationSchema = z.looseObject({
  provider: z
    .looseObject({
      aws: z
        .array(
          z.looseObject({
            default_tags: z.array(z.looseObject({ tags: z.record(z.string(), z.string()) })).optional(),
          }),
        )
        .optional(),
    })
    .default({}),
  resource: z.record(z.string(), z.record(z.string(), attributesSchema)).default({}),
  removed: z.array(z.looseObject({ from: z.string() })).optional(),
});
export type Configuration = z.output<typeof configurationSchema>;

/** The variables of the shared state as they would be planned with. */
export interface SharedVariables {
  readonly project_name: string;
  readonly environment: string;
  readonly aws_region: string;
  readonly team_members_arns: readonly string[];
}

export interface SharedDifferences {
  /** Another project, environment or region: each object would be destroyed and made anew. */
  readonly stops: readonly string[];
  /** Whatever else differs, a line each. */
  readonly others: readonly string[];
}

type StateResource = z.output<typeof resourceSchema>;

/**
 * Compares what a configuration is of with what the one state of the layout `shared` is of, before anything is planned: project by the
 * names that contain it, region by the objects' ARNs, environment by the tag `Environment`, then `for_each` keys, objects and tags.
 * What the state says nothing of is not compared.
 *
 * @param resources the state's `resources`.
 */
export function compareWithShared(
  configuration: Configuration,
  variables: SharedVariables,
  resources: readonly unknown[],
): SharedDifferences {
  const managed = resources.flatMap((one) => {
    const parsed = resourceSchema.safeParse(one);
    return parsed.success && parsed.data.mode === "managed" && parsed.data.module === undefined
      ? [parsed.data]
      : [];
  });
  if (managed.length === 0) return { stops: [], others: [] };
  // What a user has beside them may be of any project and region; after a move to stacks only that is left.
  const own = managed.filter(isOwn);
  const identity = [
    ["project", variables.project_name, mostFrequent(projects(configuration, own, variables.project_name))],
    ["environment", variables.environment, mostFrequent(tagValues(own, "Environment"))],
    ["region", variables.aws_region, mostFrequent(regions(own))],
  ] as const;
  return {
    stops: identity
      .filter(([, given, found]) => found !== undefined && found !== given)
      .map(([key, given, found]) => `${key}: given ${given}; the state is of ${found}`),
    others: [
      ...keyDifferences(configuration, variables, managed),
      ...objectDifferences(configuration, managed),
      ...tagDifferences(configuration, variables, managed),
    ],
  };
}

const addressOf = ({ type, name }: Pick<StateResource, "type" | "name">) => `${type}.${name}`;
const attributesOf = (managed: readonly StateResource[]) =>
  managed.flatMap(({ instances }) => instances.map(({ attributes }) => attributes));

/** Of each name that begins with the project in the configuration: what stands there in the state. */
function projects(configuration: Configuration, managed: readonly StateResource[], given: string): string[] {
  return managed.flatMap((resource) => {
    const body = configuration.resource[resource.type]?.[resource.name] ?? {};
    return Object.entries(body).flatMap(([attribute, template]) => {
      if (typeof template !== "string" || !template.startsWith("${var.project_name}")) return [];
      // What other references stand for is not known.
      const source = template
        .slice("${var.project_name}".length)
        .split(/\$\{[^}]*\}/)
        .map(literal)
        .join(".+");
      // `x1-telemetry-0` is of x1 and of x1-telemetry where `-` and something unknown follow the project: the given one is asked first.
      const patterns = [new RegExp(`^(${literal(given)})${source}$`), new RegExp(`^(.+?)${source}$`)];
      return attributesOf([resource]).flatMap((attributes) => {
        const value = String(attributes[attribute] ?? "");
        const project = patterns.map((pattern) => pattern.exec(value)?.[1]).find((one) => one !== undefined);
        return project === undefined ? [] : [project];
      });
    });
  });
}

const literal = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");

function regions(managed: readonly StateResource[]): string[] {
  return attributesOf(managed).flatMap(({ arn }) => {
    const region = typeof arn === "string" ? arn.split(":")[3] : undefined;
    return region ? [region] : [];
  });
}

function tagValues(managed: readonly StateResource[], key: string): string[] {
  return attributesOf(managed).flatMap(({ tags_all }) => tagsSchema.parse(tags_all)?.[key] ?? []);
}

function mostFrequent(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** Keys of `for_each = toset(var.…)`: those that go destroy what belongs to them. */
function keyDifferences(
  { resource }: Configuration,
  variables: SharedVariables,
  managed: readonly StateResource[],
): string[] {
  return managed.flatMap((one) => {
    const expression = resource[one.type]?.[one.name]?.for_each;
    const [, name = ""] = /^\$\{toset\(var\.(\w+)\)\}$/.exec(String(expression ?? "")) ?? [];
    const desired: unknown = variables[name as keyof SharedVariables];
    if (!Array.isArray(desired)) return [];
    const held = one.instances.map(({ index_key }) => String(index_key));
    return [
      ...held
        .filter((key) => !desired.includes(key))
        .map((key) => `${addressOf(one)}: the state has the key ${key}, the configuration (team) has not`),
      ...desired
        .filter((key) => !held.includes(key))
        .map((key) => `${addressOf(one)}: the configuration (team) has the key ${key}, the state has not`),
    ];
  });
}

/** Objects that only one of both has, such as repositories. */
function objectDifferences(
  { resource, removed = [] }: Configuration,
  managed: readonly StateResource[],
): string[] {
  const held = new Set(managed.map(addressOf));
  const desired = Object.entries(resource).flatMap(([type, byName]) =>
    Object.entries(byName).map(([name, body]) => ({
      address: `${type}.${name}`,
      isMany: "for_each" in body,
    })),
  );
  // What goes to another state is meant to be forgotten.
  const known = new Set([...desired.map(({ address }) => address), ...removed.map(({ from }) => from)]);
  return [
    ...managed
      .filter((one) => !known.has(addressOf(one)))
      .map((one) => `${addressOf(one)}${nameIn(one)} is in the state and not in the configuration`),
    ...desired
      // What has keys is listed by its keys.
      .filter(({ address, isMany }) => !held.has(address) && !isMany)
      .map(({ address }) => `${address} is in the configuration and not in the state`),
  ];
}

function nameIn({ instances }: StateResource): string {
  const { name, bucket, id } = instances[0]?.attributes ?? {};
  const found = [name, bucket, id].find((value) => typeof value === "string" && value !== "");
  return found === undefined ? "" : ` (${found})`;
}

/** The provider's default tags, which the state has in `tags_all` beside each object's own. */
function tagDifferences(
  { provider }: Configuration,
  { environment }: SharedVariables,
  managed: readonly StateResource[],
): string[] {
  const desired = new Map(
    Object.entries(provider.aws?.[0]?.default_tags?.[0]?.tags ?? {}).map(([key, value]) => [
      key,
      value.replaceAll("${var.environment}", environment),
    ]),
  );
  const held = new Map<string, string[]>();
  let tagged = 0;
  for (const attributes of attributesOf(managed)) {
    const all = tagsSchema.parse(attributes.tags_all);
    if (!all) continue;
    tagged++;
    const own = tagsSchema.parse(attributes.tags) ?? {};
    for (const [key, value] of Object.entries(all)) {
      if (!(key in own)) held.set(key, [...(held.get(key) ?? []), value]);
    }
  }
  if (tagged === 0) return [];
  return [...new Set([...desired.keys(), ...held.keys()])].sort().flatMap((key) => {
    const before = mostFrequent(held.get(key) ?? []);
    const after = desired.get(key);
    if (before === after) return [];
    const said = (value: string | undefined) => (value === undefined ? "nothing" : JSON.stringify(value));
    return [`tag ${key}: the state has ${said(before)}, the configuration ${said(after)}`];
  });
}
