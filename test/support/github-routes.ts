import {
  type Artifact,
  BOT,
  type Comment,
  type Commit,
  type GithubRepository,
  type Issue,
  MERGED_AT,
  type PullRequest,
  type WorkflowRun,
} from "./github-repository.ts";

export type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
type Handler = (match: RegExpExecArray, body: Record<string, unknown>, url: URL) => Answer;
/** Method, path and what answers. */
export type Route = readonly [method: string, path: RegExp, handler: Handler];

const LONGEST_COMMENT = 65_536;

const route = (method: string, path: string, handler: Handler): Route => [
  method,
  new RegExp(`^/repos/acme/cali${path}$`),
  handler,
];

/** What GitHub's REST API answers about the repository (https://docs.github.com/en/rest). */
export function routesOf(github: GithubRepository): Route[] {
  return [
    route("GET", "/issues/(\\d+)/comments", ([, issue], _, url) =>
      page(github.comments.filter((comment) => comment.issue === Number(issue)).map(commentBody), url),
    ),
    route("POST", "/issues/(\\d+)/comments", ([, issue], { body }) => comment(github, Number(issue), body)),
    route("PATCH", "/issues/comments/(\\d+)", ([, id], { body }) => edit(github, Number(id), body)),
    route("GET", "/issues/(\\d+)/labels", ([, number]) => ok(labelsOf(github, number))),
    route("POST", "/issues/(\\d+)/labels", ([, number], { labels }) => {
      const issue = github.issue(Number(number));
      for (const label of labels as string[]) {
        if (!issue.labels.includes(label)) issue.labels.push(label);
        if (!github.labels.some(({ name }) => name === label)) {
          github.labels.push({ name: label, color: "ededed", description: "" });
        }
      }
      return ok(labelsOf(github, number));
    }),
    route("DELETE", "/issues/(\\d+)/labels/([^/]+)", ([, number, label = ""]) => {
      const issue = github.issue(Number(number));
      const name = decodeURIComponent(label);
      if (!issue.labels.includes(name)) return missing("Label does not exist");
      issue.labels = issue.labels.filter((one) => one !== name);
      return ok(labelsOf(github, number));
    }),
    route("GET", "/labels/([^/]+)", ([, label = ""]) => {
      const found = github.labels.find(({ name }) => name === decodeURIComponent(label));
      return found ? ok(found) : missing();
    }),
    route("POST", "/labels", (_, body) => {
      const { name, color = "ededed", description = "" } = body as Record<string, string>;
      if (!name || github.labels.some((label) => label.name === name)) return invalid("already_exists");
      github.labels.push({ name, color, description });
      return { status: 201, body: { name, color, description } };
    }),
    route("GET", "/issues", (_, __, url) => {
      const [state, labels] = [url.searchParams.get("state") ?? "open", url.searchParams.get("labels")];
      const found = github.issues.filter(
        (issue) =>
          (state === "all" || issue.state === state) &&
          (labels ?? "").split(",").every((label) => !label || issue.labels.includes(label)),
      );
      const newestFirst = found.sort((a, b) => b.number - a.number);
      return page(
        newestFirst.map((issue) => issueBody(github, issue)),
        url,
      );
    }),
    route("POST", "/issues", (_, { title, body, labels }) => {
      if (typeof title !== "string" || title === "") return invalid("title is missing");
      if (isTooLong(body)) return invalid("body is too long (maximum is 65536 characters)");
      const issue = github.report(title, String(body ?? ""), (labels as string[]) ?? [], BOT);
      return { status: 201, body: issueBody(github, issue) };
    }),
    route("PATCH", "/issues/(\\d+)", ([, number], changes) => {
      const issue = github.issues.find((one) => one.number === Number(number));
      if (!issue) return missing();
      if (isTooLong(changes.body)) return invalid("body is too long (maximum is 65536 characters)");
      Object.assign(issue, changes);
      return ok(issueBody(github, issue));
    }),
    route("GET", "/pulls/(\\d+)", ([, number]) => {
      const pull = github.pulls.find((one) => one.number === Number(number));
      return pull ? ok(pullBody(github, pull)) : missing();
    }),
    route("GET", "", () => ok(github.repository)),
    route("GET", "/environments/([^/]+)", ([, name = ""]) => {
      const found = github.environments[name];
      return found ? ok({ name, ...found }) : missing();
    }),
    route("GET", "/rules/branches/main", () => ok(github.rules)),
    // https://docs.github.com/en/rest/commits/commits#compare-two-commits
    route("GET", "/compare/([0-9a-f]+)\\.\\.\\.main", ([, sha = ""], _, url) => {
      const place = github.commits.findIndex((commit) => commit.sha === sha);
      const later = place < 0 ? [] : github.commits.slice(place + 1);
      const status = place < 0 ? "diverged" : later.length > 0 ? "ahead" : "identical";
      const { body, headers } = page(later.map(commitBody), url);
      return {
        status: 200,
        body: { status, total_commits: later.length, commits: body },
        ...(headers && { headers }),
      };
    }),
    // https://docs.github.com/en/rest/commits/commits#list-commits
    route("GET", "/commits", (_, __, url) => {
      const place = github.commits.findIndex(({ sha }) => sha === url.searchParams.get("sha"));
      return page(
        github.commits
          .slice(0, place + 1)
          .reverse()
          .map(commitBody),
        url,
      );
    }),
    // https://docs.github.com/en/rest/commits/commits#get-a-commit
    route("GET", "/commits/([0-9a-f]{40})", ([, sha], _, url) => {
      const commit = github.commits.find((one) => one.sha === sha);
      if (!commit) return missing(`No commit found for SHA: ${sha}`);
      const { body: files, headers } = page(commit.files, url);
      return { status: 200, body: { ...commitBody(commit), files }, ...(headers && { headers }) };
    }),
    route("GET", "/commits/([0-9a-f]+)/pulls", ([, sha]) =>
      ok(
        github.pulls
          .filter(({ mergeSha, headSha }) => mergeSha === sha || headSha === sha)
          .map((pull) => pullBody(github, pull)),
      ),
    ),
    route("GET", "/actions/runs/(\\d+)/artifacts", ([, id], _, url) => {
      const name = url.searchParams.get("name");
      const found = github.artifacts.filter((one) => one.run.id === Number(id) && one.name === name);
      return ok({ total_count: found.length, artifacts: found.map(artifactBody) });
    }),
    // https://docs.github.com/en/rest/issues/events#list-issue-events
    route("GET", "/issues/(\\d+)/events", ([, issue], _, url) =>
      page(
        github.labelEvents.filter((event) => event.issue === Number(issue)),
        url,
      ),
    ),
    route("GET", "/actions/artifacts", (_, __, url) => {
      const name = url.searchParams.get("name");
      const found = github.artifacts.filter((artifact) => name === null || artifact.name === name);
      return ok({ total_count: found.length, artifacts: found.map(artifactBody) });
    }),
    route("GET", "/actions/artifacts/(\\d+)/zip", ([, id], _, url) => {
      const artifact = github.artifacts.find((one) => one.id === Number(id));
      if (!artifact) return missing();
      if (artifact.expired) return { status: 410, body: { message: "Artifact has expired" } };
      return { status: 302, headers: { location: `${url.origin}/blobs/${id}` } };
    }),
    route("GET", "/actions/runs/(\\d+)/approvals", ([, id]) => {
      const run = github.runs.find((one) => one.id === Number(id));
      return run ? ok(run.approvals ?? []) : missing();
    }),
    route("GET", "/actions/runs/(\\d+)/jobs", ([, id]) => {
      const { jobs = [] } = github.runs.find((run) => run.id === Number(id)) ?? {};
      const run = { run_id: Number(id), html_url: `https://github.com/acme/cali/actions/runs/${id}/job/1` };
      const at = { created_at: "2026-01-25T01:02:03Z", started_at: "2026-01-25T01:02:04Z" };
      const listed = jobs.map((job, index) => ({ id: Number(id) * 100 + index, ...at, ...job, ...run }));
      return ok({ total_count: jobs.length, jobs: listed });
    }),
    // https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
    route("GET", "/actions/runs/(\\d+)", ([, id]) => {
      const run = github.runs.find((one) => one.id === Number(id));
      return run ? ok(runBody(run)) : missing();
    }),
    // https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
    route("GET", "/actions/runs", (_, __, url) => {
      const status = url.searchParams.get("status");
      const found = github.runs.filter((run) => status === null || run.status === status).reverse();
      return ok({ total_count: found.length, workflow_runs: found.map(runBody) });
    }),
    route("GET", "/actions/workflows/([^/]+)/runs", ([, workflow], _, url) => {
      const [sha, status] = [url.searchParams.get("head_sha"), url.searchParams.get("status")];
      const found = github.runs
        .filter(
          (run) =>
            run.workflow === workflow &&
            (sha === null || run.sha === sha) &&
            (status === null || run.status === status),
        )
        .reverse();
      return ok({ total_count: found.length, workflow_runs: found.map(runBody) });
    }),
  ];
}

