import { cut, sparkline } from "@cali/base";
import type { Level } from "@cali/log-record";
import {
  anchor,
  context,
  fields,
  header,
  inlineCode,
  line,
  listing,
  plain,
  type SlackMessage,
  section,
  words,
} from "@cali/slack";
import type { KnownBlock, RichTextElement } from "@slack/types";
import type { Alert, KnownCause } from "../../core/types.ts";
import { buttonsOf } from "./buttons/blocks.ts";
import { type Links, lookFurther, traceOf } from "./links.ts";

/** How alerts are shown. */
export interface Showing extends Links {
  /** Whether somebody hears of pressed buttons. */
  readonly buttons?: boolean;
}

const MARKS: Record<Level, string> = {
  DEBUG: "⚪",
  INFO: "🔵",
  WARN: "🟡",
  ERROR: "🔴",
  FATAL: "⛔",
};

/** Longest parts, before they are escaped: escaping makes a character five at most, and parts of it seven. */
const LONGEST = {
  service: 40,
  template: 300,
  sample: 300,
  /** As long as the knowledge base takes it: half an address is of no use. */
  cause: 1_000,
  action: 1_000,
  summary: 100,
  entry: 16,
  near: 65,
  unavailable: 100,
  link: 300,
  mutedServices: 8,
  word: 64,
  frames: 400,
};

/** An alert as a Slack message, within Slack's limits whatever the log text holds. */
export function renderAlert(alert: Alert, links: Showing = {}): SlackMessage {
  const service = cut(alert.service, LONGEST.service);
  const what = alert.isNew ? "new error" : "still going on";
  return {
    text: plain(
      cut(`${alert.level} ${service} ×${alert.count}: ${cut(alert.template, LONGEST.summary)}`, 300),
    ),
    blocks: [
      header(`${MARKS[alert.level]} ${alert.level} in ${service}: ${what}`),
      ...fields([
        `*Service*\n${plain(service)}`,
        ...(alert.version ? [`*Version*\n${plain(cut(alert.version, LONGEST.word))}`] : []),
        `*Level*\n${alert.level}${alert.errorCode ? ` ${inlineCode(cut(alert.errorCode, 60))}` : ""}`,
        `*Lines*\n${alert.count}${alert.total > alert.count ? ` (${alert.total} in all)` : ""}`,
        `*Held back*\n${alert.suppressed}`,
        `*First seen*\n${time(alert.firstSeen)}`,
        `*Last seen*\n${time(alert.lastSeen)}`,
        ...(alert.podName ? [`*Pod*\n${plain(cut(alert.podName, LONGEST.word))}`] : []),
        ...(alert.traceId ? [`*Trace*\n${traceOf(alert, links)}`] : []),
        ...(alert.rate ? [`*Lines a minute, the last ${alert.rate.length}*\n${sparkline(alert.rate)}`] : []),
      ]),
      listing("Template", cut(alert.template, LONGEST.template)),
      ...details(alert),
      ...(links.buttons ? [buttonsOf(alert)] : []),
      ...context([footer(alert, links)]),
    ],
  };
}

/** With what the ids of the blocks begin that say what is known of the cause. */
const OF_CAUSE = "cause-";

/** The alert whose details a message has: its only one, or the one that the others of an incident most likely come from. */
export function detailedOf(alerts: readonly Alert[]): Alert | undefined {
  return alerts.length === 1 ? alerts[0] : incidentOf(alerts.slice(0, MOST_IN_DIGEST))?.root;
}

/** A message that was sent, with the cause of the alert whose details it has. */
export function withCause({ text, blocks }: SlackMessage, alert: Alert): SlackMessage {
  const isOfCause = ({ block_id }: KnownBlock) => block_id?.startsWith(OF_CAUSE) === true;
  const first = blocks.findIndex(isOfCause);
  return {
    text,
    blocks: blocks.flatMap((block, place) => {
      if (block.type === "actions") return [buttonsOf(alert)];
      // Slack wants other ids in a message that changed.
      return isOfCause(block) ? (place === first ? cause(alert) : []) : [block];
    }),
  };
}

