import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { unzipSync, zipSync } from "fflate";

export interface Comment {
  readonly id: number;
  readonly node_id: string;
  readonly issue: number;
  body: string;
  readonly user: { readonly login: string; readonly type: "Bot" | "User" };
  minimized: string | undefined;
}

export interface Issue {
  readonly number: number;
  title: string;
  body: string;
  state: "open" | "closed";
  state_reason?: string | null;
  labels: string[];
  readonly user: { readonly login: string; readonly type: "Bot" | "User" };
}

export interface PullRequest {
  readonly number: number;
  headSha: string;
  mergeSha?: string;
}

/** A commit on main. */
export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  /** Paths that it changes, each with its old one where it is renamed. */
  readonly files: readonly { readonly filename: string; readonly previous_filename?: string }[];
}

export interface WorkflowRun {
  readonly id: number;
  readonly workflow: string;
  readonly sha: string;
  status: "queued" | "waiting" | "in_progress" | "completed";
  conclusion: string | null;
  /** When its latest attempt was started, in ISO 8601. */
  run_started_at?: string;
  /** Its jobs (https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run). */
  readonly jobs: {
    id?: number;
    name: string;
    status: string;
    conclusion: string | null;
    runner_name?: string;
    created_at?: string;
    started_at?: string;
    completed_at?: string;
    steps?: object[];
  }[];
  /** When it was started; default: a day in January. */
  readonly created_at?: string;
  /** Reviews of its deployments. */
  readonly approvals?: { state: string; user: { login: string } }[];
}

interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly archive: Uint8Array;
  readonly run: WorkflowRun;
  readonly fromFork: boolean;
  expired: boolean;
  readonly createdAt: string;
}

/** One request as it came, for tests that count. */
export interface GithubRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
type Handler = (match: RegExpExecArray, body: Record<string, unknown>, url: URL) => Answer;

/** When each pull request is merged. */
const MERGED_AT = "2026-01-25T00:00:00Z";
const LONGEST_COMMENT = 65_536;
const BOT = { login: "github-actions[bot]", type: "Bot" } as const;
const PERSON = { login: "somebody", type: "User" } as const;
const TOKEN = "ghs_test";

/**
 * GitHub, as far as CALI uses it: pull requests, comments, labels, issues, commits, artifacts and workflow runs of the one repository
 * `acme/cali`, kept and answered as GitHub's REST API does (https://docs.github.com/en/rest), with comments minimized through GraphQL.
 */
