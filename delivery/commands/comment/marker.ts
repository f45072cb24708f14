import { z } from "zod";
import type { CommentKind, Marked } from "../../core/github/own-comment.ts";
import type { PlanState } from "../../core/report/report.ts";

/** What the hidden first line of a plan's comment says. */
export interface Marker extends Marked {
  readonly environment: string;
  readonly state: PlanState;
}

const markerSchema = z.object({
  environment: z.string(),
  state: z.enum(["no-changes", "changes", "destroy"]),
  run: z.string().transform(Number),
});

const MARKER =
  /^<!-- cali:plan environment=(?<environment>[a-z0-9-]+) state=(?<state>[a-z-]+) run=(?<run>\d{1,15}) -->/;

/** A plan's comments: one for each environment. */
export const PLAN_COMMENT: CommentKind<Marker> = {
  line: ({ environment, state, run }) =>
    `<!-- cali:plan environment=${environment} state=${state} run=${run} -->\n`,
  read: (body) => markerSchema.safeParse(MARKER.exec(body)?.groups).data,
  key: ({ environment }) => environment,
};
