import { basename } from "node:path";
import { z } from "zod";
import type { RefreshedTable } from "../../core/cost/price-list/refresh.ts";
import { asking, askingFor, type Repository, unless } from "../../core/github/client.ts";
import { code } from "../../core/markdown.ts";

const BRANCH = "cali/prices";
const TITLE = "chore: prices as AWS's list has them";
const EXISTS = 422;
const GONE = 404;

const repositorySchema = z.object({ default_branch: z.string() });
const refSchema = z.object({ object: z.object({ sha: z.string() }) });
const shaSchema = z.object({ sha: z.string() });
const pullSchema = z.object({ number: z.number() });
const openedSchema = z.object({ html_url: z.string() });
const contentSchema = z.union([
  z.object({ type: z.literal("file"), content: z.string() }),
  // A folder, a link, a submodule.
  z.object({ type: z.string() }),
  z.array(z.unknown()),
]);

/** What changed, by region; empty regions are said, too. */
export function pricesMarkdown(tables: readonly RefreshedTable[]): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${code(line)}`);
  return tables
    .flatMap(({ region, changes, kept }) => [
      `### ${code(region)}`,
      "",
      ...(changes.length > 0 ? list(changes) : ["No price is another one; the dates are new."]),
      ...(kept.length > 0
        ? ["", "AWS's list doesn't say these, so they stay as they were:", "", ...list(kept)]
        : []),
      "",
    ])
    .join("\n")
    .trimEnd();
}

/**
 * Puts the tables on a branch of their own and opens a pull request; the next run writes the same one anew. Without a table that
 * differs from main's there is none.
 *
 * @returns what was done, in a sentence.
 * @throws GithubRequestError
 */
export async function openPricePullRequest(
  { github, owner, repo }: Repository,
  tables: readonly RefreshedTable[],
): Promise<string> {
  const at = { owner, repo };
  const { default_branch: base } = await askingFor(repositorySchema, "reading the repository", () =>
    github.rest.repos.get(at),
  );
  const pathOf = ({ path }: RefreshedTable) => `delivery/core/cost/prices/${basename(path)}`;
  const isSame = await Promise.all(
    tables.map(async (table) => (await fileAt({ github, ...at }, pathOf(table), base)) === table.text),
  );
  const different = tables.filter((_, place) => !isSame[place]);
  if (different.length === 0) return "Nothing differs from what is merged: no pull request is needed.";
  const writing = "writing a commit";
  const { object: head } = await askingFor(refSchema, writing, () =>
    github.rest.git.getRef({ ...at, ref: `heads/${base}` }),
  );
  const tree = await askingFor(shaSchema, writing, () =>
    github.rest.git.createTree({
      ...at,
      base_tree: head.sha,
      tree: different.map((table) => ({
        path: pathOf(table),
        mode: "100644" as const,
        type: "blob" as const,
        content: table.text,
      })),
    }),
  );
  const { sha } = await askingFor(shaSchema, writing, () =>
    github.rest.git.createCommit({
      ...at,
      message: `${TITLE}\n\nRead from AWS's price list; each price names its date and source.`,
      tree: tree.sha,
      parents: [head.sha],
    }),
  );
  const made = await unless(EXISTS, () =>
    asking(`making the branch ${BRANCH}`, () =>
      github.rest.git.createRef({ ...at, ref: `refs/heads/${BRANCH}`, sha }),
    ),
  );
  if (made === undefined) {
    await asking(`setting the branch ${BRANCH}`, () =>
      github.rest.git.updateRef({ ...at, ref: `heads/${BRANCH}`, sha, force: true }),
    );
  }
  const body = `${pricesMarkdown(different)}\n\nThe sums that docs/pipeline.md and test/delivery/cost-prices.test.ts name change with the prices. Close and reopen this pull request so that its checks run: what a workflow opens starts none.`;
  const open = await askingFor(z.array(pullSchema), "listing pull requests", () =>
    github.rest.pulls.list({ ...at, state: "open", head: `${owner}:${BRANCH}` }),
  );
  const [there] = open;
  const { html_url: url } = await askingFor(openedSchema, "opening the pull request", () =>
    there
      ? github.rest.pulls.update({ ...at, pull_number: there.number, body })
      : github.rest.pulls.create({ ...at, head: BRANCH, base, title: TITLE, body }),
  );
  return `The pull request is ${there ? "updated" : "opened"}: ${url}`;
}

async function fileAt(
  { github, owner, repo }: Repository,
  path: string,
  ref: string,
): Promise<string | undefined> {
  const found = await unless(GONE, () =>
    askingFor(contentSchema, `reading ${path}`, () =>
      github.rest.repos.getContent({ owner, repo, path, ref }),
    ),
  );
  return found && "content" in found ? Buffer.from(found.content, "base64").toString("utf8") : undefined;
}