export class GithubServer {
  readonly comments: Comment[] = [];
  readonly issues: Issue[] = [];
  readonly labels: { name: string; color: string; description: string }[] = [];
  readonly labelEvents: { id: number; issue: number; event: string; label: object; created_at: string }[] =
    [];
  readonly pulls: PullRequest[] = [];
  readonly runs: WorkflowRun[] = [];
  /** What main has, oldest first: commits of merged branches before their merge. */
  readonly commits: Commit[] = [];
  readonly artifacts: Artifact[] = [];
  readonly requests: GithubRequest[] = [];
  /** The repository itself (https://docs.github.com/en/rest/repos/repos#get-a-repository). */
  readonly repository = { id: 456789, name: "cali", private: false, owner: { login: "acme", id: 123456 } };
  /** Its environments by name (https://docs.github.com/en/rest/deployments/environments#get-an-environment). */
  readonly environments: Record<
    string,
    { deployment_branch_policy: object | null; protection_rules: { type: string }[] }
  > = {};
  /** Rules of main (https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch). */
  readonly rules: { type: string; parameters?: object }[] = [];
  /** Answers to give first, one a request. */
  readonly failures: Answer[] = [];
  /** Which requests are forbidden. */
  refused: ((request: GithubRequest) => boolean) | undefined;
  readonly #server: Server;
  readonly #routes: [string, RegExp, Handler][];
  #lastId = 1_000;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    const repo = "/repos/acme/cali";
    const route = (method: string, path: string, handler: Handler): [string, RegExp, Handler] => [
      method,
      new RegExp(`^${repo}${path}$`),
      handler,
    ];
    this.#routes = [
      route("GET", "/issues/(\\d+)/comments", ([, issue], _, url) =>
        this.#page(this.comments.filter((comment) => comment.issue === Number(issue)).map(commentBody), url),
      ),
      route("POST", "/issues/(\\d+)/comments", ([, issue], { body }) => this.#comment(Number(issue), body)),
      route("PATCH", "/issues/comments/(\\d+)", ([, id], { body }) => this.#edit(Number(id), body)),
      route("GET", "/issues/(\\d+)/labels", ([, number]) => ok(this.#labelsOf(number))),
      route("POST", "/issues/(\\d+)/labels", ([, number], { labels }) => {
        const issue = this.#issue(Number(number));
        for (const label of labels as string[]) {
          if (!issue.labels.includes(label)) issue.labels.push(label);
          if (!this.labels.some(({ name }) => name === label)) {
            this.labels.push({ name: label, color: "ededed", description: "" });
          }
        }
        return ok(this.#labelsOf(number));
      }),
      route("DELETE", "/issues/(\\d+)/labels/([^/]+)", ([, number, label = ""]) => {
        const issue = this.#issue(Number(number));
        const name = decodeURIComponent(label);
        if (!issue.labels.includes(name)) return missing("Label does not exist");
        issue.labels = issue.labels.filter((one) => one !== name);
        return ok(this.#labelsOf(number));
      }),
      route("GET", "/labels/([^/]+)", ([, label = ""]) => {
        const found = this.labels.find(({ name }) => name === decodeURIComponent(label));
        return found ? ok(found) : missing();
      }),
      route("POST", "/labels", (_, body) => {
        const { name, color = "ededed", description = "" } = body as Record<string, string>;
        if (!name || this.labels.some((label) => label.name === name)) return invalid("already_exists");
        this.labels.push({ name, color, description });
        return { status: 201, body: { name, color, description } };
      }),
      route("GET", "/issues", (_, __, url) => {
        const [state, labels] = [url.searchParams.get("state") ?? "open", url.searchParams.get("labels")];
        const found = this.issues.filter(
          (issue) =>
            (state === "all" || issue.state === state) &&
            (labels ?? "").split(",").every((label) => !label || issue.labels.includes(label)),
        );
        const newestFirst = found.sort((a, b) => b.number - a.number);
        return this.#page(
          newestFirst.map((issue) => this.#issueBody(issue)),
          url,
        );
      }),
      route("POST", "/issues", (_, { title, body, labels }) => {
        if (typeof title !== "string" || title === "") return invalid("title is missing");
        if (isTooLong(body)) return invalid("body is too long (maximum is 65536 characters)");
        const issue = this.report(title, String(body ?? ""), (labels as string[]) ?? [], BOT);
        return { status: 201, body: this.#issueBody(issue) };
      }),
      route("PATCH", "/issues/(\\d+)", ([, number], changes) => {
        const issue = this.issues.find((one) => one.number === Number(number));
        if (!issue) return missing();
        if (isTooLong(changes.body)) return invalid("body is too long (maximum is 65536 characters)");
        Object.assign(issue, changes);
        return ok(this.#issueBody(issue));
      }),
      route("GET", "/pulls/(\\d+)", ([, number]) => {
        const pull = this.pulls.find((one) => one.number === Number(number));
        return pull ? ok(this.#pullBody(pull)) : missing();
      }),
      route("GET", "", () => ok(this.repository)),
      route("GET", "/environments/([^/]+)", ([, name = ""]) => {
        const found = this.environments[name];
        return found ? ok({ name, ...found }) : missing();
      }),
      route("GET", "/rules/branches/main", () => ok(this.rules)),
      // https://docs.github.com/en/rest/commits/commits#compare-two-commits
      route("GET", "/compare/([0-9a-f]+)\\.\\.\\.main", ([, sha = ""], _, url) => {
        const place = this.commits.findIndex((commit) => commit.sha === sha);
        const later = place < 0 ? [] : this.commits.slice(place + 1);
        const status = place < 0 ? "diverged" : later.length > 0 ? "ahead" : "identical";
        const { body, headers } = this.#page(later.map(commitBody), url);
        return {
          status: 200,
          body: { status, total_commits: later.length, commits: body },
          ...(headers && { headers }),
        };
      }),
      // https://docs.github.com/en/rest/commits/commits#list-commits
      route("GET", "/commits", (_, __, url) => {
        const place = this.commits.findIndex(({ sha }) => sha === url.searchParams.get("sha"));
        return this.#page(
          this.commits
            .slice(0, place + 1)
            .reverse()
            .map(commitBody),
          url,
        );
      }),
      // https://docs.github.com/en/rest/commits/commits#get-a-commit
      route("GET", "/commits/([0-9a-f]{40})", ([, sha], _, url) => {
        const commit = this.commits.find((one) => one.sha === sha);
        if (!commit) return missing(`No commit found for SHA: ${sha}`);
        const { body: files, headers } = this.#page(commit.files, url);
        return { status: 200, body: { ...commitBody(commit), files }, ...(headers && { headers }) };
      }),
      route("GET", "/commits/([0-9a-f]+)/pulls", ([, sha]) =>
        ok(
          this.pulls
            .filter(({ mergeSha, headSha }) => mergeSha === sha || headSha === sha)
            .map((pull) => this.#pullBody(pull)),
        ),
      ),
      route("GET", "/actions/runs/(\\d+)/artifacts", ([, id], _, url) => {
        const name = url.searchParams.get("name");
        const found = this.artifacts.filter((one) => one.run.id === Number(id) && one.name === name);
        return ok({ total_count: found.length, artifacts: found.map(artifactBody) });
      }),
      // https://docs.github.com/en/rest/issues/events#list-issue-events
      route("GET", "/issues/(\\d+)/events", ([, issue], _, url) =>
        this.#page(
          this.labelEvents.filter((event) => event.issue === Number(issue)),
          url,
        ),
      ),
      route("GET", "/actions/artifacts", (_, __, url) => {
        const name = url.searchParams.get("name");
        const found = this.artifacts.filter((artifact) => name === null || artifact.name === name);
        return ok({ total_count: found.length, artifacts: found.map(artifactBody) });
      }),
      route("GET", "/actions/artifacts/(\\d+)/zip", ([, id]) => {
        const artifact = this.artifacts.find((one) => one.id === Number(id));
        if (!artifact) return missing();
        if (artifact.expired) return { status: 410, body: { message: "Artifact has expired" } };
        return { status: 302, headers: { location: `${this.url}/blobs/${id}` } };
      }),
      route("GET", "/actions/runs/(\\d+)/approvals", ([, id]) => {
        const run = this.runs.find((one) => one.id === Number(id));
        return run ? ok(run.approvals ?? []) : missing();
      }),
      route("GET", "/actions/runs/(\\d+)/jobs", ([, id]) => {
        const { jobs = [] } = this.runs.find((run) => run.id === Number(id)) ?? {};
        const run = { run_id: Number(id), html_url: `https://github.com/acme/cali/actions/runs/${id}/job/1` };
        return ok({ total_count: jobs.length, jobs: jobs.map((job) => ({ ...job, ...run })) });
      }),
      // https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run
      route("GET", "/actions/runs/(\\d+)", ([, id]) => {
        const run = this.runs.find((one) => one.id === Number(id));
        return run ? ok(runBody(run)) : missing();
      }),
      // https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository
      route("GET", "/actions/runs", (_, __, url) => {
        const status = url.searchParams.get("status");
        const found = this.runs.filter((run) => status === null || run.status === status).reverse();
        return ok({ total_count: found.length, workflow_runs: found.map(runBody) });
      }),
      route("GET", "/actions/workflows/([^/]+)/runs", ([, workflow], _, url) => {
        const [sha, status] = [url.searchParams.get("head_sha"), url.searchParams.get("status")];
        const found = this.runs
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

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What a workflow's step has in its environment. */
  get environment(): Record<string, string> {
    return { GITHUB_API_URL: this.url, GITHUB_TOKEN: TOKEN, GITHUB_REPOSITORY: "acme/cali" };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  /** Opens a pull request. */
  open(headSha: string): PullRequest {
    const pull: PullRequest = { number: this.pulls.length + 1, headSha };
    this.pulls.push(pull);
    this.#issue(pull.number);
    return pull;
  }

  /** Notes that a workflow runs, or ran. */
  run(workflow: string, sha: string, status: WorkflowRun["status"] = "completed"): WorkflowRun {
    const conclusion = status === "completed" ? "success" : null;
    const run = { id: this.nextId(), workflow, sha, status, conclusion, jobs: [] };
    this.runs.push(run);
    return run;
  }

  /** Adds a commit to main; the parents of one that is no merge are the one before it. */
  push(
    sha: string,
    paths: readonly string[],
    parents = this.commits.slice(-1).map((one) => one.sha),
  ): Commit {
    const commit = { sha, parents, files: paths.map((filename) => ({ filename })) };
    this.commits.push(commit);
    return commit;
  }

  /** Keeps files as an artifact of a run, as actions/upload-artifact does. */
  upload(name: string, files: Record<string, Uint8Array>, run: WorkflowRun, fromFork = false): Artifact {
    const artifact = {
      id: this.nextId(),
      name,
      archive: zipSync(files),
      run,
      fromFork,
      expired: false,
      createdAt: new Date(1_700_000_000_000 + this.#lastId * 1_000).toISOString(),
    };
    this.artifacts.push(artifact);
    return artifact;
  }

  /** What an artifact holds. */
  filesOf({ archive }: Artifact): Record<string, Uint8Array> {
    return unzipSync(archive);
  }

  /** Somebody sets a label, or takes it away. @param at when, as GitHub writes times. */
  label(number: number, name: string, at: string, event: "labeled" | "unlabeled" = "labeled"): void {
    const issue = this.#issue(number);
    issue.labels = issue.labels.filter((one) => one !== name);
    if (event === "labeled") issue.labels.push(name);
    this.labelEvents.push({ id: this.nextId(), issue: number, event, label: { name }, created_at: at });
  }

  /** Somebody writes a comment. */
  write(issue: number, body: string, user: Comment["user"] = PERSON): Comment {
    const id = this.nextId();
    const comment = { id, node_id: `IC_${id}`, issue, body, user, minimized: undefined };
    this.comments.push(comment);
    return comment;
  }

  /** Somebody opens an issue. */
  report(title: string, body: string, labels: string[] = [], user: Issue["user"] = PERSON): Issue {
    const issue: Issue = { number: this.nextId(), title, body, state: "open", labels: [...labels], user };
    this.issues.push(issue);
    return issue;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? "/", this.url);
    const body = text ? JSON.parse(text) : {};
    const method = request.method ?? "GET";
    const blob = /^\/blobs\/(\d+)$/.exec(url.pathname);
    if (blob) {
      response.writeHead(200, { "content-type": "application/zip" });
      response.end(this.artifacts.find(({ id }) => id === Number(blob[1]))?.archive);
      return;
    }
    const asked = { method, path: url.pathname, body };
    this.requests.push(asked);
    if (this.refused?.(asked)) this.failures.unshift({ status: 403, body: { message: "Forbidden" } });
    const {
      status,
      body: answer,
      headers,
    } = this.failures.shift() ?? this.#route(method, url, body, request.headers.authorization);
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  }

  #route(method: string, url: URL, body: Record<string, unknown>, login: string | undefined): Answer {
    if (!login?.endsWith(TOKEN)) return { status: 401, body: { message: "Bad credentials" } };
    if (method === "POST" && url.pathname === "/graphql") return this.#graphql(body);
    for (const [desired, path, handler] of this.#routes) {
      const match = desired === method ? path.exec(url.pathname) : null;
      if (match) return handler(match, body, url);
    }
    return missing();
  }

  #graphql({ query, variables }: { query?: unknown; variables?: unknown }): Answer {
    if (/\bviewer\b/.test(String(query))) return ok({ data: { viewer: { login: BOT.login } } });
    const { id, classifier } = (variables ?? {}) as { id?: string; classifier?: string };
    const comment = this.comments.find(({ node_id }) => node_id === id);
    if (!String(query).includes("minimizeComment") || !comment) {
      return ok({ errors: [{ message: `Could not resolve to a node with the global id of '${id}'` }] });
    }
    comment.minimized = classifier ?? /classifier:\s*(\w+)/.exec(String(query))?.[1] ?? "OUTDATED";
    return ok({ data: { minimizeComment: { minimizedComment: { isMinimized: true } } } });
  }

  #comment(issue: number, body: unknown): Answer {
    if (!this.issues.some(({ number }) => number === issue)) return missing();
    if (typeof body !== "string" || body.length === 0 || isTooLong(body)) {
      return invalid("Body is too long (maximum is 65536 characters)");
    }
    return { status: 201, body: commentBody(this.write(issue, body, BOT)) };
  }

  #edit(id: number, body: unknown): Answer {
    const comment = this.comments.find((one) => one.id === id);
    if (!comment) return missing();
    if (typeof body !== "string" || isTooLong(body)) return invalid("Body is too long");
    comment.body = body;
    return ok(commentBody(comment));
  }

  #issue(number: number): Issue {
    const known = this.issues.find((issue) => issue.number === number);
    if (known) return known;
    const issue: Issue = { number, title: "", body: "", state: "open", labels: [], user: BOT };
    this.issues.push(issue);
    return issue;
  }

  /** GitHub lists pull requests as issues, too, and marks them with `pull_request`. */
  #issueBody(issue: Issue) {
    const { number } = issue;
    const isPull = this.pulls.some((pull) => pull.number === number);
    const labels = issue.labels.map((name) => ({ name }));
    const html_url = `https://github.com/acme/cali/${isPull ? "pull" : "issues"}/${number}`;
    return { ...issue, labels, html_url, ...(isPull && { pull_request: { html_url } }) };
  }

  #labelsOf(number: string | undefined): { name: string }[] {
    return this.#issue(Number(number)).labels.map((name) => ({ name }));
  }

  #pullBody({ number, headSha, mergeSha }: PullRequest) {
    return {
      number,
      head: { sha: headSha },
      merged_at: mergeSha ? MERGED_AT : null,
      merge_commit_sha: mergeSha ?? null,
      labels: this.#labelsOf(String(number)),
    };
  }

  /** A page of a list, with the header `link` where more follow. */
  #page(all: readonly unknown[], url: URL): Answer {
    const size = Number(url.searchParams.get("per_page") ?? 30);
    const page = Number(url.searchParams.get("page") ?? 1);
    const next = new URL(url);
    next.searchParams.set("page", String(page + 1));
    const link = page * size < all.length ? { link: `<${next}>; rel="next"` } : undefined;
    return { status: 200, body: all.slice((page - 1) * size, page * size), ...(link && { headers: link }) };
  }

  /** A number that nothing has yet. */
  nextId(): number {
    return ++this.#lastId;
  }
}

/** A rule that requires checks by the names of their jobs. */
export const requiredChecks = (...contexts: readonly string[]) => ({
  type: "required_status_checks",
  parameters: { required_status_checks: contexts.map((context) => ({ context })) },
});

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
const missing = (message = "Not Found"): Answer => ({ status: 404, body: { message } });
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
