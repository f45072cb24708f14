import { cut } from "@cali/base";
import { context, inlineCode, message, plain, type SlackMessage, section } from "@cali/slack";
import type { DigestReport } from "./digest.ts";
import type { QualityReport, Verdict } from "./quality.ts";

const MARKS: Record<Verdict, string> = { ok: "🟢", warn: "🟡", fail: "🔴" };
const LONGEST_CHECK = 200;
const MOST_CHECKS = 15;
const LONGEST_TEMPLATE = 120;
const MOST_TEMPLATES = 10;

export function qualityText({ summary, comparedDays, checks, verdict }: QualityReport): string {
  return [
    `Quality of ${summary.date}: ${verdict} (${summary.records} records, compared with ${comparedDays} of the 7 days before)`,
    ...checks.map((check) => `  ${check.verdict.padEnd(4)}  ${check.name.padEnd(12)}  ${check.text}`),
  ].join("\n");
}

export function qualityMessage({ summary, comparedDays, checks, verdict }: QualityReport): SlackMessage {
  const heading = `${MARKS[verdict]} Quality of ${summary.date}: ${verdict}`;
  const shown = checks
    .slice(0, MOST_CHECKS)
    .map((check) => `${MARKS[check.verdict]} *${check.name}* ${plain(cut(check.text, LONGEST_CHECK))}`);
  const rest = checks.length - shown.length;
  return message(heading, [
    ...shown.map(section),
    ...(rest > 0 ? [section(`… and ${rest} more`)] : []),
    ...context([`${summary.records} records, compared with ${comparedDays} of the 7 days before`]),
  ]);
}

export function digestText({ digest, newTemplates, movers, hasDayBefore }: DigestReport): string {
  const levels = Object.entries(digest.byLevel).map(([level, count]) => `${count} ${level}`);
  return [
    `Errors of ${digest.date}: ${digest.lines} lines${levels.length > 0 ? ` (${levels.join(", ")})` : ""}, ${digest.templates.length} templates, ${newTemplates.length} of them new`,
    ...digest.templates
      .slice(0, MOST_TEMPLATES)
      .map(
        ({ level, service, count, template }) =>
          `  ${level.padEnd(5)}  ${String(count).padStart(7)}  ${service}: ${cut(template, LONGEST_TEMPLATE)}`,
      ),
    ...(hasDayBefore
      ? movers.map(
          ({ entry, before }) =>
            `  ${before} → ${entry.count}  ${entry.service}: ${cut(entry.template, LONGEST_TEMPLATE)}`,
        )
      : ["  (the day before was not summed up)"]),
  ].join("\n");
}

export function digestMessage({ digest, newTemplates, movers, hasDayBefore }: DigestReport): SlackMessage {
  const heading = `Errors of ${digest.date}: ${digest.lines} lines, ${digest.templates.length} templates, ${newTemplates.length} new`;
  const top = digest.templates
    .slice(0, MOST_TEMPLATES)
    .map(
      ({ level, service, count, template }) =>
        `*${level}* ${plain(cut(service, 40))} ×${count} ${inlineCode(cut(template, LONGEST_TEMPLATE))}`,
    );
  const changes = movers
    .slice(0, MOST_TEMPLATES / 2)
    .map(
      ({ entry, before }) =>
        `${before} → ${entry.count} ${plain(cut(entry.service, 40))} ${inlineCode(cut(entry.template, LONGEST_TEMPLATE))}`,
    );
  const fresh = newTemplates
    .slice(0, MOST_TEMPLATES / 2)
    .map((text) => inlineCode(cut(text, LONGEST_TEMPLATE)));
  const services = Object.entries(digest.byService)
    .slice(0, MOST_TEMPLATES)
    .map(([service, count]) => `${plain(cut(service, 40))} ${count}`);
  return message(heading, [
    ...(services.length > 0 ? [section(`*Services* ${services.join(", ")}`)] : []),
    ...lines("Most often", top),
    ...lines("New", fresh),
    ...lines("Changed most", changes),
    ...context([hasDayBefore ? "Compared with the day before" : "The day before was not summed up"]),
  ]);
}

/** Each line is a section of its own, so that none can push another over Slack's limit. */
const lines = (name: string, texts: readonly string[]) =>
  texts.length === 0 ? [] : [section(`*${name}*`), ...texts.map(section)];
