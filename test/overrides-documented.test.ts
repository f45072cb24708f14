import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { type Json, overridden } from "../config/overrides.ts";
import { type BlockSchema, providerSchema, stateSchema } from "../delivery/core/parity/provider-schema.ts";
import { ROOT } from "./support/run.ts";
import { type JsonObject, synthesize } from "./support/synth.ts";

/** Each example of docs/overrides.md, merged, and held against the schema of the AWS provider 5.100. */
const text = readFileSync(join(ROOT, "docs/overrides.md"), "utf8");
const examples = [...text.matchAll(/\n([^\n]+):\n\n```json\n([\s\S]*?)\n```/g)].map(
  ([, title = "", json = ""]) => [title, JSON.parse(json) as JsonObject] as const,
);

/** What a provider would refuse in a body: arguments that it doesn't have or that only it sets, and blocks that it misses. */
function refused(body: JsonObject, schema: BlockSchema | undefined, path: string): string[] {
  const { attributes = {}, block_types: blocks = {} } = schema ?? {};
  const meta = new Set(["//", "for_each", "depends_on", "lifecycle", "provider", "alias"]);
  const missing = Object.keys(attributes).filter((name) => attributes[name]?.required && !(name in body));
  return [
    ...missing.map((name) => `${path}.${name}: required`),
    ...Object.entries(body).flatMap(([name, value]): string[] => {
      if (meta.has(name)) return [];
      const block = blocks[name];
      if (!block) {
        const { optional, required, type } = attributes[name] ?? {};
        if (!optional && !required) return [`${path}.${name}: unknown, or set by the provider alone`];
        const isReference = typeof value === "string" && value.startsWith("${");
        const isScalar = typeof type === "string";
        return isReference || isScalar === (typeof value !== "object") ? [] : [`${path}.${name}: no ${type}`];
      }
      return [value]
        .flat()
        .flatMap((one, index) => refused(one as JsonObject, block.block, `${path}.${name}.${index}`));
    }),
  ];
}

describe("docs/overrides.md", () => {
  const root = synthesize(loadConfig({ env: "terraform-users" })).stacks.infra as unknown as JsonObject;

  it("has an example of each", () => {
    expect(examples.length).toBeGreaterThanOrEqual(17);
  });

  it.each(examples)("%s: changes the stack, and the provider takes it", (_, patch) => {
    const merged = overridden(root as Json, patch) as JsonObject;
    expect(merged).not.toEqual(root);
    const found = Object.entries((patch.resource ?? {}) as Record<string, JsonObject>).flatMap(
      ([type, byName]) =>
        Object.keys(byName).flatMap((name) => {
          const body = (merged.resource as Record<string, Record<string, JsonObject>>)[type]?.[name] ?? {};
          return refused(body, stateSchema(type) ?? expect.fail(`${type} is unknown`), `${type}.${name}`);
        }),
    );
    const [provider] = ((patch.provider as JsonObject | undefined)?.aws ?? []) as JsonObject[];
    const schema = providerSchema("aws");
    const refusedThere = provider && schema ? refused(provider, schema, "provider.aws") : [];
    expect([...found, ...refusedThere]).toEqual([]);
  });

  it("would not pass what the provider refuses", () => {
    expect(refused({ arn: "x", buckets: "y" }, stateSchema("aws_s3_bucket"), "b")).toHaveLength(2);
    expect(refused({}, stateSchema("aws_eks_addon"), "a").length).toBeGreaterThan(1);
  });
});
