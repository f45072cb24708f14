import { type LineLabel, readLabels } from "@cali/log-generator";
import type { Alert } from "../services/consumer/src/types.ts";
import type { RaisedAlert } from "./pipeline.ts";

/** How a run of the real pipeline compares with what the generator knows. */
export interface RunScore {
  /** WARN, ERROR and FATAL lines that are valid. */
  readonly troubleLines: number;
  /** Templates of services among them. */
  readonly troubles: number;
  /** Share of these services' troubles with an alert of that service and level. */
  readonly told: number;
  /** Share of alerts of a service that had trouble of that level. */
  readonly right: number;
  /** Times from the line that began an alert to the alert, ms. */
  readonly delays: readonly number[];
}

/** Compares the alerts of a run with its labels. */
export async function scoreRun(labelsFile: string, alerts: readonly RaisedAlert[]): Promise<RunScore> {
  const troubles = new Set<string>();
  const places = new Set<string>();
  let troubleLines = 0;
  for await (const label of readLabels(labelsFile)) {
    if (!label.valid || !isTrouble(label)) continue;
    troubleLines++;
    troubles.add(`${label.service} ${label.level} ${label.template}`);
    places.add(placeOf(label));
  }
  const toldPlaces = new Set(alerts.map(({ alert }) => placeOf(alert)));
  const told = [...troubles].filter((trouble) => toldPlaces.has(trouble.split(" ", 2).join(" "))).length;
  const right = alerts.filter(({ alert }) => places.has(placeOf(alert))).length;
  return {
    troubleLines,
    troubles: troubles.size,
    told: troubles.size === 0 ? 1 : told / troubles.size,
    right: alerts.length === 0 ? 1 : right / alerts.length,
    delays: alerts.filter(({ alert }) => alert.isNew).map(({ alert, at }) => at - alert.firstSeen),
  };
}

const isTrouble = ({ level }: LineLabel) => level === "WARN" || level === "ERROR" || level === "FATAL";

const placeOf = ({ service, level }: Pick<Alert, "service" | "level">) => `${service} ${level}`;
