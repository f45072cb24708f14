import { differences } from "./difference.ts";
import { nodeOf } from "./masked.ts";
import type { ActionInvocation, DeferredChange, FailingCheck } from "./model.ts";
import type { PlanJson } from "./schema.ts";
import { type IsSecret, withoutSecrets } from "./secrets.ts";
import { SENSITIVE } from "./text.ts";

/** What a plan says besides the changes of objects: actions that it runs, checks that fail, what it puts off, warnings. */

/** Actions that applying runs, such as a function that is invoked (Terraform 1.14). */
export function actionsOf(plan: PlanJson, isSecret: IsSecret): ActionInvocation[] {
  const invocations = [
    ...plan.action_invocations.map((action) => ({ action, deferred: undefined })),
    ...plan.deferred_action_invocations.map(({ reason, action_invocation }) => ({
      action: action_invocation,
      deferred: reason,
    })),
  ];
  return invocations.map(({ action, deferred }) => ({
    address: withoutSecrets(action.address, isSecret),
    type: action.type,
    ...(action.lifecycle_action_trigger && {
      trigger: {
        resource: withoutSecrets(action.lifecycle_action_trigger.triggering_resource_address, isSecret),
        event: action.lifecycle_action_trigger.action_trigger_event,
      },
    }),
    ...(deferred !== undefined && { deferred }),
    settings: differences(
      null,
      nodeOf(
        { value: action.config_values, sensitive: action.config_sensitive, unknown: action.config_unknown },
        isSecret,
      ),
    ),
  }));
}

/** Checks and conditions that fail or could not be evaluated, each with what it says. */
export function failingChecks({ checks }: PlanJson, isSecret: IsSecret): FailingCheck[] {
  const shown = (text: string) => (isSecret(text) ? SENSITIVE : text);
  return checks
    .filter(({ status }) => status === "fail" || status === "error")
    .map(({ address, status, instances }) => ({
      address: shown(address.to_display),
      kind: address.kind ?? "check",
      status: status === "fail" ? "fails" : "could not be evaluated",
      problems: instances.flatMap((instance) => instance.problems.map(({ message }) => shown(message))),
    }));
}

/** Changes that Terraform puts off to a plan after this one is applied. */
export function deferredChanges({ deferred_changes }: PlanJson, isSecret: IsSecret): DeferredChange[] {
  return deferred_changes.map(({ reason, resource_change }) => ({
    address: withoutSecrets(resource_change?.address ?? "an object without an address", isSecret),
    actions: resource_change?.change.actions ?? [],
    reason,
  }));
}

/** Warnings of Terraform and its providers, deprecations among them, where the plan's JSON has them. */
export function warningsOf({ diagnostics }: PlanJson, isSecret: IsSecret): string[] {
  const shown = (text: string) => (isSecret(text) ? SENSITIVE : text);
  const said = diagnostics
    .filter(({ severity }) => severity === "warning")
    .map(({ summary, detail }) => shown([summary, detail].filter((text) => text !== "").join(": ")));
  return [...new Set(said)];
}
