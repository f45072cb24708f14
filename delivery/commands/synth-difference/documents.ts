import { stringify } from "yaml";
import type { Stack, Synthesis } from "../../core/application/synthesis.ts";

/** One thing of a stack, as text that can be compared line by line. */
export interface NamedText {
  /** The stack. */
  readonly stack: string;
  /** `aws_kinesis_stream.logs`, `output.stream_name`, `Deployment cali/consumer` … */
  readonly name: string;
  readonly text: string;
}

/** Blocks whose entries are named by type and name; in all others a name is enough. */
const BY_TYPE = new Set(["resource", "data"]);

/** Everything that a synthesis has: resources, data sources, variables, outputs, providers, backend. */
export function documentsOf(synthesis: Synthesis): NamedText[] {
  return [...synthesis].flatMap(([stack, blocks]) =>
    entriesOf(blocks).map(({ name, value }) => ({ stack, name, text: textOf(value) })),
  );
}

function entriesOf(blocks: Stack): { name: string; value: unknown }[] {
  return Object.entries(blocks).flatMap(([block, entries]) => {
    // Comments: construct paths and cdktf's version.
    if (block === "//") return [];
    if (!isObject(entries)) return [{ name: block, value: entries }];
    if (!BY_TYPE.has(block)) {
      return Object.entries(entries).map(([name, value]) => ({ name: `${block}.${name}`, value }));
    }
    const prefix = block === "resource" ? "" : `${block}.`;
    return Object.entries(entries).flatMap(([type, named]) =>
      Object.entries(isObject(named) ? named : {}).map(([name, value]) => ({
        name: `${prefix}${type}.${name}`,
        value,
      })),
    );
  });
}

/** Stable text: keys sorted, comments gone, JSON documents unfolded, so that a policy's difference is a few lines. */
function textOf(value: unknown): string {
  return stringify(unfold(value), { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

function unfold(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfold);
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => key !== "//")
        .map(([key, inner]) => [key, unfold(inner)]),
    );
  }
  if (typeof value === "string" && /^\s*[[{]/.test(value)) {
    try {
      return unfold(JSON.parse(value));
    } catch {
      return value;
    }
  }
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
