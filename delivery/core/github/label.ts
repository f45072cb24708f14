import { z } from "zod";
import { GithubRequestError } from "../errors.ts";
import { answered, asking, type Github } from "./client.ts";
import type { GithubEnvironment } from "./environment.ts";

const EXISTS = 422;

const pullSchema = z.object({
  merged_at: z.string().nullable(),
  labels: z.array(z.object({ name: z.string() })),
});
const eventsSchema = z.array(
  z.object({
    id: z.number(),
    event: z.string(),
    created_at: z.string(),
    label: z.object({ name: z.string().nullish() }).optional(),
  }),
);

/** A repository, and who is asked for it. */
export interface Repository extends Pick<GithubEnvironment, "owner" | "repo"> {
  readonly github: Github;
}

/** A label as GitHub shows it; the colour is six hexadecimal digits. */
export interface Label {
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

/**
 * Makes a label. A repository that has the label keeps what it made of it.
 *
 * @throws GithubRequestError
 */
export async function ensureLabel({ github, owner, repo }: Repository, label: Label): Promise<void> {
  await unless(EXISTS, () =>
    asking(`making the label ${label.name}`, () => github.rest.issues.createLabel({ owner, repo, ...label })),
  );
}

/** Runs a request; this status means that it is done already, or that nothing is there, and gives undefined. */
export async function unless<T>(status: number, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof GithubRequestError) || error.status !== status) throw error;
    return undefined;
  }
}

/**
 * The labels that a pull request had when it was merged: what is set afterwards, nobody has reviewed. One that is not merged has those of now.
 *
 * @throws GithubRequestError
 */
export async function labelsAtMerge(
  { github, owner, repo }: Repository,
  number: number,
): Promise<ReadonlySet<string>> {
  const reading = `reading pull request #${number}`;
  const { data } = await asking(reading, () => github.rest.pulls.get({ owner, repo, pull_number: number }));
  const { merged_at: mergedAt, labels: now } = answered(pullSchema, reading, data);
  if (mergedAt === null) return new Set(now.map(({ name }) => name));
  const following = `reading the events of #${number}`;
  const listed = await asking(following, () =>
    github.paginate(github.rest.issues.listEvents, { owner, repo, issue_number: number, per_page: 100 }),
  );
  const events = answered(eventsSchema, following, listed);
  const labels = new Set<string>();
  for (const event of events.sort((a, b) => a.id - b.id)) {
    const name = event.label?.name;
    if (!name || event.created_at > mergedAt) continue;
    if (event.event === "labeled") labels.add(name);
    if (event.event === "unlabeled") labels.delete(name);
  }
  return labels;
}