/** The cause of an alert that was sent without it, where its message cannot be changed. */
export function renderLateCause(alert: Alert): SlackMessage {
  const heading = `Cause found: ${alert.level} in ${cut(alert.service, LONGEST.service)}`;
  const repeat = alert.mayBeRepeat ? [REPEAT] : [];
  return {
    text: plain(heading),
    blocks: [
      header(heading),
      listing("Template", cut(alert.template, LONGEST.template)),
      ...cause(alert),
      ...context([...repeat, `of the alert ${inlineCode(cut(alert.id, LONGEST.word))}`]),
    ],
  };
}

/** Its lines, and what is known of it. */
const details = (alert: Alert): KnownBlock[] => [
  ...samples(alert),
  ...ownFrames(alert),
  ...cause(alert).map((block, place) => ({ ...block, block_id: `${OF_CAUSE}${place}` })),
  ...related(alert),
];

/** An alert as text alone, for when its blocks are refused. */
export function renderPlainAlert(alert: Alert): { text: string } {
  const { level, service, count, template, id, mayBeRepeat } = alert;
  const what = `${level} in ${cut(service, LONGEST.service)}, ${count} lines: ${cut(template, LONGEST.template)}`;
  return { text: plain(`${what} (alert ${cut(id, 100)}${mayBeRepeat ? ", may be a repeat" : ""})`) };
}

/** Most alerts of one digest: each is shown, whole and within Slack's limits. */
export const MOST_IN_DIGEST = 12;

/**
 * Many alerts as one message: when too many wait, one message for each would come too late to help. Those of one incident have the details of the
 * one that the others most likely come from.
 */
export function renderDigest(alerts: readonly Alert[], links: Showing = {}): SlackMessage {
  const lines = alerts.reduce((sum, { count }) => sum + count, 0);
  const services = new Set(alerts.map(({ service }) => service)).size;
  const summary = `${alerts.length} alerts from ${services} service${services === 1 ? "" : "s"}, ${lines} lines`;
  const shown = alerts.slice(0, MOST_IN_DIGEST);
  const incident = incidentOf(shown);
  return {
    text: summary,
    blocks: [
      header(summary),
      ...(incident
        ? [
            section(incident.about),
            ...digestEntry(incident.root),
            ...details(incident.root),
            ...(links.buttons ? [buttonsOf(incident.root)] : []),
            ...shown.filter((alert) => alert !== incident.root).flatMap(digestEntry),
          ]
        : shown.flatMap(digestEntry)),
      ...context(
        [incident ? "One incident" : "Many alerts waited, so they come together", lookFurther(links)].filter(
          Boolean,
        ),
      ),
    ],
  };
}

/** What alerts of one incident have in common, and the one that the others most likely come from; nothing: they are of several. */
function incidentOf(alerts: readonly Alert[]): { about: string; root: Alert } | undefined {
  const id = alerts[0]?.incident?.id;
  if (id === undefined || alerts.some(({ incident }) => incident?.id !== id)) return undefined;
  const name = (service: string) => plain(cut(service, LONGEST.service));
  const services = [...new Set(alerts.flatMap(({ incident }) => incident?.services ?? []))];
  const root = alerts.find(({ isSymptom }) => !isSymptom) ?? (alerts[0] as Alert);
  const begins = alerts.some((alert) => alert.id === id) ? "Incident" : "Update of the incident";
  const from = services.length > 1 && !root.isSymptom ? `, most likely from ${name(root.service)}` : "";
  const where = services.slice(0, LONGEST.mutedServices).map(name).join(", ");
  return { about: `*${begins}* in ${where}${from} · ${inlineCode(cut(id, LONGEST.word))}`, root };
}

function digestEntry(alert: Alert): KnownBlock[] {
  const { level, count, template, id, mayBeRepeat } = alert;
  const service = plain(cut(alert.service, LONGEST.service));
  return [
    section(
      `${MARKS[level]} *${level}* in ${service} ×${count}${mayBeRepeat ? " (may be a repeat)" : ""} · alert ${inlineCode(id)}`,
    ),
    line(words(cut(template, LONGEST.summary), { code: true })),
  ];
}

const time = (ms: number) =>
  new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");

function samples({ samples }: Alert): KnownBlock[] {
  return samples
    .slice(0, 3)
    .map((sample, index) => listing(`Line ${index + 1}`, cut(sample, LONGEST.sample)));
}

