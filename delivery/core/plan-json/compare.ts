import { differences } from "./difference.ts";
import { isChange, type OutputChange, type Plan, type ResourceChange } from "./model.ts";
import { canonical } from "./node.ts";
import type { Difference } from "./path.ts";
import { pathText } from "./path.ts";
import { inline, visible } from "./text.ts";

/** One thing that two plans of the same stack don't have in common. */
export interface PlanDifference {
  /** The resource's address, or `output <name>`. */
  readonly what: string;
  /** What each plan does with it; undefined: nothing. */
  readonly reviewed: string | undefined;
  readonly current: string | undefined;
  /** Where both start from something else: from what the reviewed plan saw to what is there now. */
  readonly start: readonly Difference[];
  /** Where both want something else: from the reviewed plan's result to the current one's. */
  readonly result: readonly Difference[];
}

/**
 * What a plan that was made anew does otherwise than the one that was reviewed. None: applying either does the same.
 * Secrets are compared and not shown.
 */
export function comparePlans(reviewed: Plan, current: Plan): PlanDifference[] {
  const resources = (plan: Plan) =>
    new Map(
      plan.resources
        .filter((resource) => resource.mode === "managed" && isChange(resource))
        .map((resource) => [
          [
            resource.address,
            ...(resource.fingerprint ? [`(its key: ${resource.fingerprint})`] : []),
            ...(resource.deposed ? [`(deposed ${resource.deposed})`] : []),
          ].join(" "),
          { does: doing(resource), ...resource },
        ]),
    );
  const outputs = (plan: Plan) =>
    new Map(plan.outputs.map((output) => [`output ${output.name}`, { does: output.action, ...output }]));
  return [
    ...compare(resources(reviewed), resources(current)),
    ...compare<OutputChange & { does: string }>(outputs(reviewed), outputs(current)),
  ];
}

type Compared = Pick<ResourceChange, "before" | "after"> & { readonly does: string };

function compare<Kind extends Compared>(
  reviewed: ReadonlyMap<string, Kind>,
  current: ReadonlyMap<string, Kind>,
): PlanDifference[] {
  return [...new Set([...reviewed.keys(), ...current.keys()])].sort().flatMap((what) => {
    const old = reviewed.get(what);
    const now = current.get(what);
    const difference = { what, reviewed: old?.does, current: now?.does };
    if (!old || !now) return [{ ...difference, start: [], result: [] }];
    const isSame = ([a, b]: readonly [Compared["before"], Compared["before"]]) =>
      canonical(a, true) === canonical(b, true);
    const starts = [old.before, now.before] as const;
    const results = [old.after, now.after] as const;
    if (old.does === now.does && isSame(starts) && isSame(results)) return [];
    return [
      {
        ...difference,
        start: differences(...starts, { exact: true }),
        result: differences(...results, { exact: true }),
      },
    ];
  });
}

/** An object's change in words, for people and for comparing: `update, imported from "x"`. */
function doing({ action, replaceOrder, importing, movedFrom }: ResourceChange): string {
  return [
    replaceOrder ? `${action} (${replaceOrder})` : action,
    ...(importing ? [`imported from ${importing.id ?? "an id that is not shown"}`] : []),
    ...(movedFrom === undefined ? [] : [`moved from ${movedFrom}`]),
  ].join(", ");
}

/** The differences in lines for a terminal. */
export function describeDifferences(found: readonly PlanDifference[]): string[] {
  return found.flatMap(({ what, reviewed = "nothing", current = "nothing", start, result }) => [
    `${visible(what)}: reviewed: ${visible(reviewed)}; now: ${visible(current)}`,
    ...start.map((difference) => `  it was ${shown(difference)}`),
    ...result.map((difference) => `  it becomes ${shown(difference)}`),
  ]);
}

function shown({ path, before, after }: Difference): string {
  return `${pathText(path)}: ${inline(before)} in the reviewed plan, ${inline(after)} now`;
}
