import { z } from "zod";
import { asking, askingFor, listing, type Repository, unless } from "./client.ts";

const EXISTS = 422;

const pullSchema = z.object({
  merged_at: z.string().nullable(),
  labels: z.array(z.object({ name: z.string() })),
});
const eventSchema = z.object({
  id: z.number(),
  event: z.string(),
  created_at: z.string(),
  label: z.object({ name: z.string().nullish() }).optional(),
});

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

/**
 * The labels that a pull request had when it was merged: what is set afterwards, nobody has reviewed. One that is not merged has those of now.
 *
 * @throws GithubRequestError
 */
export async function labelsAtMerge(
  { github, owner, repo }: Repository,
  number: number,
): Promise<ReadonlySet<string>> {
  const { merged_at: mergedAt, labels: now } = await askingFor(
    pullSchema,
    `reading pull request #${number}`,
    () => github.rest.pulls.get({ owner, repo, pull_number: number }),
  );
  if (mergedAt === null) return new Set(now.map(({ name }) => name));
  const events = await listing(eventSchema, `reading the events of #${number}`, () =>
    github.paginate(github.rest.issues.listEvents, { owner, repo, issue_number: number, per_page: 100 }),
  );
  const labels = new Set<string>();
  for (const event of events.sort((a, b) => a.id - b.id)) {
    const name = event.label?.name;
    if (!name || event.created_at > mergedAt) continue;
    if (event.event === "labeled") labels.add(name);
    if (event.event === "unlabeled") labels.delete(name);
  }
  return labels;
}
