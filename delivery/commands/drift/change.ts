import { bytes, code, counted } from "../../core/markdown.ts";
import { type Finding, type FindingId, findingText, NOTHING } from "./finding.ts";
import type { Marker } from "./marker.ts";
import { titleOf } from "./render.ts";
import type { DriftReport } from "./report.ts";

/** What became of an environment's drift since the last notification. */
export type Change = "still-none" | "found" | "changed" | "same" | "gone";

/** @param before digest of the last notification; undefined: there was none. */
export function changeSince(before: string | undefined, now: string): Change {
  const old = before ?? NOTHING;
  if (old === now) return now === NOTHING ? "still-none" : "same";
  if (old === NOTHING) return "found";
  return now === NOTHING ? "gone" : "changed";
}

/** The part of a comment that each list may fill, in bytes. */
const LIST_BYTES = 15_000;

/** What is written to an issue when its drift is another one, or gone. */
export function changeComment(before: Marker, report: DriftReport): string {
  const { findings, digest, links } = report;
  const run = links?.run ? ` ([the run](${links.run}))` : "";
  if (digest === NOTHING) return `**The drift is gone**: the environment is as main says${run}.`;
  if (before.digest === NOTHING) {
    return [`**There is drift again**${run}: ${counted(findings.length, "finding")}.`, list(findings)].join(
      "\n\n",
    );
  }
  if (before.findings === undefined) {
    return `**The drift is another one**${run}: ${counted(findings.length, "finding")}, which stand above.`;
  }
  const old = new Map(before.findings.map((one) => [idOf(one), one]));
  const current = new Set(findings.map(idOf));
  const isNew = (one: Finding) => !old.has(idOf(one));
  const isOther = (one: Finding) => old.has(idOf(one)) && old.get(idOf(one))?.fingerprint !== one.fingerprint;
  const gone = before.findings.filter((one) => !current.has(idOf(one)));
  const parts = [
    part("New", list(findings.filter(isNew))),
    part("Other than before", list(findings.filter(isOther))),
    part("No longer found", fitting(gone.filter((one) => isKnown(one, report)).map(oldLine))),
    part("Not looked at this time", fitting(gone.filter((one) => !isKnown(one, report)).map(oldLine))),
  ];
  return [`**The drift is another one**${run}.`, ...parts.filter((text) => text !== "")].join("\n\n");
}

const idOf = ({ kind, stack, key }: FindingId) => JSON.stringify([kind, stack, key]);

/** Whether this run would have found it: nothing is known of a stack that could not be planned. */
function isKnown(
  { kind, stack }: FindingId,
  { stacks, areStatesKnown, areRightsKnown, areRunsKnown }: DriftReport,
): boolean {
  const hasFailed = stacks.some(({ status }) => status === "failed");
  if (kind === "failed") return true;
  if (kind === "unknown-state") return areStatesKnown;
  if (kind === "waiting") return areRunsKnown;
  if (kind === "added-rights" && !areRightsKnown) return false;
  if (kind === "same-object") return !hasFailed && areStatesKnown;
  const own = stacks.find(({ name }) => name === stack);
  return own === undefined || own.status === "planned";
}

const part = (title: string, text: string) => (text === "" ? "" : `**${title}**\n\n${text}`);

const list = (findings: readonly Finding[]) =>
  fitting(findings.map(({ words }) => `- ${findingText(words, (value) => code(value))}`));

const oldLine = ({ kind, stack, key }: FindingId) =>
  `- ${titleOf(kind)}: ${key === "" ? code(stack) : `${code(key)} in ${code(stack)}`}`;

function fitting(lines: readonly string[]): string {
  let left = LIST_BYTES;
  const shown = lines.filter((line) => {
    left -= bytes(line) + 1;
    return left >= 0;
  });
  const rest = lines.length - shown.length;
  return [...shown, ...(rest > 0 ? [`- and ${rest} more`] : [])].join("\n");
}
