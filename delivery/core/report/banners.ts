import { moveOf, moveSummary } from "../adoption/gate.ts";
import { alert, code, counted } from "../markdown.ts";
import { ALLOW_DATA_LOSS, type DataLoss, dataLossIn, removedKeysIn } from "../plan-json/data-loss.ts";
import { exposuresIn } from "../plan-json/exposure.ts";
import { type InPlaceLoss, inPlaceLossIn } from "../plan-json/in-place-loss.ts";
import { ACCESS_TYPES } from "../plan-json/in-place-rules.ts";
import { ALLOW_FOREIGN, foreignLossIn } from "../shared-state/foreign.ts";
import { inPart, plannedStacks } from "./parts.ts";
import type { Report, StackReport } from "./report.ts";

/** What a reader must not miss, each kind in a box of its own, worst first. */
export function banners(report: Report, room: number): string[] {
  const refusedWithout = (label: string) => (report.commit === undefined ? [] : refusal(label));
  const refused = refusedWithout(ALLOW_DATA_LOSS);
  return [
    ...move(report, room),
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

const refusal = (label: string) => [
  "",
  `\`cali deploy\` refuses this unless the pull request has the label ${code(label)}.`,
];

/** The gate of a move between layouts, over all stacks at once. */
function move({ adoption, stacks }: Report, room: number): string[] {
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
          ),
        ];
  return [
    alert(found.problems.length > 0 ? "CAUTION" : "NOTE", [
      `**${moveSummary(adoption, found)}**`,
      ...list("A move must not do this, and `cali deploy` refuses it:", found.problems),
      ...list("Changed in place, since no import can read it:", found.inPlace),
    ]),
  ];
}

/** What no key of the configuration says: nothing here knows what it means. */
function overridden({ overrides = [], stacks }: Report, room: number): string[] {
  const lines = overrides
    .filter(({ stack }) => stacks.some(({ name }) => name === stack))
    .map(({ stack, path }) => `- ${code(path)} in ${code(stack)}`);
  if (lines.length === 0) return [];
  return [
    alert("NOTE", [
      `**${counted(lines.length, "value")} of the plan ${lines.length === 1 ? "is" : "are"} an override**, not a key of the configuration:`,
      ...inPart(lines, room),
    ]),
  ];
}

