import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What `terraform providers schema -json` says of an attribute. */
interface AttributeSchema {
  readonly type: string | [string, unknown];
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
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
  readonly resource_schemas: Record<string, { readonly block: BlockSchema }>;
  readonly data_source_schemas: Record<string, { readonly block: BlockSchema }>;
}

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
