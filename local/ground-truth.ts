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
  readonly told: number;
  /** Share of the alerts whose place had such lines. */
  readonly right: number;
  /** Times from the line that began an alert of a new template to the alert, ms; others wait on purpose. */
  readonly delays: readonly number[];
}

/** Compares the alerts of a run with its labels. */
export async function scoreRun(labelsFile: string, alerts: readonly RaisedAlert[]): Promise<RunScore> {
  const places = new Set<string>();
  let troubleLines = 0;
  for await (const label of readLabels(labelsFile)) {
    if (!label.valid || !isTrouble(label)) continue;
    troubleLines++;
    places.add(placeOf(label));
  }
  const toldPlaces = new Set(alerts.map(({ alert }) => placeOf(alert)));
  const right = alerts.filter(({ alert }) => places.has(placeOf(alert))).length;
  return {
    troubleLines,
    places: places.size,
    told: places.size === 0 ? 1 : [...places].filter((place) => toldPlaces.has(place)).length / places.size,
    right: alerts.length === 0 ? 1 : right / alerts.length,
    delays: alerts.filter(({ alert }) => alert.isNew).map(({ alert, at }) => at - alert.firstSeen),
  };
}

const isTrouble = ({ level }: LineLabel) => level === "WARN" || level === "ERROR" || level === "FATAL";

const placeOf = ({ service, level }: Pick<Alert, "service" | "level">) => `${service} ${level}`;
