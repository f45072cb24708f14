import { type Application, allDependencies, type SynthesizedStack } from "../application/application.ts";
import type { PlannedStack } from "./plan-stack.ts";

/** How Terraform and OpenTofu name the lookup that an error is of, in the lines of the error. */
const LOOKUP = /^[│\s]*with data\./m;
/** A lookup that fails for one of these would fail with the other stack applied, too. */
const OWN_FAULT =
  /access.?denied|not authorized|unauthorized|forbidden|credential|expired|invalid.?(client|security).?token|signature|throttl|timed? ?out|timeout|connection (refused|reset)|no such host|unsupported (argument|block)|missing required argument/i;

/**
 * A stack that looks something up and doesn't find it while a stack it depends on was never applied can't be planned yet: the cluster
 * that it looks up isn't there. Any other failure is one.
 */
export function waitingInstead(
  planned: PlannedStack,
  all: readonly PlannedStack[],
  application: Application,
): PlannedStack {
  if (planned.status !== "failed" || !planned.state || !isLookupOnly(planned.reason)) return planned;
  const missing = notApplied(planned.stack, all, application);
  if (missing.length === 0) return planned;
  const { stack, state, durationMs } = planned;
  const reason = `waiting for ${missing.join(", ")}: never applied. The plan says:\n${planned.reason}`;
  return { stack, state, durationMs, status: "waiting", reason };
}

/** Whether each error that Terraform reports is of a lookup that found nothing. */
function isLookupOnly(text: string): boolean {
  const errors = text.split(/^[│\s]*Error: /m).slice(1);
  return errors.length > 0 && errors.every((error) => LOOKUP.test(error) && !OWN_FAULT.test(error));
}

function notApplied(
  stack: SynthesizedStack,
  all: readonly PlannedStack[],
  application: Application,
): string[] {
  const needed = allDependencies(application.stacks, stack.name);
  return all
    .filter(({ stack: { name }, state }) => needed.has(name) && state?.isEmpty === true)
    .map(({ stack: { name } }) => name);
}
