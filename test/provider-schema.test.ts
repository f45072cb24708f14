import { describe, expect, it } from "vitest";
import {
  type BlockSchema,
  dataSourceSchema,
  providerSchema,
  resourceSchema,
} from "../delivery/core/parity/provider-schema.ts";
import { type Json, type JsonObject, type StackJson, synthesizeEnvironment } from "./support/synth.ts";

/**
 * In the layout `shared`, what is set must exist in the users' AWS provider 5.46, with its type and nesting. The
 * bindings are generated from a later provider, and would not notice.
 */

const META_ARGUMENTS = new Set(["//", "for_each", "depends_on", "lifecycle", "count", "provider"]);
const root = synthesizeEnvironment("terraform-users").stacks.infra as StackJson;

/** What is wrong in a body, each with its path. */
function violations(body: JsonObject, schema: BlockSchema | undefined, path: string): string[] {
  if (!schema) return [`${path}: the provider has no such type`];
  const { attributes = {}, block_types: blocks = {} } = schema;
  const set = Object.keys(body).filter((name) => !META_ARGUMENTS.has(name));
  const missing = [
    ...Object.keys(attributes).filter((name) => attributes[name]?.required),
    ...Object.keys(blocks).filter((name) => (blocks[name]?.min_items ?? 0) > 0),
  ].filter((name) => !set.includes(name));
  return [
    ...missing.map((name) => `${path}.${name}: required, and not set`),
    ...set.flatMap((name): string[] => {
      const value = body[name] as Json;
      const here = `${path}.${name}`;
      const attribute = attributes[name];
      if (attribute) {
        if (!attribute.required && !attribute.optional) return [`${here}: only the provider sets it`];
        return hasType(value, attribute.type)
          ? []
          : [`${here}: ${JSON.stringify(value)} is no ${attribute.type}`];
      }
      const block = blocks[name];
      if (!block) return [`${here}: unknown to the provider`];
      const items = Array.isArray(value) ? value : [value];
      if (block.max_items && items.length > block.max_items) return [`${here}: at most ${block.max_items}`];
      return items.flatMap((item, index) =>
        typeof item === "object" && item !== null && !Array.isArray(item)
          ? violations(item, block.block, `${here}.${index}`)
          : [`${here}.${index}: a block was expected`],
      );
    }),
  ];
}

/** A template can become any primitive; a lone reference can be a collection as well. */
function hasType(value: Json, type: unknown): boolean {
  const isReference = typeof value === "string" && /^\$\{.*\}$/s.test(value);
  if (Array.isArray(type)) {
    const [kind, inner] = type;
    if (isReference) return true;
    if (kind === "map") {
      return (
        typeof value === "object" &&
        value !== null &&
        Object.values(value).every((one) => hasType(one, inner))
      );
    }
    return Array.isArray(value) && value.every((one) => hasType(one as Json, inner));
  }
  if (type === "string") return typeof value === "string";
  if (isReference) return true;
  return type === "bool" ? typeof value === "boolean" : typeof value === "number";
}

const checkAll = (part: Record<string, Record<string, JsonObject>>, schemaOf: typeof resourceSchema) =>
  Object.entries(part).flatMap(([type, byName]) =>
    Object.entries(byName).flatMap(([name, body]) => violations(body, schemaOf(type), `${type}.${name}`)),
  );

describe("layout shared", () => {
  it("sets nothing that the users' provider doesn't know", () => {
    expect(checkAll(root.resource ?? {}, resourceSchema)).toEqual([]);
    expect(checkAll(root.data ?? {}, dataSourceSchema)).toEqual([]);
    for (const [name, configurations] of Object.entries(root.provider ?? {})) {
      expect(configurations.flatMap((body) => violations(body, providerSchema(name), name))).toEqual([]);
    }
  });

  it("carries their constraint", () => {
    expect(root.terraform.required_providers).toEqual({
      aws: { source: "aws", version: "~> 5.0" },
      tls: { source: "hashicorp/tls", version: "~> 4.0" },
    });
  });
});

describe("the check itself", () => {
  const stream = (body: JsonObject) =>
    violations(body, resourceSchema("aws_kinesis_stream"), "aws_kinesis_stream.x");

  it.each<[string, JsonObject, string]>([
    [
      "an argument of a later provider",
      { name: "a", max_record_size_in_kib: 1024 },
      "unknown to the provider",
    ],
    ["a wrong type", { name: "a", shard_count: true }, "is no number"],
    [
      "a block's wrong argument",
      { name: "a", stream_mode_details: { mode: "x" } },
      "unknown to the provider",
    ],
    [
      "two blocks where one is allowed",
      { name: "a", stream_mode_details: [{ stream_mode: "x" }, { stream_mode: "y" }] },
      "at most 1",
    ],
    [
      "a value where a block stands",
      { name: "a", stream_mode_details: "PROVISIONED" },
      "a block was expected",
    ],
    ["a missing argument", {}, "required, and not set"],
    ["a list that is a string", { name: "a", shard_level_metrics: "IncomingBytes" }, "is no set"],
  ])("finds %s", (_, body, message) => {
    expect(stream(body).join()).toContain(message);
  });

  it("finds what only the provider sets", () => {
    expect(violations({ arn: "x" }, resourceSchema("aws_ecr_repository"), "x").join()).toContain(
      "only the provider",
    );
  });
});
