import { asking, type Github } from "../../core/github/client.ts";
import type { GithubEnvironment } from "../../core/github/environment.ts";
import { isBy, ownLogin } from "../../core/github/own-login.ts";
import { type Marker, markerLine, readMarker } from "./marker.ts";

/** A pull request of a repository. */
export interface PullRequest extends Pick<GithubEnvironment, "owner" | "repo"> {
  readonly github: Github;
  readonly number: number;
}

interface PlanComment {
  readonly id: number;
  readonly nodeId: string;
  readonly url: string;
  readonly marker: Marker;
}

/** What became of a comment. */
export interface Posted {
  readonly did: "created" | "updated" | "superseded";
  readonly url: string;
  /** What the newest comment of each environment says, this one's included. */
  readonly markers: readonly Marker[];
}

const MINIMIZE = `mutation ($id: ID!) {
  minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } }
}`;

/**
 * Writes a plan's comment: into the environment's newest one if there is any, else into a new one. Older ones are folded away as
 * outdated. Of several runs at once each looks again after it wrote, so that one comment stays. A run that is older than the one
 * that wrote the comment leaves it.
 *
 * @throws GithubRequestError
 */
export async function postComment(pull: PullRequest, marker: Marker, markdown: string): Promise<Posted> {
  const { github, owner, repo, number } = pull;
  const body = markerLine(marker) + markdown;
  const login = await ownLogin(github);
  const before = await planComments(pull, login);
  const [newest] = newestFirst(before, marker.environment);
  if (newest && newest.marker.run > marker.run) {
    return { did: "superseded", url: newest.url, markers: markersOf(before) };
  }
  const url = await asking(`writing the comment of pull request #${number}`, async () => {
    const { data } = newest
      ? await github.rest.issues.updateComment({ owner, repo, comment_id: newest.id, body })
      : await github.rest.issues.createComment({ owner, repo, issue_number: number, body });
    return data.html_url;
  });
  const after = await planComments(pull, login);
  const [, ...older] = newestFirst(after, marker.environment);
  for (const { nodeId } of older) {
    await asking("folding an outdated comment away", () => github.graphql(MINIMIZE, { id: nodeId }));
  }
  return { did: newest ? "updated" : "created", url, markers: markersOf(after) };
}

/** The plans' comments that this login wrote. Anybody can write the marker. */
async function planComments(
  { github, owner, repo, number }: PullRequest,
  login: string,
): Promise<PlanComment[]> {
  const comments = await asking(`reading the comments of pull request #${number}`, () =>
    github.paginate(github.rest.issues.listComments, { owner, repo, issue_number: number, per_page: 100 }),
  );
  return comments.flatMap(({ id, node_id, html_url, user, body }) => {
    const marker = readMarker(body ?? "");
    return marker && isBy(user, login) ? [{ id, nodeId: node_id, url: html_url, marker }] : [];
  });
}

/** Of a later run first; a run may have begun earlier and written later. */
function newestFirst(comments: readonly PlanComment[], environment: string): PlanComment[] {
  return comments.filter(({ marker }) => marker.environment === environment).sort((a, b) => b.id - a.id);
}

/** What the newest comment of each environment says. */
function markersOf(comments: readonly PlanComment[]): Marker[] {
  const oldestFirst = [...comments].sort((a, b) => a.id - b.id);
  return [...new Map(oldestFirst.map(({ marker }) => [marker.environment, marker])).values()];
}
