import { bytes, code, details, fence, htmlCode } from "../markdown.ts";
import {
  type ActionInvocation,
  countsOf,
  type DeferredChange,
  type Drift,
  type DriftFate,
  isChange,
  type OutputChange,
  type ResourceChange,
} from "../plan-json/model.ts";
import type { Difference } from "../plan-json/path.ts";
import { driftLines } from "./attributes.ts";
import { GROUPS, type Group, groupOf } from "./groups.ts";
import type { Report, StackReport } from "./report.ts";
import { headline, section, sourceLink } from "./resource.ts";
import { type Texts, textsOf } from "./texts.ts";

/** How much of a resource is shown. */
export type Level = "full" | "line" | "counted";

/** A resource in a comment, each way it can be shown. */
export interface Item {
  readonly stack: string;
  readonly group: Group;
  readonly full: string;
  readonly line: string;
  level: Level;
}

/** What is shown of the attributes of one stack's resources; nothing of those that stay as they are. */
export function itemsOf(report: Report, stack: StackReport, longest: number): Item[] {
  if (stack.status !== "planned") return [];
  return stack.plan.resources.filter(isChange).map(
    (resource: ResourceChange): Item => ({
      stack: stack.name,
      group: groupOf(resource),
      full: section(report, { stack: stack.name, resource, longest }),
      line: `- ${headline(report, stack.name, resource)}`,
      level: "counted",
    }),
  );
}

/** The size of an item at a level, with the empty line before it. */
export function sizeOf(item: Item, level: Level): number {
  return level === "counted" ? 0 : bytes(item[level]) + 2;
}

/** A stack, folded; undefined where there is nothing to say of it. */
export function stackBlock(
  report: Report,
  { stack, items, longest }: { stack: StackReport; items: readonly Item[]; longest: number },
): string | undefined {
  const name = `<b>${htmlCode(stack.name)}</b>`;
  const texts = textsOf(report);
  if (stack.status === "failed") {
    return details(`${name}: ${texts.blockFailed}`, fence("text", stack.reason.split("\n")));
  }
  if (stack.status === "waiting") {
    const why = stack.reason === undefined ? "" : `\n\n${fence("text", stack.reason.split("\n"))}`;
    const waits = texts.waitsFor(stack.waitsFor.map((other) => code(other)).join(", "));
    return details(`${name}: ${texts.blockWaits}`, waits + why);
  }
  const { plan } = stack;
  const groups = GROUPS.flatMap((group) =>
    groupBlock(
      texts,
      group,
      items.filter((item) => item.group === group),
    ),
  );
  const blocks = [
    ...actionBlock(texts, plan.actions, longest),
    ...deferredBlock(texts, plan.deferred),
    ...driftBlock(report, stack.name, plan.drift, longest),
    ...groups,
    ...outputBlock(texts, plan.outputs, longest),
  ];
  if (blocks.length === 0) return undefined;
  return details(`${name}: ${countsText(stack, texts)}`, blocks.join("\n\n"));
}

/** How many objects each thing happens to, in words. */
export function countsText(
  { plan }: StackReport & { status: "planned" },
  texts: Texts = textsOf({}),
): string {
  const counts = countsOf(plan);
  const named = texts.counts;
  const kinds = ["replace", "delete", "create", "update", "import", "move", "forget", "drift"] as const;
  const words = [
    ...kinds.map((kind) => [counts[kind], named[kind]] as const),
    [plan.actions.length, named.actions(plan.actions.length)],
    [plan.deferred.length, named.deferred],
    [plan.outputs.length, named.outputs(plan.outputs.length)],
  ] as const;
  const said = words.filter(([count]) => count > 0).map(([count, word]) => texts.counted(count, word));
  return said.join(", ") || texts.dataToRead;
}

