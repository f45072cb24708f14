import { cut } from "@cali/base";
import type { Language } from "@cali/settings";
import { context, header, inlineCode, plain, type SlackMessage, section } from "@cali/slack";
import type { Alert } from "../../core/types.ts";
import type { NotifiedIncident } from "./incident-board.ts";
import { textsOf } from "./texts.ts";

const MOST_SHOWN = 8;
const LONGEST = { service: 40, template: 100 };

const names = (services: readonly string[]) =>
  [...new Set(services)]
    .slice(0, MOST_SHOWN)
    .map((service) => plain(cut(service, LONGEST.service)))
    .join(", ");

const time = (ms: number) => new Date(ms).toISOString().replace("T", " ").slice(0, 16);

/** What an incident has come to by these alerts, above its first message. */
export function statusOf(alerts: readonly Alert[], language?: Language): string {
  const [newest] = alerts.toSorted((a, b) => b.lastSeen - a.lastSeen);
  if (newest === undefined) return "";
  const services = names(newest.incident?.services ?? [newest.service]);
  return textsOf(language).goesOn(
    services,
    newest.level,
    plain(cut(newest.service, LONGEST.service)),
    time(newest.lastSeen),
    inlineCode(cut(newest.template, LONGEST.template)),
  );
}

/** An incident that has been quiet. */
export function renderResolved(
  { id, services, alerts, lines }: NotifiedIncident,
  language?: Language,
): SlackMessage {
  const texts = textsOf(language);
  return {
    text: `✅ ${texts.resolved(names(services))}`,
    blocks: [
      header(`✅ ${texts.resolved(services.slice(0, MOST_SHOWN).join(", "))}`),
      section(texts.noMoreLines(alerts, lines)),
      ...context([texts.incidentId(inlineCode(cut(id, 64)))]),
    ],
  };
}
