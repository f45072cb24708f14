import type { CommentKind, Marked } from "../../core/github/own-comment.ts";

/** What the hidden first line of a result's comment says. */
interface Marker extends Marked {
  readonly environment: string;
  /** The file of the workflow that deployed, such as `terraform.yml`. */
  readonly workflow: string;
}

const MARKER =
  /^<!-- cali:result environment=(?<environment>[a-z0-9-]+) workflow=(?<workflow>[\w.-]+) run=(?<run>\d{1,15}) -->/;

/** Comments on what became of a deployment: one for each environment and workflow. */
export const RESULT_COMMENT: CommentKind<Marker> = {
  line: ({ environment, workflow, run }) =>
    `<!-- cali:result environment=${environment} workflow=${workflow} run=${run} -->\n`,
  read: (body) => {
    const { environment, workflow, run } = MARKER.exec(body)?.groups ?? {};
    if (environment === undefined || workflow === undefined) return undefined;
    return { environment, workflow, run: Number(run) };
  },
  key: ({ environment, workflow }) => `${environment} ${workflow}`,
};
