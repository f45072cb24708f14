import { SHARED_PARTS } from "../../core/shared-state/own.ts";
import { importId } from "../../core/terraform/import-id.ts";
import { type Adopted, quoted } from "./partition.ts";

/**
 * The move as HCL: an `import` block for each object in its stack, a `removed` block for each resource in the old root. The last
 * line sums up.
 */
export function render(adopted: readonly Adopted[], staying: readonly string[]): string {
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
    ...(staying.length > 0 ? [""] : []),
    `${adopted.length} imports, ${adopted.length} forgets, 0 created, 0 destroyed`,
    "",
  ].join("\n");
}

const importBlock = (one: Adopted) => `import {
  to = ${one.address}
  id = ${quoted(importId(one))}
}`;

/** A `removed` block takes a whole resource, all its instances. */
const removedBlock = (resource: string, objects: readonly Adopted[]) => `${objects
  .map(({ address }) => `# forgets ${address}`)
  .join("\n")}
removed {
  from = ${resource}
  lifecycle {
    destroy = false
  }
}`;
