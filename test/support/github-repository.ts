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

export interface Artifact {
  readonly id: number;
  readonly name: string;
  readonly archive: Uint8Array;
  readonly run: WorkflowRun;
  readonly fromFork: boolean;
  expired: boolean;
  readonly createdAt: string;
}

/** When each pull request is merged. */
export const MERGED_AT = "2026-01-25T00:00:00Z";
export const BOT = { login: "github-actions[bot]", type: "Bot" } as const;
const PERSON = { login: "somebody", type: "User" } as const;

/** The repository `acme/cali`: what is in it, and what people and workflows do there. */
export class GithubRepository {
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
  /** The repository itself (https://docs.github.com/en/rest/repos/repos#get-a-repository). */
  readonly repository = { id: 456789, name: "cali", private: false, owner: { login: "acme", id: 123456 } };
  /** Its environments by name (https://docs.github.com/en/rest/deployments/environments#get-an-environment). */
  readonly environments: Record<
    string,
    { deployment_branch_policy: object | null; protection_rules: { type: string; reviewers?: object[] }[] }
  > = {};
  /** Rules of main (https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch). */
  readonly rules: { type: string; parameters?: object }[] = [];
  #lastId = 1_000;

  /** Opens a pull request. */
  open(headSha: string): PullRequest {
    const pull: PullRequest = { number: this.pulls.length + 1, headSha };
    this.pulls.push(pull);
    this.issue(pull.number);
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
    const issue = this.issue(number);
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

  /** The issue of a number; a pull request's is made when it is first asked for. */
  issue(number: number): Issue {
    const known = this.issues.find((issue) => issue.number === number);
    if (known) return known;
    const issue: Issue = { number, title: "", body: "", state: "open", labels: [], user: BOT };
    this.issues.push(issue);
    return issue;
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
