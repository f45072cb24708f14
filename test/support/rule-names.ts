import type { BlockSchema } from "../../delivery/core/parity/provider-schema.ts";
import type { Rule } from "../../delivery/core/plan-json/in-place-rules.ts";

/** Types of resources by name, as `terraform providers schema -json` has them. */
export type Types = Readonly<Record<string, { readonly block: BlockSchema }>>;

interface Attribute {
  readonly type?: unknown;
  readonly nested_type?: { readonly attributes?: Record<string, Attribute> };
}

/**
 * The rules of AWS's types whose names the provider doesn't know.
 *
 * @param knowsAll whether a type that is not among them does not exist.
 */
export function missingNames(
  rules: readonly Rule[],
  types: Types,
  { knowsAll }: { knowsAll: boolean },
): string[] {
  return rules.flatMap(({ types: names, path }) => {
    const steps = path.split(".");
    if (names.includes("*")) {
      const isAnywhere = Object.values(types).some(({ block }) => leads(steps, block));
      return knowsAll && !isAnywhere ? [`*.${path}`] : [];
    }
    return names
      .filter((name) => name.startsWith("aws_"))
      .flatMap((name) => {
        const type = types[name];
        if (!type) return knowsAll ? [`${name}: no such type`] : [];
        return leads(steps, type.block) ? [] : [`${name}.${path}`];
      });
  });
}

function leads([first, ...rest]: readonly string[], block: BlockSchema): boolean {
  if (first === undefined) return true;
  const matches = (name: string) => first === "*" || first === name;
  const attributes = Object.entries((block.attributes ?? {}) as Record<string, Attribute>);
  if (attributes.some(([name, attribute]) => matches(name) && isWithin(rest, attribute))) return true;
  return Object.entries(block.block_types ?? {}).some(
    ([name, nested]) => matches(name) && leads(rest, nested.block),
  );
}

/** What is within a text, such as a policy, or a map the schema doesn't say. */
function isWithin(rest: readonly string[], { type, nested_type }: Attribute): boolean {
  if (rest.length === 0) return true;
  if (nested_type) {
    return Object.entries(nested_type.attributes ?? {}).some(
      ([name, inner]) => name === rest[0] && isWithin(rest.slice(1), inner),
    );
  }
  return type === "string" || JSON.stringify(type)?.startsWith('["map"');
}
