import { asking } from "../github/client.ts";
import { GithubRequestError } from "../github/errors.ts";
import type { PullRequest } from "./pull-request.ts";
import type { PlanState } from "./report.ts";

/** A pull request's labels, least dangerous first; GitHub shows colour and description. */
const LABELS: Readonly<Record<PlanState, { readonly color: string; readonly description: string }>> = {
  "no-changes": { color: "0e8a16", description: "The plan changes nothing" },
  changes: { color: "fbca04", description: "The plan changes something and destroys nothing" },
  destroy: { color: "b60205", description: "The plan destroys or replaces something" },
};
const STATES = Object.keys(LABELS) as PlanState[];
const labelOf = (state: PlanState) => `plan:${state}`;

const GONE = 404;
const EXISTS = 422;

/**
 * Gives a pull request the one label of the worst that any environment's plan does, and takes the other two away.
 *
 * @throws GithubRequestError
 */
export async function setLabel(pull: PullRequest, states: readonly PlanState[]): Promise<string> {
  const { github, owner, repo, number } = pull;
  const state = STATES.findLast((one) => states.includes(one)) ?? "no-changes";
  const wanted = labelOf(state);
  const present = await asking(`reading the labels of pull request #${number}`, () =>
    github.paginate(github.rest.issues.listLabelsOnIssue, {
      owner,
      repo,
      issue_number: number,
      per_page: 100,
    }),
  );
  const names = new Set(present.map(({ name }) => name));
  if (!names.has(wanted)) {
    await createLabel(pull, state);
    await asking(`setting the label ${wanted}`, () =>
      github.rest.issues.addLabels({ owner, repo, issue_number: number, labels: [wanted] }),
    );
  }
  for (const other of STATES.map(labelOf).filter((label) => label !== wanted && names.has(label))) {
    await unless(GONE, () =>
      asking(`removing the label ${other}`, () =>
        github.rest.issues.removeLabel({ owner, repo, issue_number: number, name: other }),
      ),
    );
  }
  return wanted;
}

/** With its colour. A repository that has the label keeps what it made of it. */
async function createLabel({ github, owner, repo }: PullRequest, state: PlanState): Promise<void> {
  const name = labelOf(state);
  await unless(EXISTS, () =>
    asking(`making the label ${name}`, () =>
      github.rest.issues.createLabel({ owner, repo, name, ...LABELS[state] }),
    ),
  );
}

/** Runs a request; this status means that it is done already. */
async function unless(status: number, request: () => Promise<unknown>): Promise<void> {
  try {
    await request();
  } catch (error) {
    if (!(error instanceof GithubRequestError) || error.status !== status) throw error;
  }
}
