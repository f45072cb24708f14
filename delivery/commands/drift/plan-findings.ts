import {
  type Drift,
  isChange,
  type OutputChange,
  type Plan,
  type ResourceChange,
} from "../../core/plan-json/model.ts";
import type { Difference } from "../../core/plan-json/path.ts";
import { overlapByName, pathText } from "../../core/plan-json/path.ts";
import { inline } from "../../core/plan-json/text.ts";
import { attributeLines, driftLines } from "../../core/report/attributes.ts";
import { type Group, groupOf } from "../../core/report/groups.ts";
import { LONGEST_LINE } from "../../core/report/plan-report.ts";
import type { StackReport } from "../../core/report/report.ts";
import { type Finding, fingerprintOf, unlooked, type Words } from "./finding.ts";

/** What a deployment would do to something that nobody changed outside. */
const WOULD: Readonly<Record<Group, string>> = {
  create: "is in the code and not there: a deployment would make it",
  update: "is not as the code says: a deployment would change it",
  replace: "is not as the code says: a deployment would replace it",
  import: "is not in the state yet: a deployment would import it",
  move: "has another address in the state: a deployment would move it",
  delete: "is in the state and no longer in the code: a deployment would destroy it",
  forget: "is in the state and no longer in the code: a deployment would forget it",
  read: "is read while applying",
};
const OUTPUT_WOULD = { create: "make", update: "change", delete: "remove" } as const;

/** What a stack's plan says that is not as main says. A stack that waits for others says nothing. */
export function findingsOfStack(stack: StackReport): Finding[] {
  if (stack.status === "failed") {
    return [unlooked(stack.name, "", [{ value: stack.name }, " could not be planned"], stack.reason)];
  }
  if (stack.status === "waiting") return [];
  const { name, plan } = stack;
  return [
    ...plan.drift.map((drift) => outside(name, drift, plan)),
    ...plan.resources
      .filter((resource) => isChange(resource) && resource.mode === "managed")
      .filter((resource) => !isOnlyDrift(resource, plan.drift))
      .map((resource) => planned(name, resource)),
    ...plan.outputs.map((output) => outputOf(name, output)),
  ];
}

function outside(stack: string, { address, isDeleted, differences }: Drift, { resources }: Plan): Finding {
  const change = resources.find((one) => one.address === address && one.deposed === undefined);
  const does = change && { create: "make it anew", replace: "replace it" }[change.action as string];
  const what = isDeleted ? "is gone" : "was changed outside Git";
  const next = does ?? (isDeleted ? undefined : "set it back");
  return {
    kind: "outside",
    stack,
    key: address,
    words: [...at(address, stack), next === undefined ? what : `${what}: a deployment would ${next}`],
    lines: driftLines(differences, LONGEST_LINE),
    fingerprint: fingerprintOf([isDeleted, change?.action, differences.map(inText)]),
  };
}

/** Whether a deployment would do nothing to the object but undo what was changed outside. */
function isOnlyDrift(resource: ResourceChange, all: readonly Drift[]): boolean {
  const { address, deposed, action, movedFrom, importing, differences } = resource;
  const drift = all.find((one) => one.address === address);
  if (!drift || deposed !== undefined || movedFrom !== undefined || importing) return false;
  if (drift.isDeleted) return action === "create";
  return differences.every(({ path }) => drift.differences.some((one) => overlapByName(one.path, path)));
}

function planned(stack: string, resource: ResourceChange): Finding {
  const { address, deposed, action, movedFrom, differences } = resource;
  const group = groupOf(resource);
  const isRemoved = group === "delete" || group === "forget";
  const key = deposed === undefined ? address : `${address} (deposed ${deposed})`;
  const what =
    deposed === undefined
      ? WOULD[group]
      : "is a leftover of an earlier replacement: a deployment would destroy it";
  return {
    kind: isRemoved ? "not-in-code" : "pending",
    stack,
    key,
    words: [...at(key, stack), what, ...(movedFrom === undefined ? [] : [" from ", { value: movedFrom }])],
    // What goes would read as a list of everything that it had.
    lines: isRemoved ? [] : attributeLines(resource, LONGEST_LINE),
    fingerprint: fingerprintOf([action, movedFrom, isRemoved ? [] : differences.map(inText)]),
  };
}

function outputOf(stack: string, { name, action, before, after }: OutputChange): Finding {
  const difference: Difference = { path: [name], before, after };
  return {
    kind: "pending",
    stack,
    key: `output.${name}`,
    words: [
      ...at(`output.${name}`, stack),
      `is not as the code says: a deployment would ${OUTPUT_WOULD[action]} it`,
    ],
    lines: driftLines([difference], LONGEST_LINE),
    fingerprint: fingerprintOf([action, inText(difference)]),
  };
}

const at = (what: string, stack: string): Words => [{ value: what }, " in ", { value: stack }, " "];

/** Unlike lines for people it takes as long as it takes, and so is the same in every run. */
function inText({ path, before, after }: Difference): string[] {
  return [pathText(path), inline(before), inline(after)];
}
