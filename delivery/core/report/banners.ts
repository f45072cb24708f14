import { moveOf, moveSummary } from "../adoption/gate.ts";
import { identityProblems } from "../identity-gate.ts";
import { alert, code } from "../markdown.ts";
import { ALLOW_DATA_LOSS, type DataLoss, dataLossIn, removedKeysIn } from "../plan-json/data-loss.ts";
import { exposuresIn } from "../plan-json/exposure.ts";
import { type InPlaceLoss, inPlaceLossIn } from "../plan-json/in-place-loss.ts";
import { ACCESS_TYPES } from "../plan-json/in-place-rules.ts";
import { ALLOW_FOREIGN, foreignLossIn } from "../shared-state/foreign.ts";
import { inPart, plannedStacks } from "./parts.ts";
import type { Report, StackReport } from "./report.ts";
import { textsOf } from "./texts.ts";

/** What a reader must not miss, each kind in a box of its own, worst first. */
export function banners(report: Report, room: number): string[] {
  const texts = textsOf(report);
  const refusedWithout = (label: string) => (report.commit === undefined ? [] : ["", texts.refused(label)]);
  const refused = refusedWithout(ALLOW_DATA_LOSS);
  return [
    ...move(report, room),
    ...identity(report, room),
    ...foreign(report, room, refusedWithout(ALLOW_FOREIGN)),
    ...dataLoss(report, room, refused),
    ...inPlace(report, room, refused),
    ...removedKeys(report, room, refused),
    ...access(report, room),
    ...exposed(report, room),
    ...failingChecks(report, room),
    ...warnings(report, room),
    ...overridden(report, room),
    ...unmasked(report),
  ];
}

/** The gate of a move between layouts, over all stacks at once. */
function move(report: Report, room: number): string[] {
  const { adoption, stacks } = report;
  const texts = textsOf(report);
  if (!adoption) return [];
  const plans = plannedStacks(stacks).map(({ name, plan }) => ({ stack: name, plan }));
  const found = moveOf(adoption, plans);
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [
          "",
          title,
          ...inPart(
            lines.map((line) => `- ${code(line)}`),
            room,
            texts,
          ),
        ];
  return [
    alert(found.problems.length > 0 ? "CAUTION" : "NOTE", [
      `**${moveSummary(adoption, found)}**`,
      ...list(texts.moveProblems, found.problems),
      ...list(texts.moveInPlace, found.inPlace),
    ]),
  ];
}

/** What no key of the configuration says: nothing here knows what it means. */
function overridden(report: Report, room: number): string[] {
  const { overrides = [], stacks } = report;
  const texts = textsOf(report);
  const lines = overrides
    .filter(({ stack }) => stacks.some(({ name }) => name === stack))
    .map(({ stack, path }) => `- ${texts.inStack(code(path), code(stack))}`);
  if (lines.length === 0) return [];
  return [alert("NOTE", [texts.overridden(lines.length), ...inPart(lines, room, texts)])];
}

/** Objects of somebody else in the shared state. */
function foreign(report: Report, room: number, refused: readonly string[]): string[] {
  const { stacks } = report;
  const texts = textsOf(report);
  const lines = plannedStacks(stacks).flatMap(({ name, plan }) =>
    foreignLossIn(name, plan).map(
      ({ address, action }) =>
        `- ${code(address)} ${action === "delete" ? texts.isDestroyed : texts.isReplaced}`,
    ),
  );
  if (lines.length === 0) return [];
  return [
    alert("CAUTION", [
      texts.foreign(lines.length),
      ...inPart(lines, room, texts),
      "",
      texts.foreignRemedy,
      ...refused,
    ]),
  ];
}

/** Roles that would go from one way of identity to the other at once. */
function identity(report: Report, room: number): string[] {
  const texts = textsOf(report);
  const lines = plannedStacks(report.stacks).flatMap(({ name, plan }) => identityProblems(name, plan));
  if (lines.length === 0) return [];
  return [
    alert("CAUTION", [
      texts.rolesLost,
      ...inPart(
        lines.map((line) => `- ${code(line)}`),
        room,
        texts,
      ),
    ]),
  ];
}

/** Every stack's findings, with the stack they are of. */
function ofStacks<Found>(
  stacks: readonly StackReport[],
  find: (plan: ReturnType<typeof plannedStacks>[number]["plan"]) => readonly Found[],
): (Found & { readonly stack: string })[] {
  return plannedStacks(stacks).flatMap(({ name, plan }) =>
    find(plan).map((one) => ({ ...one, stack: name })),
  );
}