/** Who is logged in, and a comment minimized (https://docs.github.com/en/graphql). */
export function graphql(
  github: GithubRepository,
  { query, variables }: { query?: unknown; variables?: unknown },
): Answer {
  if (/\bviewer\b/.test(String(query))) return ok({ data: { viewer: { login: BOT.login } } });
  const { id, classifier } = (variables ?? {}) as { id?: string; classifier?: string };
  const comment = github.comments.find(({ node_id }) => node_id === id);
  if (!String(query).includes("minimizeComment") || !comment) {
    const message = `Could not resolve to a node with the global id of '${id}'`;
    return ok({ data: { minimizeComment: null }, errors: [{ type: "NOT_FOUND", message }] });
  }
  comment.minimized = classifier ?? /classifier:\s*(\w+)/.exec(String(query))?.[1] ?? "OUTDATED";
  return ok({ data: { minimizeComment: { minimizedComment: { isMinimized: true } } } });
}

function comment(github: GithubRepository, issue: number, body: unknown): Answer {
  if (!github.issues.some(({ number }) => number === issue)) return missing();
  if (typeof body !== "string" || body.length === 0 || isTooLong(body)) {
    return invalid("Body is too long (maximum is 65536 characters)");
  }
  return { status: 201, body: commentBody(github.write(issue, body, BOT)) };
}

