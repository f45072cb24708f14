import { SHARED_PARTS } from "../../core/shared-state/own.ts";
import type { Seen } from "./move.ts";
import { quoted } from "./partition.ts";

/**
 * The move as HCL: an `import` block for each object in its stack, a `removed` block for each resource in the old root. The last
 * line sums up.
 *
 * @param broken what refers to what is in another state afterwards.
 */
export function render(
  adopted: readonly Seen[],
  staying: readonly string[],
  broken: readonly string[],
): string {
  const stacks = SHARED_PARTS.flatMap((stack) => {
    const own = adopted.filter((one) => one.stack === stack);
    if (own.length === 0) return [];
    return [`# ${stack}: ${own.length} imported`, ...own.map(importBlock), ""];
  });
  const forgotten = Map.groupBy(adopted, ({ address }) => address.replace(/\[.*$/s, ""));
  return [
    ...stacks,
    `# The old root: ${adopted.length} forgotten, none destroyed`,
    ...[...forgotten].map(([resource, objects]) => removedBlock(resource, objects)),
    "",
    ...staying.map((address) => `# stays in the old root: ${address}`),
    ...broken.map((line) => `# ${line}: put its value there, or a data source`),
    ...(staying.length + broken.length > 0 ? [""] : []),
    `${adopted.length} imports, ${adopted.length} forgets, 0 created, 0 destroyed`,
    "",
  ].join("\n");
}

const importBlock = (one: Seen) => `import {
  to = ${one.address}
  id = ${quoted(one.id)}
}`;

/** A `removed` block takes a whole resource, all its instances. */
const removedBlock = (resource: string, objects: readonly Seen[]) => `${objects
  .map(({ address, from = address }) => `# forgets ${from}`)
  .join("\n")}
removed {
  from = ${resource}
  lifecycle {
    destroy = false
  }
}`;