function ownFrames({ ownFrames: frames = [] }: Alert): KnownBlock[] {
  return frames.length === 0 ? [] : [listing("Own frames", cut(frames.join("\n"), LONGEST.frames))];
}

function cause(alert: Alert): KnownBlock[] {
  const { cause: known } = alert;
  if (!known) return [section("*Cause*\nunknown"), ...near(alert), ...unavailable(alert)];
  const origin = known.origin === "proposed" ? " (proposed, not confirmed by a person)" : "";
  const about = aboutCause(known);
  return [
    line(
      words("Cause", { bold: true }),
      words(`${origin}\n${cut(known.cause, LONGEST.cause)}\n`),
      words("Action", { bold: true }),
      words(`\n${cut(known.action, LONGEST.action)}`),
      ...(about.length > 0 ? [words("\n"), ...about] : []),
    ),
  ];
}

/** None of them is this error: they are shown for what they may suggest. */
function near({ nearest = [] }: Alert): KnownBlock[] {
  if (nearest.length === 0) return [];
  const lines = nearest
    .slice(0, 3)
    .flatMap(({ pattern, cause, similarity }) => [
      words(`\n• ${similarity.toFixed(2)} `),
      words(cut(pattern, LONGEST.near), { code: true }),
      words(` ${cut(cause, LONGEST.near)}`),
    ]);
  return [line(words("Known errors that read most alike; none is the same:", { italic: true }), ...lines)];
}

function unavailable({ unavailable: why }: Alert): KnownBlock[] {
  return why === undefined
    ? []
    : [line(words(`Knowledge unavailable: ${cut(why, LONGEST.unavailable)}`, { italic: true }))];
}

const TIERS: Record<NonNullable<KnownCause["tier"]>, string> = {
  hash: "known of this template",
  signature: "known by its signature",
  vector: "known of a similar template",
  llm: "proposed by a language model",
};

/** What answered, how similar, since when, and where it says more. */
function aboutCause({ tier, similarity, since, entry, link: runbook }: KnownCause): RichTextElement[] {
  const about = [
    tier && TIERS[tier],
    similarity !== undefined && `similarity ${similarity.toFixed(2)}`,
    since !== undefined && `since ${time(since).slice(0, 10)}`,
    entry !== undefined && `knowledge ${cut(entry, LONGEST.entry)}`,
  ]
    .filter(Boolean)
    .join(" · ");
  return [
    ...(about === "" ? [] : [words(about, { italic: true })]),
    ...(runbook !== undefined && runbook.length <= LONGEST.link
      ? [words(" "), anchor(runbook, "runbook")]
      : []),
  ];
}

/** What else goes on: what changed, what it may come from, what is quiet because of it. */
function related({ changed, mayBeCausedBy = [], muted }: Alert): KnownBlock[] {
  const names = (services: readonly string[]) => {
    const rest = services.length - LONGEST.mutedServices;
    return `${services.slice(0, LONGEST.mutedServices).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  };
  const name = (service: string) => plain(cut(service, LONGEST.service));
  return [
    ...(changed
      ? [
          section(
            `*Changed*\nversion ${plain(cut(changed.version, LONGEST.word))} since ${time(changed.since)}, before that ${plain(cut(changed.before, LONGEST.word))}`,
          ),
        ]
      : []),
    ...(mayBeCausedBy.length > 0 ? [section(`*May be caused by*\n${names(mayBeCausedBy.map(name))}`)] : []),
    ...(muted.length > 0
      ? [
          section(
            `*Quiet meanwhile, because they depend on it*\n${names(muted.map(({ by, count }) => `${name(by)} ×${count}`))}`,
          ),
        ]
      : []),
  ];
}

const REPEAT = "*may be a repeat*: the consumer was stopped while it was being sent";

function footer(alert: Alert, links: Links): string {
  const repeat = alert.mayBeRepeat ? `${REPEAT} · ` : "";
  const further = lookFurther(links);
  const { incident } = alert;
  const update =
    incident && incident.id !== alert.id
      ? ` · update of the incident ${inlineCode(cut(incident.id, LONGEST.word))}`
      : "";
  const silence = ` · ${inlineCode(`consumer silence ${cut(alert.id, LONGEST.word)}`)}`;
  return `${repeat}alert ${inlineCode(alert.id)}${update}${silence}${further ? ` · ${further}` : ""}`;
}
