import { z } from "zod";
import { GithubRequestError } from "../errors.ts";
import { asking, askingFor, listing, type Repository, unless } from "./client.ts";
import { isBy, ownLogin, userSchema } from "./own-login.ts";

/** A pull request of a repository. */
export interface PullRequest extends Repository {
  readonly number: number;
}

/** What the hidden first line of a comment says, by which later runs find it. */
export interface Marked {
  /** The workflow's run that wrote it; later ones have higher numbers. 0 outside of a workflow. */
  readonly run: number;
}

/** A kind of comment, of which a pull request has one for each key. */
export interface CommentKind<Marker extends Marked> {
  /** The marker as a comment's first line, which GitHub doesn't show. */
  readonly line: (marker: Marker) => string;
  /** The marker of a comment; undefined for another kind. Whether CALI wrote it, only its author says. */
  readonly read: (body: string) => Marker | undefined;
  /** Such as the environment. */
  readonly key: (marker: Marker) => string;
}

interface OwnComment<Marker> {
  readonly id: number;
  readonly nodeId: string;
  readonly url: string;
  readonly marker: Marker;
}

/** What became of a comment. */
export interface Posted<Marker> {
  readonly did: "created" | "updated" | "superseded";
  readonly url: string;
  /** What the newest comment of each key says, this one's included. */
  readonly markers: readonly Marker[];
}

const writtenSchema = z.object({ html_url: z.string() });
const commentSchema = z.object({
  id: z.number(),
  node_id: z.string(),
  html_url: z.string(),
  user: userSchema,
  body: z.string().nullish(),
});

const NOT_FOUND = 404;

/** GraphQL's word for a comment that somebody has deleted meanwhile. */
const isGone = (error: unknown): boolean =>
  error instanceof GithubRequestError &&
  goneSchema.safeParse(error.cause).data?.errors.every(({ type }) => type === "NOT_FOUND") === true;
const goneSchema = z.object({ errors: z.array(z.object({ type: z.string().optional() })).min(1) });

const MINIMIZE = `mutation ($id: ID!) {
  minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } }
}`;

/**
 * Writes a comment: into the newest one of its key if there is any, else into a new one. Older ones are folded away as outdated. Of several
 * runs at once each looks again after it wrote, so that one comment stays. A run that is older than the one that wrote the comment leaves it.
 *
 * @throws GithubRequestError
 */
export async function postComment<Marker extends Marked>(
  pull: PullRequest,
  kind: CommentKind<Marker>,
  marker: Marker,
  markdown: string,
): Promise<Posted<Marker>> {
  const { github, owner, repo, number } = pull;
  const body = kind.line(marker) + markdown;
  const login = await ownLogin(github);
  const newestFirst = (comments: readonly OwnComment<Marker>[]) =>
    comments.filter((one) => kind.key(one.marker) === kind.key(marker)).sort((a, b) => b.id - a.id);
  const before = await ownComments(pull, kind, login);
  const [newest] = newestFirst(before);
  if (newest && newest.marker.run > marker.run) {
    return { did: "superseded", url: newest.url, markers: markersOf(before, kind) };
  }
  const writing = `writing the comment of pull request #${number}`;
  const update = ({ id }: OwnComment<Marker>) =>
    unless(NOT_FOUND, () =>
      askingFor(writtenSchema, writing, () =>
        github.rest.issues.updateComment({ owner, repo, comment_id: id, body }),
      ),
    );
  // Somebody may have deleted it just now.
  const updated = newest && (await update(newest));
  const { html_url: url } =
    updated ??
    (await askingFor(writtenSchema, writing, () =>
      github.rest.issues.createComment({ owner, repo, issue_number: number, body }),
    ));
  const after = await ownComments(pull, kind, login);
  const [, ...older] = newestFirst(after);
  for (const { nodeId } of older) {
    await asking("folding an outdated comment away", () => github.graphql(MINIMIZE, { id: nodeId })).catch(
      (error) => {
        if (!isGone(error)) throw error;
      },
    );
  }
  return { did: updated ? "updated" : "created", url, markers: markersOf(after, kind) };
}

/** The comments of a kind that this login wrote. Anybody can write the marker. */
async function ownComments<Marker extends Marked>(
  { github, owner, repo, number }: PullRequest,
  kind: CommentKind<Marker>,
  login: string,
): Promise<OwnComment<Marker>[]> {
  const comments = await listing(commentSchema, `reading the comments of pull request #${number}`, () =>
    github.paginate(github.rest.issues.listComments, { owner, repo, issue_number: number, per_page: 100 }),
  );
  return comments.flatMap(({ id, node_id, html_url, user, body }) => {
    const marker = kind.read(body ?? "");
    return marker && isBy(user, login) ? [{ id, nodeId: node_id, url: html_url, marker }] : [];
  });
}

/** What the newest comment of each key says. */
function markersOf<Marker extends Marked>(
  comments: readonly OwnComment<Marker>[],
  kind: CommentKind<Marker>,
): Marker[] {
  const oldestFirst = [...comments].sort((a, b) => a.id - b.id);
  return [...new Map(oldestFirst.map(({ marker }) => [kind.key(marker), marker])).values()];
}
