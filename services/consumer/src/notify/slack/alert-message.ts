import type { Level } from "@cali/log-record";
import { cut } from "../../core/text.ts";
import type { Alert, KnownCause } from "../../core/types.ts";
import { context, fields, header, LIMITS, type SlackMessage, section } from "./blocks.ts";
import { code, inlineCode, plain, title } from "./text.ts";

/** Where people look further. */
export interface Links {
  /** Address of OpenSearch Dashboards. */
  readonly openSearch?: string;
  /** Address of Grafana. */
  readonly grafana?: string;
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
  cause: 250,
  action: 250,
  summary: 100,
  entry: 16,
  near: 65,
  unavailable: 100,
  link: 300,
  mutedServices: 8,
};

/** An alert as a Slack message, within Slack's limits whatever the log text holds. */
export function renderAlert(alert: Alert, links: Links = {}): SlackMessage {
  const service = cut(alert.service, LONGEST.service);
  const what = alert.isNew ? "new error" : "still going on";
  return {
    text: plain(
      cut(`${alert.level} ${service} ×${alert.count}: ${cut(alert.template, LONGEST.summary)}`, 300),
    ),
    blocks: [
      header(cut(title(`${MARKS[alert.level]} ${alert.level} in ${service}: ${what}`), LIMITS.headerText)),
      fields([
        `*Service*\n${plain(service)}`,
        `*Level*\n${alert.level}${alert.errorCode ? ` ${inlineCode(cut(alert.errorCode, 60))}` : ""}`,
        `*Lines*\n${alert.count}${alert.total > alert.count ? ` (${alert.total} in all)` : ""}`,
        `*Held back*\n${alert.suppressed}`,
        `*First seen*\n${time(alert.firstSeen)}`,
        `*Last seen*\n${time(alert.lastSeen)}`,
      ]),
      section(`*Template*\n${code(cut(alert.template, LONGEST.template))}`),
      ...samples(alert),
      section(cause(alert)),
      ...(alert.muted.length > 0 ? [section(muted(alert))] : []),
      context(footer(alert, links)),
    ],
  };
}

/** An alert as text alone, for when its blocks are refused. */
export function renderPlainAlert(alert: Alert): { text: string } {
  const { level, service, count, template, id, mayBeRepeat } = alert;
  const what = `${level} in ${cut(service, LONGEST.service)}, ${count} lines: ${cut(template, LONGEST.template)}`;
  return { text: plain(`${what} (alert ${cut(id, 100)}${mayBeRepeat ? ", may be a repeat" : ""})`) };
}

/** Most alerts of one digest: each is shown, whole and within Slack's limits. */
export const MOST_IN_DIGEST = 12;

/** Many alerts as one message: when too many wait, one message for each would come too late to help. */
export function renderDigest(alerts: readonly Alert[], links: Links = {}): SlackMessage {
  const lines = alerts.reduce((sum, { count }) => sum + count, 0);
  const services = new Set(alerts.map(({ service }) => service)).size;
  const summary = `${alerts.length} alerts from ${services} service${services === 1 ? "" : "s"}, ${lines} lines`;
  return {
    text: summary,
    blocks: [
      header(summary),
      ...alerts.slice(0, MOST_IN_DIGEST).map(digestEntry),
      context(["Many alerts waited, so they come together", lookFurther(links)].filter(Boolean).join(" · ")),
    ],
  };
}

function digestEntry(alert: Alert) {
  const { level, count, template, id, mayBeRepeat } = alert;
  const service = plain(cut(alert.service, LONGEST.service));
  return section(
    `${MARKS[level]} *${level}* in ${service} ×${count}${mayBeRepeat ? " (may be a repeat)" : ""}\n${inlineCode(cut(template, LONGEST.summary))}\nalert ${inlineCode(id)}`,
  );
}

const time = (ms: number) =>
  new Date(ms)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");

function samples({ samples }: Alert) {
  return samples
    .slice(0, 3)
    .map((sample, index) => section(`*Line ${index + 1}*\n${code(cut(sample, LONGEST.sample))}`));
}

function cause(alert: Alert): string {
  const { cause: known } = alert;
  if (!known) return ["*Cause*\nunknown", ...near(alert), ...unavailable(alert)].join("\n");
  const origin = known.origin === "proposed" ? " (proposed, not confirmed by a person)" : "";
  const texts = `*Cause*${origin}\n${plain(cut(known.cause, LONGEST.cause))}\n*Action*\n${plain(cut(known.action, LONGEST.action))}`;
  const about = aboutCause(known);
  return about === "" ? texts : `${texts}\n_${about}_`;
}

/** None of them is this error: they are shown for what they may suggest. */
function near({ nearest = [] }: Alert): string[] {
  if (nearest.length === 0) return [];
  const lines = nearest
    .slice(0, 3)
    .map(
      ({ pattern, cause, similarity }) =>
        `• ${similarity.toFixed(2)} ${inlineCode(cut(pattern, LONGEST.near))} ${plain(cut(cause, LONGEST.near))}`,
    );
  return ["_Known errors that read most alike; none is the same:_", ...lines];
}

function unavailable({ unavailable: why }: Alert): string[] {
  return why === undefined ? [] : [`_Knowledge unavailable: ${plain(cut(why, LONGEST.unavailable))}_`];
}

const TIERS: Record<NonNullable<KnownCause["tier"]>, string> = {
  hash: "known of this template",
  signature: "known by its signature",
  vector: "known of a similar template",
  llm: "proposed by a language model",
};

/** What answered, how similar, since when, and where it says more. */
function aboutCause({ tier, similarity, since, entry, link }: KnownCause): string {
  return [
    tier && TIERS[tier],
    similarity !== undefined && `similarity ${similarity.toFixed(2)}`,
    since !== undefined && `since ${time(since).slice(0, 10)}`,
    entry !== undefined && `knowledge ${plain(cut(entry, LONGEST.entry))}`,
    link !== undefined && link.length <= LONGEST.link && anchor(link, "runbook"),
  ]
    .filter(Boolean)
    .join(" · ");
}

function muted({ muted: services }: Alert): string {
  const shown = services
    .slice(0, LONGEST.mutedServices)
    .map(({ by, count }) => `${plain(cut(by, LONGEST.service))} ×${count}`);
  const rest = services.length - shown.length;
  return `*Quiet meanwhile, because they depend on it*\n${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function footer(alert: Alert, links: Links): string {
  const repeat = alert.mayBeRepeat
    ? "*may be a repeat*: the consumer was stopped while it was being sent · "
    : "";
  const further = lookFurther(links);
  return `${repeat}alert ${inlineCode(alert.id)}${further ? ` · ${further}` : ""}`;
}

/** Links are the configuration's or the knowledge base's, which were validated; nothing of the log text is in them. */
const anchor = (url: string, words: string) =>
  `<${encodeURI(url).replaceAll("|", "%7C").replaceAll(">", "%3E")}|${words}>`;

function lookFurther({ openSearch, grafana }: Links): string {
  return [openSearch && anchor(openSearch, "OpenSearch"), grafana && anchor(grafana, "Grafana")]
    .filter(Boolean)
    .join(" · ");
}
