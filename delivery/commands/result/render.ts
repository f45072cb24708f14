import { cut } from "@cali/base";
import { alert, cellCode, code, commitText, fence, table } from "../../core/markdown.ts";
import type { Notice, StackNotice } from "../../core/notice/notice.ts";
import { changesText, durationText } from "../../core/notice/words.ts";

const OUTCOMES: Readonly<Record<Notice["outcome"], string>> = {
  success: "done",
  failure: "failed",
  cancelled: "cancelled",
  superseded: "left to a later run",
};
/** These are as the commit says. */
const DONE: ReadonlySet<string> = new Set(["applied", "unchanged"]);
const LONGEST_REASON = 4_000;
const MOST_LINES = 40;
/** What fits into a line. */
const LONGEST_NOTE = 200;

export interface ResultOptions {
  /** The file of the workflow that deployed. */
  readonly workflow: string;
  /** The artifact that holds Terraform's words; undefined: none is kept. */
  readonly artifact: string | undefined;
}

/** What became of a deployment, for the pull request whose change it was: what was applied, what failed and why, what is left. */
export function renderResult(notice: Notice, { workflow, artifact }: ResultOptions): string {
  const { environment, outcome, stacks, trouble } = notice;
  const said = stacks.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]));
  const notes = said.filter(isShort).map(({ name, reason }) => `- ${code(name)}: ${code(reason)}`);
  const reasons = said.filter((one) => !isShort(one));
  return [
    `## Deployment to ${code(environment)}: ${OUTCOMES[outcome]}`,
    about(notice, workflow),
    ...left(notice),
    ...(stacks.length > 0 ? [stackTable(stacks)] : []),
    ...(notes.length > 0 ? [notes.join("\n")] : []),
    ...reasons.map(({ name, reason }) => `${code(name)}:\n\n${words(reason)}`),
    ...(trouble === undefined ? [] : [outcome === "superseded" ? later(trouble) : words(trouble)]),
    ...(artifact === undefined
      ? []
      : [`The whole logs are in the artifact ${code(artifact)} of ${runOf(notice)}.`]),
  ].join("\n\n");
}

const isShort = ({ reason }: { reason: string }) => reason.length <= LONGEST_NOTE && !reason.includes("\n");

/** By which commit and run it is deployed; links work only outside of code. */
function later(trouble: string): string {
  const [commit, run] = trouble.match(/https?:\/\/[\w.:/-]+/g) ?? [];
  if (commit === undefined) return words(trouble);
  const by = run === undefined ? "" : ` Its run is [this one](${run}).`;
  return `It is deployed with [a later commit](${commit}).${by}`;
}

const runOf = ({ links }: Notice) => (links?.run ? `[the run](${links.run})` : "the run");

function about(notice: Notice, workflow: string): string {
  const { commit, links, approvers, failedSteps, durationMs } = notice;
  const shown = commit && commitText(commit, links);
  const took = durationMs === undefined ? "" : ` in ${durationText(durationMs)}`;
  return [
    `${code(workflow)}${shown ? ` with commit ${shown}` : ""}${took} (${runOf(notice)})`,
    ...(approvers.length > 0 ? [`approved by ${approvers.map(code).join(", ")}`] : []),
    ...(failedSteps.length > 0 ? [`failed step: ${failedSteps.map(code).join(", ")}`] : []),
  ].join("; ");
}

/** What the reader has to do. */
function left({ outcome, stacks, trouble }: Notice): string[] {
  if (outcome === "success" || outcome === "superseded") return [];
  const open = stacks.filter(({ status }) => !DONE.has(status)).map(({ name }) => code(name));
  const what =
    stacks.length === 0
      ? "**Nothing was applied.**"
      : open.length === 0
        ? "**Every stack is deployed; a step after that failed.**"
        : `**Left to do: ${open.join(", ")}.**`;
  const next = trouble?.includes("Remedy:")
    ? "Why, and what to do, stands below."
    : "Run the job again once the cause is gone: it goes on with what is left. To go back, revert the change.";
  return [alert("CAUTION", [what, next])];
}

function stackTable(stacks: readonly StackNotice[]): string {
  const rows = stacks.map(({ name, status, isFailed, changes }) => {
    const counts = changes ? changesText([changes]) : "·";
    return [cellCode(name), isFailed ? `**${status}**` : status, counts];
  });
  return table(["stack", "result", "plan"], rows, "---");
}

/** A reason's last lines. */
function words(reason: string): string {
  const lines = reason.trimEnd().split("\n").slice(-MOST_LINES);
  return fence(
    "text",
    lines
      .map((line) => cut(line, LONGEST_REASON / 4))
      .join("\n")
      .slice(-LONGEST_REASON)
      .split("\n"),
  );
}
