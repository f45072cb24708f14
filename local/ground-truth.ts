import { type LineLabel, readLabels } from "@cali/log-generator";
import type { Alert } from "../services/consumer/src/core/types.ts";
import type { RaisedAlert } from "./pipeline.ts";

/** How a run of the real pipeline compares with what the generator knows. An alert's place is its service and level. */
export interface RunScore {
  /** WARN, ERROR and FATAL lines that are valid. */
  readonly troubleLines: number;
  /** Places of these lines. */
  readonly places: number;
  /** Share of the places with an alert. */
  readonly notified: number;
  /** Share of the alerts whose place had such lines. */
  readonly right: number;
  /** Messages: alerts that are sent as one incident. */
  readonly messages: number;
  /** Share of the messages that say what no earlier one has said: an incident of the labels, or an error that is of none. */
  readonly messagePrecision: number;
  /** Share of the labels' incidents with an ERROR or FATAL line that a message is about. */
  readonly incidentRecall: number;
  /** Times from the line that began an alert of a new template to the alert, ms; others wait on purpose. */
  readonly delays: readonly number[];
}

/** Compares the alerts of a run with its labels. */
export async function scoreRun(labelsFile: string, alerts: readonly RaisedAlert[]): Promise<RunScore> {
  const places = new Set<string>();
  /** What an ERROR or FATAL line is of, by its service and time. */
  const truths = new Map<string, string>();
  const incidents = new Set<string>();
  let troubleLines = 0;
  for await (const label of readLabels(labelsFile)) {
    if (!label.valid || !isTrouble(label)) continue;
    troubleLines++;
    places.add(placeOf(label));
    if (label.level === "WARN") continue;
    if (label.incident !== null) incidents.add(label.incident);
    truths.set(
      lineOf(label.service, Date.parse(label.timestamp)),
      label.incident ?? `${label.template} alone`,
    );
  }
  const notifiedPlaces = new Set(alerts.map(({ alert }) => placeOf(alert)));
  const messages = messagesOf(alerts, truths);
  const notifiedBefore = new Set<string>();
  const precise = messages.filter(({ about }) => !notifiedBefore.has(about) && notifiedBefore.add(about));
  const notifiedIncidents = new Set(messages.flatMap(({ all }) => [...all]));
  const right = alerts.filter(({ alert }) => places.has(placeOf(alert))).length;
  return {
    troubleLines,
    places: places.size,
    notified:
      places.size === 0 ? 1 : [...places].filter((place) => notifiedPlaces.has(place)).length / places.size,
    right: alerts.length === 0 ? 1 : right / alerts.length,
    messages: messages.length,
    messagePrecision: messages.length === 0 ? 1 : precise.length / messages.length,
    incidentRecall:
      incidents.size === 0
        ? 1
        : [...incidents].filter((id) => notifiedIncidents.has(id)).length / incidents.size,
    delays: alerts.filter(({ alert }) => alert.isNew).map(({ alert, at }) => at - alert.firstSeen),
  };
}

/** What each message is about: what most of its alerts are of; and all that they are of. */
function messagesOf(alerts: readonly RaisedAlert[], truths: ReadonlyMap<string, string>) {
  const byIncident = Map.groupBy(alerts, ({ alert }) => alert.incident?.id ?? alert.id);
  return [...byIncident.values()].map((together) => {
    const counts = new Map<string, number>();
    for (const { alert } of together) {
      const truth = truths.get(lineOf(alert.service, alert.firstSeen)) ?? `${alert.fingerprint} unknown`;
      counts.set(truth, (counts.get(truth) ?? 0) + 1);
    }
    const [[about = ""] = []] = [...counts].sort(([, a], [, b]) => b - a);
    return { about, all: new Set(counts.keys()) };
  });
}

const lineOf = (service: string, at: number) => `${service} ${at}`;

const isTrouble = ({ level }: LineLabel) => level === "WARN" || level === "ERROR" || level === "FATAL";

const placeOf = ({ service, level }: Pick<Alert, "service" | "level">) => `${service} ${level}`;
