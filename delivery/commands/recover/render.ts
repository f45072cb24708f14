import { visible } from "../../core/plan-json/text.ts";
import { shown } from "./creation-only.ts";
import type { Looked } from "./looked.ts";

/** What would be imported, made and set, stack by stack, and what nobody can be asked for. */
export function render(looked: readonly Looked[]): string {
  return looked
    .flatMap(linesOf)
    .map((line) => visible(line))
    .join("\n");
}

function linesOf({ stack, imports, explained, notes, unclear }: Looked): string[] {
  const isImported = imports.length > 0;
  // Without an import nothing of the stack is applied: what it lacks is made by the next deployment.
  const applied = isImported ? explained : [];
  return [
    `${stack.name}: ${isImported ? `${imports.length} to import` : "nothing to import"}`,
    ...applied.flatMap(({ what, address, id, notes }) => [
      `  ${what.padEnd(6)}  ${address}${id === undefined ? "" : `  (${id})`}`,
      ...notes.map((note) => `          ${note}`),
    ]),
    ...notes.map(
      ({ type, name, path, value }) =>
        `  note    ${type}.${name}: ${shown(path)} is ${JSON.stringify(value)} in the state: it counts only when the object is made, and AWS doesn't tell it`,
    ),
    ...unclear.flatMap(({ address, reason }) => [
      `  unclear ${address}: ${reason}`,
      `          Look whether it exists. If it does, import it with an import block in config/<env>.overrides/${stack.name}.json, or delete it; the next deployment makes it.`,
    ]),
  ];
}
