import { differences } from "../../delivery/core/plan-json/difference.ts";
import { nodeOf } from "../../delivery/core/plan-json/masked.ts";
import type { Plan } from "../../delivery/core/plan-json/model.ts";
import type { Node } from "../../delivery/core/plan-json/node.ts";
import { type Difference, pathText } from "../../delivery/core/plan-json/path.ts";
import { inline } from "../../delivery/core/plan-json/text.ts";

/** Differences as a reader sees them: `path: before -> after`. */
export const rendered = (found: readonly Difference[]) =>
  found.map(({ path, before, after }) => `${pathText(path)}: ${inline(before)} -> ${inline(after)}`);

/** Those of one resource of a plan. */
export function differencesOf(plan: Plan, address: string): string[] {
  return rendered(plan.resources.find((resource) => resource.address === address)?.differences ?? []);
}

/** A plain value as a plan has it. */
export const node = (value: unknown): Node =>
  nodeOf({ value, sensitive: false, unknown: false }, () => false);
/** The differences between two plain values. */
export const between = (before: unknown, after: unknown) => rendered(differences(node(before), node(after)));
