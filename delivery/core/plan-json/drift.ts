import { differences as between } from "./difference.ts";
import type { Drift, ResourceChange } from "./model.ts";
import { overlapByName } from "./path.ts";

/**
 * What somebody changed outside, out of everything that Terraform found different from its state. Most of the latter is what AWS
 * filled in after an apply (`tags` from null to {}, a role's list of attached policies) and stays as it is. What matters is
 * what the plan undoes: an object that is gone, or an attribute that the plan sets again.
 *
 * @param found the plan's `resource_drift`.
 * @param planned the plan's `resource_changes`.
 * @param isRefreshOnly all of it matters: applying writes it into the state.
 */
export function driftOf(
  found: readonly ResourceChange[],
  planned: readonly ResourceChange[],
  isRefreshOnly: boolean,
): Drift[] {
  const byAddress = new Map(
    planned.filter(({ deposed }) => !deposed).map((change) => [change.address, change]),
  );
  return found.flatMap(({ address, type, action, deposed, before, differences }): Drift[] => {
    const plan = byAddress.get(address);
    if (deposed !== undefined) return [];
    if (action === "delete") {
      const isMade = plan?.action === "create" || plan?.action === "replace";
      return [{ address, type, isDeleted: true, fate: isMade ? "made-anew" : "forgotten", differences: [] }];
    }
    if (isRefreshOnly && action === "update") {
      return [{ address, type, isDeleted: false, fate: "accepted", differences }];
    }
    if (plan?.action !== "update" && plan?.action !== "replace") return [];
    const undone = differences.filter(({ path }) =>
      plan.differences.some((difference) => overlapByName(difference.path, path)),
    );
    if (undone.length === 0) return [];
    const isOther = between(before, plan.after).some(({ path }) =>
      undone.some((difference) => overlapByName(difference.path, path)),
    );
    const fate = isOther ? "changed-again" : "set-back";
    return [{ address, type, isDeleted: false, fate, differences: undone }];
  });
}