/** Objects of somebody else in the shared state. */
function foreign({ stacks }: Report, room: number, refused: readonly string[]): string[] {
  const lines = plannedStacks(stacks).flatMap(({ name, plan }) =>
    foreignLossIn(name, plan).map(
      ({ address, action }) => `- ${code(address)} is ${action === "delete" ? "destroyed" : "replaced"}`,
    ),
  );
  if (lines.length === 0) return [];
  return [
    alert("CAUTION", [
      `**CALI never made ${lines.length === 1 ? "this object" : `these ${lines.length} objects`}**, and the plan destroys ${lines.length === 1 ? "it" : "them"}:`,
      ...inPart(lines, room),
      "",
      "`cali switch --hcl` takes such objects along; `removed` in the overrides forgets them, and they stay alive.",
      ...refused,
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

function dataLoss({ stacks }: Report, room: number, refused: readonly string[]): string[] {
  const lost = ofStacks(stacks, dataLossIn);
  if (lost.length === 0) return [];
  const line = ({ stack, address, action, lost }: DataLoss & { stack: string }) =>
    `- ${code(address)} in ${code(stack)} is ${action === "delete" ? "destroyed" : "replaced"}: ${lost}`;
  return [
    alert("CAUTION", [
      `**Data would be lost.** This destroys ${counted(lost.length, "object")} with data in ${lost.length === 1 ? "it" : "them"}:`,
      ...inPart(lost.map(line), room),
      ...refused,
    ]),
  ];
}

function inPlace({ stacks }: Report, room: number, refused: readonly string[]): string[] {
  const found = ofStacks(stacks, inPlaceLossIn);
  const line = ({ stack, address, attribute, from, to, lost }: InPlaceLoss & { stack: string }) =>
    `- ${code(address)} in ${code(stack)}: ${code(shortened(`${attribute} = ${from} → ${to}`))}: ${lost}`;
  const of = (kind: InPlaceLoss["kind"]) => found.filter((one) => one.kind === kind).map(line);
  const box = (
    kind: "CAUTION" | "WARNING",
    title: string,
    lines: readonly string[],
    more: readonly string[] = [],
  ) => (lines.length === 0 ? [] : [alert(kind, [title, ...inPart(lines, room), ...more])]);
  return [
    ...box("CAUTION", "**Changed in place, and data goes with it:**", of("deletes"), refused),
    ...box("WARNING", "**Less protection than before.** Nothing is deleted by this alone:", of("unprotects")),
    ...box("WARNING", "**Somebody loses access:**", of("access")),
    ...box("WARNING", "**This may delete data; nobody can tell from the plan:**", of("unknown")),
  ];
}

const LONGEST_PAIR = 160;
const LONGEST_MESSAGE = 400;
const shortened = (text: string) => (text.length > LONGEST_PAIR ? `${text.slice(0, LONGEST_PAIR)}…` : text);

function removedKeys({ stacks }: Report, room: number, refused: readonly string[]): string[] {
  const removed = ofStacks(stacks, removedKeysIn).map(
    ({ address, stack }) => `- ${code(address)} in ${code(stack)}`,
  );
  if (removed.length === 0) return [];
  return [
    alert("CAUTION", [
      `**${counted(removed.length, "object")} would go because ${removed.length === 1 ? "its key is" : "their keys are"} no longer in \`for_each\`**, such as the access of a team member who is not in \`team\`:`,
      ...inPart(removed, room),
      ...refused,
    ]),
  ];
}

/** Access that is destroyed; a key that left `for_each` has a box of its own. */
function access({ stacks }: Report, room: number): string[] {
  const gone = ofStacks(stacks, ({ resources }) =>
    resources.filter(
      ({ type, action, reason }) =>
        ACCESS_TYPES.has(type) && action === "delete" && reason !== "delete_because_each_key",
    ),
  ).map(({ address, stack }) => `- ${code(address)} in ${code(stack)}`);
  return gone.length === 0
    ? []
    : [alert("WARNING", ["**Somebody's access is destroyed:**", ...inPart(gone, room)])];
}

function exposed({ stacks }: Report, room: number): string[] {
  const lines = ofStacks(stacks, exposuresIn).map(
    ({ address, stack, attribute, hasCondition }) =>
      `- ${code(address)} in ${code(stack)}: ${code(attribute)}${hasCondition ? ", with conditions: read whether they are enough" : ""}`,
  );
  return lines.length === 0
    ? []
    : [
        alert("WARNING", [
          '**Open to everybody:** a new statement has `"Principal": "*"`:',
          ...inPart(lines, room),
        ]),
      ];
}

function failingChecks({ stacks }: Report, room: number): string[] {
  const lines = ofStacks(stacks, ({ failingChecks }) => failingChecks).map(
    ({ address, status, problems, stack }) =>
      `- ${code(address)} in ${code(stack)} ${status}${problems.length > 0 ? `: ${problems.map((text) => code(text.slice(0, LONGEST_MESSAGE))).join(", ")}` : ""}`,
  );
  return lines.length === 0
    ? []
    : [
        alert("WARNING", [
          `**${counted(lines.length, "check")} of the code ${lines.length === 1 ? "fails" : "fail"}:**`,
          ...inPart(lines, room),
        ]),
      ];
}

function warnings({ stacks, program = "Terraform" }: Report, room: number): string[] {
  const lines = ofStacks(stacks, ({ warnings }) => warnings.map((text) => ({ text }))).map(
    ({ text, stack }) => `- ${code(stack)}: ${code(text.replaceAll(/\s+/g, " ").slice(0, LONGEST_MESSAGE))}`,
  );
  return lines.length === 0
    ? []
    : [alert("NOTE", [`**${program} and its providers warn:**`, ...inPart(lines, room)])];
}

function unmasked({ stacks }: Report): string[] {
  const found = plannedStacks(stacks).filter(({ plan }) => plan.isUnmasked);
  return found.length === 0
    ? []
    : [
        alert("NOTE", [
          `**No value is shown** of ${found.map(({ name }) => code(name)).join(", ")}: the plan doesn't say which are secret. Terraform 0.15 and newer do.`,
        ]),
      ];
}