function dataLoss(report: Report, room: number, refused: readonly string[]): string[] {
  const { stacks } = report;
  const texts = textsOf(report);
  const lost = ofStacks(stacks, dataLossIn);
  if (lost.length === 0) return [];
  const line = ({ stack, address, action, lost }: DataLoss & { stack: string }) =>
    `- ${texts.inStack(code(address), code(stack))} ${action === "delete" ? texts.isDestroyed : texts.isReplaced}: ${lost}`;
  return [
    alert("CAUTION", [texts.dataLoss(lost.length), ...inPart(lost.map(line), room, texts), ...refused]),
  ];
}

function inPlace(report: Report, room: number, refused: readonly string[]): string[] {
  const { stacks } = report;
  const texts = textsOf(report);
  const found = ofStacks(stacks, inPlaceLossIn);
  const line = ({ stack, address, attribute, from, to, lost }: InPlaceLoss & { stack: string }) =>
    `- ${texts.inStack(code(address), code(stack))}: ${code(shortened(`${attribute} = ${from} → ${to}`))}: ${lost}`;
  const of = (kind: InPlaceLoss["kind"]) => found.filter((one) => one.kind === kind).map(line);
  const box = (
    kind: "CAUTION" | "WARNING",
    title: string,
    lines: readonly string[],
    more: readonly string[] = [],
  ) => (lines.length === 0 ? [] : [alert(kind, [title, ...inPart(lines, room, texts), ...more])]);
  return [
    ...box("CAUTION", texts.inPlaceDeletes, of("deletes"), refused),
    ...box("WARNING", texts.inPlaceUnprotects, of("unprotects")),
    ...box("WARNING", texts.inPlaceAccess, of("access")),
    ...box("WARNING", texts.inPlaceUnknown, of("unknown")),
  ];
}

const LONGEST_PAIR = 160;
const LONGEST_MESSAGE = 400;
const shortened = (text: string) => (text.length > LONGEST_PAIR ? `${text.slice(0, LONGEST_PAIR)}…` : text);

function removedKeys(report: Report, room: number, refused: readonly string[]): string[] {
  const { stacks } = report;
  const texts = textsOf(report);
  const removed = ofStacks(stacks, removedKeysIn).map(
    ({ address, stack }) => `- ${texts.inStack(code(address), code(stack))}`,
  );
  if (removed.length === 0) return [];
  return [alert("CAUTION", [texts.removedKeys(removed.length), ...inPart(removed, room, texts), ...refused])];
}

/** Access that is destroyed; a key that left `for_each` has a box of its own. */
function access(report: Report, room: number): string[] {
  const { stacks } = report;
  const texts = textsOf(report);
  const gone = ofStacks(stacks, ({ resources }) =>
    resources.filter(
      ({ type, action, reason }) =>
        ACCESS_TYPES.has(type) && action === "delete" && reason !== "delete_because_each_key",
    ),
  ).map(({ address, stack }) => `- ${texts.inStack(code(address), code(stack))}`);
  return gone.length === 0 ? [] : [alert("WARNING", [texts.accessDestroyed, ...inPart(gone, room, texts)])];
}

function exposed(report: Report, room: number): string[] {
  const { stacks } = report;
  const texts = textsOf(report);
  const lines = ofStacks(stacks, exposuresIn).map(
    ({ address, stack, attribute, hasCondition }) =>
      `- ${texts.inStack(code(address), code(stack))}: ${code(attribute)}${hasCondition ? texts.withConditions : ""}`,
  );
  return lines.length === 0 ? [] : [alert("WARNING", [texts.exposed, ...inPart(lines, room, texts)])];
}

function failingChecks(report: Report, room: number): string[] {
  const { stacks } = report;
  const texts = textsOf(report);
  const lines = ofStacks(stacks, ({ failingChecks }) => failingChecks).map(
    ({ address, status, problems, stack }) =>
      `- ${texts.inStack(code(address), code(stack))} ${status}${problems.length > 0 ? `: ${problems.map((text) => code(text.slice(0, LONGEST_MESSAGE))).join(", ")}` : ""}`,
  );
  return lines.length === 0
    ? []
    : [alert("WARNING", [texts.failingChecks(lines.length), ...inPart(lines, room, texts)])];
}

function warnings(report: Report, room: number): string[] {
  const { stacks, program = "Terraform" } = report;
  const texts = textsOf(report);
  const lines = ofStacks(stacks, ({ warnings }) => warnings.map((text) => ({ text }))).map(
    ({ text, stack }) => `- ${code(stack)}: ${code(text.replaceAll(/\s+/g, " ").slice(0, LONGEST_MESSAGE))}`,
  );
  return lines.length === 0 ? [] : [alert("NOTE", [texts.warnings(program), ...inPart(lines, room, texts)])];
}

function unmasked(report: Report): string[] {
  const { stacks } = report;
  const found = plannedStacks(stacks).filter(({ plan }) => plan.isUnmasked);
  return found.length === 0
    ? []
    : [alert("NOTE", [textsOf(report).unmasked(found.map(({ name }) => code(name)).join(", "))])];
}
