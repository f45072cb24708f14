import type { Plan } from "../plan-json/model.ts";
import { isShared } from "./check.ts";
import { isOwn } from "./own.ts";

/** The label with which a pull request may destroy what CALI never made. */
export const ALLOW_FOREIGN = "allow-foreign-destroy";

/** An object in the shared state that a plan destroys, and CALI never made. */
export interface ForeignLoss {
  readonly address: string;
  readonly action: "delete" | "replace";
}

/**
 * Which objects of somebody else a plan of the shared state would destroy: they came into the state by hand, and no text here stands for
 * them. `cali deploy` refuses the plan unless the pull request allows it by a label of its own.
 */
export function foreignLossIn(stack: string, { resources }: Pick<Plan, "resources">): ForeignLoss[] {
  if (!isShared({ name: stack })) return [];
  return resources.flatMap(({ address, type, name, mode, action, reason, replaceOrder }) => {
    const isDestroyed = action === "delete" || (action === "replace" && replaceOrder !== "forget");
    if (mode !== "managed" || !isDestroyed) return [];
    // The code still has the resource, of which a key went: the label for removed keys allows that.
    if (reason === "delete_because_each_key" || reason === "delete_because_count_index") return [];
    return isOwn({ type, name }) && !address.startsWith("module.") ? [] : [{ address, action }];
  });
}
