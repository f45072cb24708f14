import { z } from "zod";
import type { PlanState } from "../../core/report/report.ts";

/** What the hidden first line of a comment says, by which later runs find it. */
export interface Marker {
  readonly environment: string;
  readonly state: PlanState;
  /** The workflow's run that wrote it; later ones have higher numbers. 0 outside of a workflow. */
  readonly run: number;
}

const markerSchema = z.object({
  environment: z.string(),
  state: z.enum(["no-changes", "changes", "destroy"]),
  run: z.string().transform(Number),
});

const MARKER =
  /^<!-- cali:plan environment=(?<environment>[a-z0-9-]+) state=(?<state>[a-z-]+) run=(?<run>\d{1,15}) -->/;

/** The marker as a comment's first line, which GitHub doesn't show. */
export function markerLine({ environment, state, run }: Marker): string {
  return `<!-- cali:plan environment=${environment} state=${state} run=${run} -->\n`;
}

/** The marker of a comment; undefined for one that isn't a plan's. Whether CALI wrote it, only its author says. */
export function readMarker(body: string): Marker | undefined {
  const parsed = markerSchema.safeParse(MARKER.exec(body)?.groups);
  return parsed.success ? parsed.data : undefined;
}