function groupBlock(texts: Texts, group: Group, items: readonly Item[]): string[] {
  if (items.length === 0) return [];
  const isBlock = ({ level, line, full }: Item) => level === "full" && line !== full;
  const blocks = items.filter(isBlock).map(({ full }) => full);
  const lines = items.filter((item) => item.level !== "counted" && !isBlock(item)).map(({ line }) => line);
  const rest = items.length - blocks.length - lines.length;
  if (rest > 0) lines.push(`- ${texts.and(rest)}`);
  return [
    `#### ${texts.groups[group]}: ${items.length}`,
    ...blocks,
    ...(lines.length > 0 ? [lines.join("\n")] : []),
  ];
}

/** One line about an object that was changed outside. */
export function driftLine(report: Report, stack: string, { address, type, isDeleted }: Drift): string {
  const name = address.slice(address.lastIndexOf(`${type}.`) + type.length + 1).replace(/\[.*/s, "");
  const link = sourceLink(report, stack, { type, name });
  return [code(address), ...(link ? [link] : []), ...(isDeleted ? [textsOf(report).isGone] : [])].join(" · ");
}

function driftBlock(report: Report, stack: string, drift: readonly Drift[], longest: number): string[] {
  if (drift.length === 0) return [];
  const blockOf = (one: Drift) => {
    const line = driftLine(report, stack, one);
    return one.isDeleted ? `- ${line}` : `${line}\n\n${fence("diff", driftLines(one.differences, longest))}`;
  };
  const texts = textsOf(report);
  const parts = FATES.flatMap((fate) => {
    const found = drift.filter((one) => one.fate === fate);
    return found.length === 0 ? [] : [texts.fates[fate], ...found.map(blockOf)];
  });
  return [`#### ${texts.drift}: ${drift.length}`, ...parts];
}

/** What applying does about changes outside, in the order in which they are shown. */
export const FATES = [
  "set-back",
  "changed-again",
  "made-anew",
  "forgotten",
  "accepted",
] as const satisfies DriftFate[];

function outputBlock(texts: Texts, outputs: readonly OutputChange[], longest: number): string[] {
  if (outputs.length === 0) return [];
  return [
    `#### ${texts.outputs}: ${outputs.length}`,
    fence("diff", driftLines(outputDifferences(outputs), longest)),
  ];
}

/** Outputs as differences, each by its name. */
export const outputDifferences = (outputs: readonly OutputChange[]): Difference[] =>
  outputs.map(({ name, before, after }) => ({ path: [name], before, after }));

/** One line about an action: what it is and when it runs. */
export function actionLine({ address, trigger, deferred }: ActionInvocation): string {
  const when = trigger ? `${eventText(trigger.event)} ${code(trigger.resource)}` : "asked for by name";
  return `${code(address)} · ${when}${deferred === undefined ? "" : ` · put off: ${code(deferred)}`}`;
}

/** `BeforeCreate`: before it creates. Source: `action_trigger` of Terraform's configuration language. */
function eventText(event: string): string {
  const [, when, what] = /^(Before|After)(Create|Update|Destroy)$/.exec(event) ?? [];
  return when && what ? `${when} it ${what}s`.toLowerCase() : code(event);
}

function actionBlock(texts: Texts, actions: readonly ActionInvocation[], longest: number): string[] {
  if (actions.length === 0) return [];
  const blocks = actions.map((action) => {
    const line = actionLine(action);
    if (action.settings.length === 0) return `- ${line}`;
    return `${line}\n\n${fence("diff", driftLines(action.settings, longest))}`;
  });
  return [`#### ${texts.actionsToRun}: ${actions.length}`, ...blocks];
}

function deferredBlock(texts: Texts, deferred: readonly DeferredChange[]): string[] {
  if (deferred.length === 0) return [];
  const lines = deferred.map((change) => `- ${deferredLine(change)}`);
  return [`#### ${texts.putOffList}: ${deferred.length}`, lines.join("\n")];
}

/** One line about a change that waits for a later plan. */
export const deferredLine = ({ address, actions, reason }: DeferredChange): string =>
  `${code(address)} · ${actions.map(code).join(", ")} · because of ${code(reason)}`;
