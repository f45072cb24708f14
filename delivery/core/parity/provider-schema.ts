import { readFileSync } from "node:fs";
import { join } from "node:path";
import semver from "semver";

/** What `terraform providers schema -json` says of an attribute. */
interface AttributeSchema {
  readonly type: string | [string, unknown];
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
}

export interface BlockSchema {
  readonly attributes?: Record<string, AttributeSchema>;
  readonly block_types?: Record<
    string,
    {
      readonly nesting_mode: "list" | "set" | "single";
      readonly block: BlockSchema;
      readonly min_items?: number;
      readonly max_items?: number;
    }
  >;
}

interface ProviderSchema {
  readonly provider: { readonly block: BlockSchema };
  readonly resource_schemas: Record<string, { readonly block: BlockSchema; readonly version: number }>;
  readonly data_source_schemas: Record<string, { readonly block: BlockSchema }>;
}

/** The newest AWS provider 5.x that is known here. */
export const NEWEST_5 = "5.100.0";

const newest: {
  readonly resources: Record<string, { readonly block: BlockSchema; readonly version: number }>;
  /** The schema versions of all types whose version isn't 0. */
  readonly versions: Readonly<Record<string, number>>;
} = JSON.parse(readFileSync(join(import.meta.dirname, "provider-schema-5.100.json"), "utf8"));

/** What a state may have of a resource type: the schema of the newest provider 5.x; undefined for what 01-07 never make. */
export const stateSchema = (type: string): BlockSchema | undefined => newest.resources[type]?.block;

/**
 * The schema version that an AWS provider writes of a type. Between 5.46 and 5.100 nothing is known but both ends, so whatever is newer
 * than 5.46 counts as 5.100.
 *
 * @returns undefined for a type that 5.46's part here doesn't have.
 */
export function schemaVersion(type: string, provider: string): number | undefined {
  if (semver.gt(provider, OLDEST_5)) return newest.versions[type] ?? 0;
  return schemas[`${REGISTRY}aws`]?.resource_schemas[type]?.version;
}

const OLDEST_5 = "5.46.99";
const REGISTRY = "registry.terraform.io/hashicorp/";

const schemas: Record<string, ProviderSchema> = JSON.parse(
  readFileSync(join(import.meta.dirname, "provider-schema.json"), "utf8"),
).provider_schemas;

/**
 * Whoever cut the schema to size left out all that is called `description`, attributes of that name too. These are the
 * ones in the state.
 */
const DESCRIBED = new Set(["aws_iam_policy"]);

/** The schema of the users' provider 5.46 for a resource type; undefined where it has none. */
export function resourceSchema(type: string): BlockSchema | undefined {
  const block = find((provider) => provider.resource_schemas[type]?.block);
  if (!block || !DESCRIBED.has(type)) return block;
  return { ...block, attributes: { ...block.attributes, description: { type: "string", optional: true } } };
}
export const dataSourceSchema = (type: string) =>
  find((provider) => provider.data_source_schemas[type]?.block);
export const providerSchema = (name: string) => schemas[REGISTRY + name]?.provider.block;

function find(pick: (provider: ProviderSchema) => BlockSchema | undefined): BlockSchema | undefined {
  return Object.values(schemas)
    .map(pick)
    .find((block) => block !== undefined);
}
