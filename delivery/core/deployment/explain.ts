import { comparePlans, type PlanDifference } from "../plan-json/compare.ts";
import type { Plan, ResourceChange } from "../plan-json/model.ts";
import { canonical } from "../plan-json/node.ts";
import { pathText } from "../plan-json/path.ts";

/**
 * What a new plan does that nobody has reviewed: neither in this pull request's plan, nor in one of those that were merged before and are not
 * deployed yet. An object that several of them change is reviewed when each of its new values was.
 *
 * @param earlier plans of the same stack, of pull requests that were merged before.
 */
export function unreviewed(reviewed: Plan, earlier: readonly Plan[], current: Plan): PlanDifference[] {
  return comparePlans(reviewed, current).filter(({ what, current: does }) => {
    // Something that this pull request was to do is not done: no other plan explains that.
    if (does === undefined) return true;
    const now = only(current, what);
    // What this pull request changes, too, has to be among what is done.
    const isOwn = only(reviewed, what).size > 0;
    const isExactly =
      !isOwn &&
      earlier.some(
        (plan) => only(plan, what).size > 0 && comparePlans(of(plan, what), of(current, what)).length === 0,
      );
    if (isExactly) return false;
    const [change] = [...now.resources];
    return change === undefined || !isMerged(change, [reviewed, ...earlier], reviewed);
  });
}

/** Whether each new value of an object comes from one of the plans, and all of this pull request's are among them. */
function isMerged(change: ResourceChange, plans: readonly Plan[], own: Plan): boolean {
  const updates = (plan: Plan) =>
    plan.resources.filter(
      ({ address, mode, action, before }) =>
        address === change.address &&
        mode === change.mode &&
        action === "update" &&
        canonical(before, true) === canonical(change.before, true),
    );
  if (change.action !== "update") return false;
  const key = ({ path, after }: ResourceChange["differences"][number]) =>
    `${pathText(path)}\0${canonical(after, true)}`;
  const known = new Set(plans.flatMap(updates).flatMap(({ differences }) => differences.map(key)));
  const now = new Set(change.differences.map(key));
  const desired = updates(own).flatMap(({ differences }) => differences.map(key));
  return [...now].every((one) => known.has(one)) && desired.every((one) => now.has(one));
}

/** A plan with nothing but this object or output. */
function of(plan: Plan, what: string): Plan {
  const { resources, outputs } = only(plan, what);
  return { ...plan, resources, outputs };
}

function only(plan: Plan, what: string) {
  const resources = plan.resources.filter(
    ({ address, deposed, mode }) =>
      mode === "managed" && what === address + (deposed ? ` (deposed ${deposed})` : ""),
  );
  const outputs = plan.outputs.filter(({ name }) => what === `output ${name}`);
  return { resources, outputs, size: resources.length + outputs.length };
}