function edit(github: GithubRepository, id: number, body: unknown): Answer {
  const comment = github.comments.find((one) => one.id === id);
  if (!comment) return missing();
  if (typeof body !== "string" || isTooLong(body)) return invalid("Body is too long");
  comment.body = body;
  return ok(commentBody(comment));
}

/** GitHub lists pull requests as issues, too, and marks them with `pull_request`. */
function issueBody(github: GithubRepository, issue: Issue) {
  const { number } = issue;
  const isPull = github.pulls.some((pull) => pull.number === number);
  const labels = issue.labels.map((name) => ({ name }));
  const html_url = `https://github.com/acme/cali/${isPull ? "pull" : "issues"}/${number}`;
  return { ...issue, labels, html_url, ...(isPull && { pull_request: { html_url } }) };
}

function labelsOf(github: GithubRepository, number: string | undefined): { name: string }[] {
  return github.issue(Number(number)).labels.map((name) => ({ name }));
}

function pullBody(github: GithubRepository, { number, headSha, mergeSha }: PullRequest) {
  return {
    number,
    head: { sha: headSha },
    merged_at: mergeSha ? MERGED_AT : null,
    merge_commit_sha: mergeSha ?? null,
    labels: labelsOf(github, String(number)),
  };
}

/** A page of a list, with the header `link` where more follow. */
function page(all: readonly unknown[], url: URL): Answer {
  const size = Number(url.searchParams.get("per_page") ?? 30);
  const page = Number(url.searchParams.get("page") ?? 1);
  const next = new URL(url);
  next.searchParams.set("page", String(page + 1));
  const link = page * size < all.length ? { link: `<${next}>; rel="next"` } : undefined;
  return { status: 200, body: all.slice((page - 1) * size, page * size), ...(link && { headers: link }) };
}

const isTooLong = (body: unknown) => typeof body === "string" && [...body].length > LONGEST_COMMENT;
const commitBody = ({ sha, parents }: Commit) => ({ sha, parents: parents.map((one) => ({ sha: one })) });
const runBody = (run: WorkflowRun) => ({
  created_at: MERGED_AT,
  ...run,
  head_sha: run.sha,
  head_branch: "main",
  path: `.github/workflows/${run.workflow}`,
  html_url: `https://github.com/acme/cali/actions/runs/${run.id}`,
});
const ok = (body: unknown): Answer => ({ status: 200, body });
export const missing = (message = "Not Found"): Answer => ({ status: 404, body: { message } });
const invalid = (message: string): Answer => ({
  status: 422,
  body: { message: "Validation Failed", errors: [{ message }] },
});

function commentBody({ issue, minimized: _, ...comment }: Comment) {
  return { ...comment, html_url: `https://github.com/acme/cali/pull/${issue}#issuecomment-${comment.id}` };
}

function artifactBody({ id, name, archive, run, fromFork, expired, createdAt }: Artifact) {
  return {
    id,
    name,
    expired,
    size_in_bytes: archive.length,
    created_at: createdAt,
    workflow_run: { id: run.id, head_sha: run.sha, repository_id: 1, head_repository_id: fromFork ? 2 : 1 },
  };
}
