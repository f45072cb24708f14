import { cut, sparkline } from "@cali/base";
import type { Level } from "@cali/log-record";
import type { Language } from "@cali/settings";
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
import { type Texts, textsOf } from "./texts.ts";

/** How alerts are shown. */
export interface Showing extends Links {
  /** Whether somebody hears of pressed buttons. */
  readonly buttons?: boolean;
  /** Default: English. */
  readonly language?: Language;
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
  const texts = textsOf(links.language);
  const what = alert.isNew ? texts.newError : texts.goesOnStill;
  return {
    text: plain(
      cut(`${alert.level} ${service} ×${alert.count}: ${cut(alert.template, LONGEST.summary)}`, 300),
    ),
    blocks: [
      header(`${MARKS[alert.level]} ${what(alert.level, service)}`),
      ...fields([
        `*${texts.service}*\n${plain(service)}`,
        ...(alert.version ? [`*${texts.version}*\n${plain(cut(alert.version, LONGEST.word))}`] : []),
        `*${texts.level}*\n${alert.level}${alert.errorCode ? ` ${inlineCode(cut(alert.errorCode, 60))}` : ""}`,
        `*${texts.lines}*\n${alert.count}${alert.total > alert.count ? ` (${texts.inAll(alert.total)})` : ""}`,
        `*${texts.heldBack}*\n${alert.suppressed}`,
        `*${texts.firstSeen}*\n${time(alert.firstSeen)}`,
        `*${texts.lastSeen}*\n${time(alert.lastSeen)}`,
        ...(alert.podName ? [`*${texts.pod}*\n${plain(cut(alert.podName, LONGEST.word))}`] : []),
        ...(alert.traceId ? [`*${texts.trace}*\n${traceOf(alert, links, texts.traceLines)}`] : []),
        ...(alert.rate ? [`*${texts.rate(alert.rate.length)}*\n${sparkline(alert.rate)}`] : []),
      ]),
      listing(texts.template, cut(alert.template, LONGEST.template)),
      ...details(alert, texts),
      ...(links.buttons ? [buttonsOf(alert, texts)] : []),
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
export function withCause({ text, blocks }: SlackMessage, alert: Alert, language?: Language): SlackMessage {
  const texts = textsOf(language);
  const isOfCause = ({ block_id }: KnownBlock) => block_id?.startsWith(OF_CAUSE) === true;
  const first = blocks.findIndex(isOfCause);
  return {
    text,
    blocks: blocks.flatMap((block, place) => {
      if (block.type === "actions") return [buttonsOf(alert, texts)];
      // Slack wants other ids in a message that changed.
      return isOfCause(block) ? (place === first ? cause(alert, texts) : []) : [block];
    }),
  };
}

/** The cause of an alert that was sent without it, where its message cannot be changed. */
export function renderLateCause(alert: Alert, language?: Language): SlackMessage {
  const texts = textsOf(language);
  const heading = texts.causeFound(alert.level, cut(alert.service, LONGEST.service));
  const repeat = alert.mayBeRepeat ? [repeatOf(texts)] : [];
  return {
    text: plain(heading),
    blocks: [
      header(heading),
      listing(texts.template, cut(alert.template, LONGEST.template)),
      ...cause(alert, texts),
      ...context([...repeat, texts.ofTheAlert(inlineCode(cut(alert.id, LONGEST.word)))]),
    ],
  };
}

/** Its lines, and what is known of it. */
const details = (alert: Alert, texts: Texts): KnownBlock[] => [
  ...samples(alert, texts),
  ...ownFrames(alert, texts),
  ...cause(alert, texts).map((block, place) => ({ ...block, block_id: `${OF_CAUSE}${place}` })),
  ...related(alert, texts),
];

/** An alert as text alone, for when its blocks are refused. */
export function renderPlainAlert(alert: Alert, language?: Language): { text: string } {
  const texts = textsOf(language);
  const { level, service, count, template, id, mayBeRepeat } = alert;
  const what = texts.plainAlert(level, cut(service, LONGEST.service), count, cut(template, LONGEST.template));
  const repeat = mayBeRepeat ? `, ${texts.mayBeRepeat}` : "";
  return { text: plain(`${what} (${texts.alert} ${cut(id, 100)}${repeat})`) };
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
  const texts = textsOf(links.language);
  const summary = texts.digest(alerts.length, services, lines);
  const shown = alerts.slice(0, MOST_IN_DIGEST);
  const incident = incidentOf(shown, texts);
  return {
    text: summary,
    blocks: [
      header(summary),
      ...(incident
        ? [
            section(incident.about),
            ...digestEntry(incident.root, texts),
            ...details(incident.root, texts),
            ...(links.buttons ? [buttonsOf(incident.root, texts)] : []),
            ...shown.filter((alert) => alert !== incident.root).flatMap((alert) => digestEntry(alert, texts)),
          ]
        : shown.flatMap((alert) => digestEntry(alert, texts))),
      ...context([incident ? texts.oneIncident : texts.manyWaited, lookFurther(links)].filter(Boolean)),
    ],
  };
}

/** What alerts of one incident have in common, and the one that the others most likely come from; nothing: they are of several. */
function incidentOf(alerts: readonly Alert[], texts = textsOf()): { about: string; root: Alert } | undefined {
  const id = alerts[0]?.incident?.id;
  if (id === undefined || alerts.some(({ incident }) => incident?.id !== id)) return undefined;
  const name = (service: string) => plain(cut(service, LONGEST.service));
  const services = [...new Set(alerts.flatMap(({ incident }) => incident?.services ?? []))];
  const root = alerts.find(({ isSymptom }) => !isSymptom) ?? (alerts[0] as Alert);
  const begins = alerts.some((alert) => alert.id === id) ? texts.incident : texts.incidentUpdate;
  const from = services.length > 1 && !root.isSymptom ? texts.mostLikelyFrom(name(root.service)) : "";
  const where = services.slice(0, LONGEST.mutedServices).map(name).join(", ");
  return { about: `${begins(where)}${from} · ${inlineCode(cut(id, LONGEST.word))}`, root };
}

function digestEntry(alert: Alert, texts: Texts): KnownBlock[] {
  const { level, count, template, id, mayBeRepeat } = alert;
  const service = plain(cut(alert.service, LONGEST.service));
  return [
    section(
      `${MARKS[level]} ${texts.entry(level, service)} ×${count}${mayBeRepeat ? ` (${texts.mayBeRepeat})` : ""} · ${texts.alert} ${inlineCode(id)}`,
    ),
    line(words(cut(template, LONGEST.summary), { code: true })),
  ];
}

const time = (ms: number) =>
  new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");

function samples({ samples }: Alert, texts: Texts): KnownBlock[] {
  return samples
    .slice(0, 3)
    .map((sample, index) => listing(texts.line(index + 1), cut(sample, LONGEST.sample)));
}

function ownFrames({ ownFrames: frames = [] }: Alert, texts: Texts): KnownBlock[] {
  return frames.length === 0 ? [] : [listing(texts.ownFrames, cut(frames.join("\n"), LONGEST.frames))];
}

function cause(alert: Alert, texts: Texts): KnownBlock[] {
  const { cause: known } = alert;
  if (!known) {
    return [
      section(`*${texts.cause}*\n${texts.unknown}`),
      ...near(alert, texts),
      ...unavailable(alert, texts),
    ];
  }
  const { cause: said, action, note } = texts.known(known);
  const notes = [known.origin === "proposed" ? texts.proposed : "", note].filter(Boolean);
  const origin = notes.length === 0 ? "" : ` (${notes.join(", ")})`;
  const about = aboutCause(known, texts);
  return [
    line(
      words(texts.cause, { bold: true }),
      words(`${origin}\n${cut(said, LONGEST.cause)}\n`),
      words(texts.action, { bold: true }),
      words(`\n${cut(action, LONGEST.action)}`),
      ...(about.length > 0 ? [words("\n"), ...about] : []),
    ),
  ];
}

/** None of them is this error: they are shown for what they may suggest. */
function near({ nearest = [] }: Alert, texts: Texts): KnownBlock[] {
  if (nearest.length === 0) return [];
  const lines = nearest
    .slice(0, 3)
    .flatMap(({ pattern, cause, similarity }) => [
      words(`\n• ${similarity.toFixed(2)} `),
      words(cut(pattern, LONGEST.near), { code: true }),
      words(` ${cut(texts.nearCause(cause), LONGEST.near)}`),
    ]);
  return [line(words(texts.nearest, { italic: true }), ...lines)];
}

function unavailable({ unavailable: why }: Alert, texts: Texts): KnownBlock[] {
  return why === undefined
    ? []
    : [line(words(texts.unavailable(cut(why, LONGEST.unavailable)), { italic: true }))];
}

/** What answered, how similar, since when, and where it says more. */
function aboutCause(
  { tier, similarity, since, entry, link: runbook }: KnownCause,
  texts: Texts,
): RichTextElement[] {
  const about = [
    tier && texts.tiers[tier],
    similarity !== undefined && texts.similarity(similarity.toFixed(2)),
    since !== undefined && texts.since(time(since).slice(0, 10)),
    entry !== undefined && texts.knowledge(cut(entry, LONGEST.entry)),
  ]
    .filter(Boolean)
    .join(" · ");
  return [
    ...(about === "" ? [] : [words(about, { italic: true })]),
    ...(runbook !== undefined && runbook.length <= LONGEST.link
      ? [words(" "), anchor(runbook, texts.runbook)]
      : []),
  ];
}

/** What else goes on: what changed, what it may come from, what is quiet because of it. */
function related({ changed, mayBeCausedBy = [], muted }: Alert, texts: Texts): KnownBlock[] {
  const names = (services: readonly string[]) => {
    const rest = services.length - LONGEST.mutedServices;
    return `${services.slice(0, LONGEST.mutedServices).join(", ")}${rest > 0 ? texts.andMore(rest) : ""}`;
  };
  const name = (service: string) => plain(cut(service, LONGEST.service));
  return [
    ...(changed
      ? [
          section(
            `*${texts.changed}*\n${texts.newVersion(plain(cut(changed.version, LONGEST.word)), time(changed.since), plain(cut(changed.before, LONGEST.word)))}`,
          ),
        ]
      : []),
    ...(mayBeCausedBy.length > 0
      ? [section(`*${texts.mayBeCausedBy}*\n${names(mayBeCausedBy.map(name))}`)]
      : []),
    ...(muted.length > 0
      ? [section(`*${texts.quiet}*\n${names(muted.map(({ by, count }) => `${name(by)} ×${count}`))}`)]
      : []),
  ];
}

const repeatOf = (texts: Texts) => `*${texts.mayBeRepeat}*: ${texts.whyRepeat}`;

function footer(alert: Alert, links: Showing): string {
  const texts = textsOf(links.language);
  const repeat = alert.mayBeRepeat ? `${repeatOf(texts)} · ` : "";
  const further = lookFurther(links);
  const { incident } = alert;
  const update =
    incident && incident.id !== alert.id
      ? ` · ${texts.updateOf(inlineCode(cut(incident.id, LONGEST.word)))}`
      : "";
  const silence = ` · ${inlineCode(`consumer silence ${cut(alert.id, LONGEST.word)}`)}`;
  return `${repeat}${texts.alert} ${inlineCode(alert.id)}${update}${silence}${further ? ` · ${further}` : ""}`;
}
