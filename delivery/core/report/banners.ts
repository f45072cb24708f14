import { moveOf, moveSummary } from "../adoption/gate.ts";
import { identityProblems } from "../identity-gate.ts";
import { alert, code } from "../markdown.ts";
import { ALLOW_DATA_LOSS, dataLossIn, removedKeysIn } from "../plan-json/data-loss.ts";
import { exposuresIn } from "../plan-json/exposure.ts";
import { type InPlaceLoss, inPlaceLossIn } from "../plan-json/in-place-loss.ts";
import { ACCESS_TYPES } from "../plan-json/in-place-rules.ts";
import type { Plan } from "../plan-json/model.ts";
import { ALLOW_FOREIGN, foreignLossIn } from "../shared-state/foreign.ts";
import { inPart, plannedStacks } from "./parts.ts";
import type { Report } from "./report.ts";
import { textsOf } from "./texts.ts";

const LONGEST_PAIR = 160;
const LONGEST_MESSAGE = 400;
const shortened = (text: string) => (text.length > LONGEST_PAIR ? `${text.slice(0, LONGEST_PAIR)}…` : text);

/** What a reader must not miss, each kind in a box of its own, worst first. */
export function banners(report: Report, room: number): string[] {
  const { stacks, overrides = [], program = "Terraform" } = report;
  const texts = textsOf(report);
  const planned = plannedStacks(stacks);
  const listed = (lines: readonly string[]) =>
    inPart(
      lines.map((line) => `- ${line}`),
      room,
      texts,
    );
  /** A box with a list; where the list is empty there is none. */
  const box = (
    kind: Parameters<typeof alert>[0],
    title: string,
    lines: readonly string[],
    more: readonly string[] = [],
  ) => (lines.length === 0 ? [] : [alert(kind, [title, ...listed(lines), ...more])]);
  const refused = (label: string) => (report.commit === undefined ? [] : ["", texts.refused(label)]);
  /** A line for each finding, with the stack it is of. */
  const ofStacks = <Found>(
    find: (plan: Plan, stack: string) => readonly Found[],
    line: (found: Found, stack: string) => string,
  ) => planned.flatMap(({ name, plan }) => find(plan, name).map((found) => line(found, name)));
  const place = ({ address }: { readonly address: string }, stack: string) =>
    texts.inStack(code(address), code(stack));
  const goes = ({ action }: { readonly action: "delete" | "replace" }) =>
    action === "delete" ? texts.isDestroyed : texts.isReplaced;

  const foreign = ofStacks(
    (plan, stack) => foreignLossIn(stack, plan),
    (one) => `${code(one.address)} ${goes(one)}`,
  );
  const lost = ofStacks(dataLossIn, (one, stack) => `${place(one, stack)} ${goes(one)}: ${one.lost}`);
  const inPlace = (kind: InPlaceLoss["kind"]) =>
    ofStacks(
      (plan) => inPlaceLossIn(plan).filter((one) => one.kind === kind),
      (one, stack) =>
        `${place(one, stack)}: ${code(shortened(`${one.attribute} = ${one.from} → ${one.to}`))}: ${one.lost}`,
    );
  const removed = ofStacks(removedKeysIn, place);
  // A key that left `for_each` has a box of its own.
  const access = ({ resources }: Plan) =>
    resources.filter(
      ({ type, action, reason }) =>
        ACCESS_TYPES.has(type) && action === "delete" && reason !== "delete_because_each_key",
    );
  const checks = ofStacks(
    ({ failingChecks }) => failingChecks,
    (one, stack) => {
      const problems = one.problems.map((text) => code(text.slice(0, LONGEST_MESSAGE)));
      return `${place(one, stack)} ${one.status}${problems.length > 0 ? `: ${problems.join(", ")}` : ""}`;
    },
  );
  // What no key of the configuration says: nothing here knows what it means.
  const overridden = overrides
    .filter(({ stack }) => stacks.some(({ name }) => name === stack))
    .map(({ stack, path }) => texts.inStack(code(path), code(stack)));
  const unmasked = planned.filter(({ plan }) => plan.isUnmasked).map(({ name }) => code(name));
  return [
    ...move(report, listed),
    ...box(
      "CAUTION",
      texts.rolesLost,
      ofStacks((plan, stack) => identityProblems(stack, plan), code),
    ),
    ...box("CAUTION", texts.foreign(foreign.length), foreign, [
      "",
      texts.foreignRemedy,
      ...refused(ALLOW_FOREIGN),
    ]),
    ...box("CAUTION", texts.dataLoss(lost.length), lost, refused(ALLOW_DATA_LOSS)),
    ...box("CAUTION", texts.inPlaceDeletes, inPlace("deletes"), refused(ALLOW_DATA_LOSS)),
    ...box("WARNING", texts.inPlaceUnprotects, inPlace("unprotects")),
    ...box("WARNING", texts.inPlaceAccess, inPlace("access")),
    ...box("WARNING", texts.inPlaceUnknown, inPlace("unknown")),
    ...box("CAUTION", texts.removedKeys(removed.length), removed, refused(ALLOW_DATA_LOSS)),
    ...box("WARNING", texts.accessDestroyed, ofStacks(access, place)),
    ...box(
      "WARNING",
      texts.exposed,
      ofStacks(
        exposuresIn,
        (one, stack) =>
          `${place(one, stack)}: ${code(one.attribute)}${one.hasCondition ? texts.withConditions : ""}`,
      ),
    ),
    ...box("WARNING", texts.failingChecks(checks.length), checks),
    ...box(
      "NOTE",
      texts.warnings(program),
      ofStacks(
        ({ warnings }) => warnings,
        (text, stack) => `${code(stack)}: ${code(text.replaceAll(/\s+/g, " ").slice(0, LONGEST_MESSAGE))}`,
      ),
    ),
    ...box("NOTE", texts.overridden(overridden.length), overridden),
    ...(unmasked.length > 0 ? [alert("NOTE", [texts.unmasked(unmasked.join(", "))])] : []),
  ];
}

/** The gate of a move between layouts, over all stacks at once. */
function move(
  { adoption, stacks, ...report }: Report,
  listed: (lines: readonly string[]) => string[],
): string[] {
  const texts = textsOf(report);
  if (!adoption) return [];
  const found = moveOf(
    adoption,
    plannedStacks(stacks).map(({ name, plan }) => ({ stack: name, plan })),
  );
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", title, ...listed(lines.map((line) => code(line)))];
  return [
    alert(found.problems.length > 0 ? "CAUTION" : "NOTE", [
      `**${moveSummary(adoption, found)}**`,
      ...list(texts.moveProblems, found.problems),
      ...list(texts.moveInPlace, found.inPlace),
    ]),
  ];
}
