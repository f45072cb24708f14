import { cut } from "@cali/base";
import { inlineCode, link } from "@cali/slack";
import type { Alert } from "../../core/types.ts";

/** Where people look further. */
export interface Links {
  /** Address of OpenSearch Dashboards. */
  readonly openSearch?: string;
  /** Address of Grafana. */
  readonly grafana?: string;
  /** Address of what belongs to a trace, with `{trace_id}` where the id goes. */
  readonly trace?: string;
}

const TRACE_ID = "{trace_id}";
const LONGEST_SHOWN = 64;
/** Slack's field takes 2,000 characters; half a link would be none. */
const LONGEST_URL = 1_500;
/** Lines of a trace may be this much older or newer than those that an alert counts, ms. */
const AROUND_MS = 15 * 60_000;

/** An alert's trace id, and where its lines are; `said` is what the link is called. */
export function traceOf(alert: Alert, { openSearch, trace }: Links, said: string): string {
  const id = alert.traceId ?? "";
  const shown = inlineCode(cut(id, LONGEST_SHOWN));
  // As a part of an address dots are none.
  if (/^\.{1,2}$/.test(id)) return shown;
  const lines = openSearch === undefined ? undefined : linesOf(openSearch, id, alert);
  const url = trace?.replaceAll(TRACE_ID, () => encoded(id)) ?? lines;
  return url === undefined || url.length > LONGEST_URL ? shown : `${shown} ${link(url, said)}`;
}

/** Discover's address for the lines of a trace: a query within the notation that Dashboards has for its state, rison. */
function linesOf(openSearch: string, id: string, { firstSeen, lastSeen }: Alert): string {
  const query = quoted(`trace_id:"${id.replace(/[\\"]/g, "\\$&")}"`);
  const [from, to] = [firstSeen - AROUND_MS, lastSeen + AROUND_MS].map((ms) =>
    quoted(new Date(ms).toISOString()),
  );
  const state = encoded(`(query:(language:kuery,query:${query}))`);
  return `${openSearch.replace(/\/$/, "")}/app/discover#/?_a=${state}&_g=${encoded(`(time:(from:${from},to:${to}))`)}`;
}

const quoted = (text: string) => `'${text.replace(/[!']/g, "!$&")}'`;

/** Whatever the text holds, it stays one part of an address. */
const encoded = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** Links to where an alert's lines are looked through. */
export function lookFurther({ openSearch, grafana }: Links): string {
  return [openSearch && link(openSearch, "OpenSearch"), grafana && link(grafana, "Grafana")]
    .filter(Boolean)
    .join(" · ");
}
