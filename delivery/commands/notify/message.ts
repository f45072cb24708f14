import { cut } from "@cali/base";
import {
  codeBlock,
  context,
  fields,
  inlineCode,
  inSections,
  link,
  message,
  plain,
  type SlackMessage,
  section,
} from "@cali/slack";
import type { CostChange } from "../../core/cost/cost-change.ts";
import type { Notice, StackNotice } from "../../core/notice/notice.ts";
import { changesText, durationText } from "../../core/notice/words.ts";

const ERROR_LINES = 15;
const MOST_LOSSES = 10;
const LONGEST_STEP = 80;
/** Failures with their own block; more are in the list of stacks. */
const MOST_FAILURES = 10;
const OUTCOMES = {
  success: "done",
  failure: "failed",
  cancelled: "cancelled",
  superseded: "superseded",
} as const;
const SIGNS = { success: "✅", failure: "❌", cancelled: "⏹️", superseded: "⏭️" } as const;

/** A run in one message: what, who, how much, each stack on a line, what failed with its last lines, where to look. */
export function noticeMessage(notice: Notice): SlackMessage {
  const { kind, environment, outcome, stacks, trouble } = notice;
  const title = `${SIGNS[outcome]} ${environment}: ${kind} ${OUTCOMES[outcome]}`;
  const failures = stacks.filter(({ isFailed }) => isFailed);
  return message(title, [
    ...fields(fieldsOf(notice)),
    ...lossBlock(notice),
    ...destroyBlock(notice),
    ...inSections(stacks.map(stackLine)),
    ...failures.slice(0, MOST_FAILURES).flatMap(failureBlock),
    ...(trouble === undefined ? [] : [section(codeBlock(trouble, { limit: 2_000, lines: ERROR_LINES }))]),
    ...linksOf(notice),
  ]);
}

/** What goes for good stands above everything else. */
const lossBlock = ({ losses }: Notice) =>
  listBlock("⚠️ *Data would be lost*", losses, ({ lost }) => `: ${plain(lost)}`);

/** What else is destroyed: what loses data stands above already. */
function destroyBlock({ destroys, losses }: Notice): SlackMessage["blocks"] {
  const said = new Set(losses.map(({ stack, address }) => `${stack} ${address}`));
  const others = destroys.filter(({ stack, address }) => !said.has(`${stack} ${address}`));
  const title = losses.length > 0 ? "*Destroyed or replaced besides*" : "*Destroyed or replaced*";
  return listBlock(title, others, ({ action }) => ` is ${action === "delete" ? "destroyed" : "replaced"}`);
}

function listBlock<One extends { readonly stack: string; readonly address: string }>(
  title: string,
  all: readonly One[],
  what: (one: One) => string,
): SlackMessage["blocks"] {
  if (all.length === 0) return [];
  const shown = all
    .slice(0, MOST_LOSSES)
    .map((one) => `• ${inlineCode(one.address)} in ${inlineCode(one.stack)}${what(one)}`);
  const rest = all.length - shown.length;
  return inSections([title, ...shown, ...(rest > 0 ? [`• and ${rest} more`] : [])]);
}

function fieldsOf({
  actor,
  approvers,
  failedSteps,
  commit,
  links,
  stacks,
  cost,
  durationMs,
  awaitsApproval,
}: Notice): string[] {
  const changes = stacks.flatMap((stack) => stack.changes ?? []);
  return [
    ["Who", actor && inlineCode(actor)],
    ["Approved by", approvers.map(inlineCode).join(", ")],
    ["Failed step", failedSteps.map((name) => inlineCode(cut(name, LONGEST_STEP))).join(", ")],
    [
      "Commit",
      commit &&
        (links
          ? link(`${links.repository}/commit/${commit}`, commit.slice(0, 7))
          : inlineCode(commit.slice(0, 7))),
    ],
    ["Changes", changes.length > 0 ? changesText(changes) : undefined],
    ["Cost a month", cost && costText(cost)],
    ["Next", awaitsApproval ? "this plan waits for its approval, in the run" : undefined],
    ["Took", durationMs === undefined ? undefined : durationText(durationMs)],
  ].flatMap(([name, value]) => (value ? [`*${name}*\n${value}`] : []));
}

function costText({ before, after, unknown }: CostChange): string {
  const difference = after - before;
  const known = `${after.toFixed(2)} USD (${difference >= 0 ? "+" : ""}${difference.toFixed(2)})`;
  return unknown === 0 ? known : `${known} and ${unknown} unknown`;
}

function stackLine({ name, status, isFailed, changes }: StackNotice): string {
  const counts = changes ? changesText([changes]) : "none";
  return `• ${inlineCode(name)} ${isFailed ? `*${plain(status)}*` : plain(status)}${counts === "none" ? "" : `: ${counts}`}`;
}

function failureBlock({ name, reason }: StackNotice): SlackMessage["blocks"] {
  if (reason === undefined) return [];
  return [section(`*${inlineCode(name)}*\n${codeBlock(reason, { limit: 2_500, lines: ERROR_LINES })}`)];
}

function linksOf({ links, pullRequest }: Notice): SlackMessage["blocks"] {
  return context([
    ...(links?.run ? [link(links.run, "the run")] : []),
    ...(links && pullRequest !== undefined
      ? [link(`${links.repository}/pull/${pullRequest}`, `pull request #${pullRequest}`)]
      : []),
  ]);
}
