import { z } from "zod";
import { asking, askingFor, listing, type Repository } from "../../core/github/client.ts";
import { ensureLabel } from "../../core/github/label.ts";
import { isBy, ownLogin, userSchema } from "../../core/github/own-login.ts";
import { COMMENT_LIMIT } from "../../core/report/render.ts";
import { changeComment, changeSince } from "./change.ts";
import { MARKER_BYTES, type Marker, markerLine, readMarker } from "./marker.ts";
import { renderDrift } from "./render.ts";
import type { DriftReport } from "./report.ts";

const LABEL = {
  name: "drift",
  color: "d93f0b",
  description: "An environment is not as main says",
} as const;

const issueSchema = z.object({
  number: z.number(),
  html_url: z.string(),
  state: z.string(),
  user: userSchema,
  body: z.string().nullish(),
  pull_request: z.unknown().optional(),
});
const openedSchema = z.object({ html_url: z.string() });

/** The issue of an environment's drift. */
export interface DriftIssue {
  readonly number: number;
  readonly url: string;
  readonly isOpen: boolean;
  readonly marker: Marker;
}

/** What became of the issue. */
export type Did = "nothing" | "opened" | "updated" | "closed" | "reopened" | "noted";

/**
 * The environment's issue: the open one, else the newest. It has the label, the marker, and this token's user as its author.
 *
 * @throws GithubRequestError
 */
export async function findIssue(
  { github, owner, repo }: Repository,
  environment: string,
): Promise<DriftIssue | undefined> {
  const login = await ownLogin(github);
  const issues = await listing(issueSchema, "reading the issues about drift", () =>
    github.paginate(github.rest.issues.listForRepo, {
      owner,
      repo,
      labels: LABEL.name,
      state: "all",
      per_page: 100,
    }),
  );
  const found = issues.flatMap(({ number, html_url, state, user, body, pull_request }): DriftIssue[] => {
    const marker = readMarker(body ?? "");
    const isOwn = !pull_request && marker?.environment === environment && isBy(user, login);
    return isOwn ? [{ number, url: html_url, isOpen: state === "open", marker }] : [];
  });
  const newestFirst = found.sort((a, b) => b.number - a.number);
  return newestFirst.find(({ isOpen }) => isOpen) ?? newestFirst[0];
}

/**
 * Brings the issue in line with what was found. What a person closed stays closed until something else is found; where nothing
 * changed since the last run, nothing is written.
 *
 * @throws GithubRequestError
 */
export async function writeIssue(
  repository: Repository,
  issue: DriftIssue | undefined,
  report: DriftReport,
): Promise<{ did: Did; url: string | undefined }> {
  const change = changeSince(issue?.marker.digest, report.digest);
  if (!issue) {
    if (change === "still-none") return { did: "nothing", url: undefined };
    return { did: "opened", url: await open(repository, report) };
  }
  const { number, url, isOpen, marker } = issue;
  if (change === "same") return { did: "nothing", url };
  // Somebody opened it again, and there is nothing to see.
  if (change === "still-none" && !isOpen) return { did: "nothing", url };
  const isGone = change === "gone" || change === "still-none";
  // The comment goes first: what is cut off between the two is notified again rather than never.
  if (isOpen || !isGone) await comment(repository, number, changeComment(marker, report));
  const { github, owner, repo } = repository;
  await asking(`updating issue #${number}`, () =>
    github.rest.issues.update({
      owner,
      repo,
      issue_number: number,
      body: bodyOf(report),
      ...(isGone && isOpen && { state: "closed", state_reason: "completed" }),
      ...(!isGone && !isOpen && { state: "open", state_reason: "reopened" }),
    }),
  );
  if (isGone) return { did: isOpen ? "closed" : "noted", url };
  return { did: isOpen ? "updated" : "reopened", url };
}

async function open(repository: Repository, report: DriftReport): Promise<string> {
  const { github, owner, repo } = repository;
  await ensureLabel(repository, LABEL);
  const title = `Drift of ${report.environment}`;
  const { html_url } = await askingFor(openedSchema, "opening an issue about drift", () =>
    github.rest.issues.create({ owner, repo, title, body: bodyOf(report), labels: [LABEL.name] }),
  );
  return html_url;
}

async function comment({ github, owner, repo }: Repository, number: number, body: string): Promise<void> {
  await asking(`commenting on issue #${number}`, () =>
    github.rest.issues.createComment({ owner, repo, issue_number: number, body }),
  );
}

function bodyOf(report: DriftReport): string {
  const { environment, digest, findings } = report;
  return markerLine({ environment, digest, findings }) + renderDrift(report, COMMENT_LIMIT - MARKER_BYTES);
}
