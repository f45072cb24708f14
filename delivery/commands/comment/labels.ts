import { z } from "zod";
import { asking, listing, unless } from "../../core/github/client.ts";
import { ensureLabel } from "../../core/github/label.ts";
import type { PullRequest } from "../../core/github/own-comment.ts";
import type { PlanState } from "../../core/report/report.ts";

/** A pull request's labels, least dangerous first; GitHub shows colour and description. */
const LABELS: Readonly<Record<PlanState, { readonly color: string; readonly description: string }>> = {
  "no-changes": { color: "0e8a16", description: "The plan changes nothing" },
  changes: { color: "fbca04", description: "The plan changes something and destroys nothing" },
  destroy: { color: "b60205", description: "The plan destroys or replaces something" },
};
const STATES = Object.keys(LABELS) as PlanState[];
const labelOf = (state: PlanState) => `plan:${state}`;

const GONE = 404;
const labelSchema = z.object({ name: z.string() });

/**
 * Gives a pull request the one label of the worst that any environment's plan does, and takes the other two away.
 *
 * @throws GithubRequestError
 */
export async function setLabel(pull: PullRequest, states: readonly PlanState[]): Promise<string> {
  const { github, owner, repo, number } = pull;
  const state = STATES.findLast((one) => states.includes(one)) ?? "no-changes";
  const desired = labelOf(state);
  const present = await listing(labelSchema, `reading the labels of pull request #${number}`, () =>
    github.paginate(github.rest.issues.listLabelsOnIssue, {
      owner,
      repo,
      issue_number: number,
      per_page: 100,
    }),
  );
  const names = new Set(present.map(({ name }) => name));
  if (!names.has(desired)) {
    await ensureLabel(pull, { name: desired, ...LABELS[state] });
    await asking(`setting the label ${desired}`, () =>
      github.rest.issues.addLabels({ owner, repo, issue_number: number, labels: [desired] }),
    );
  }
  for (const other of STATES.map(labelOf).filter((label) => label !== desired && names.has(label))) {
    await unless(GONE, () =>
      asking(`removing the label ${other}`, () =>
        github.rest.issues.removeLabel({ owner, repo, issue_number: number, name: other }),
      ),
    );
  }
  return desired;
}
