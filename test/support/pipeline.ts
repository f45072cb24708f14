import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DeleteBucketPolicyCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { ConcurrencyGroups } from "./concurrency.ts";
import type { PullRequest, WorkflowRun as RunRecord } from "./github-repository.ts";
import { GithubServer } from "./github-server.ts";
import { type Moto, startMoto } from "./moto.ts";
import { ROOT, type RunResult, run, runCali } from "./run.ts";
import { SlackServer } from "./slack-server.ts";
import { type TestStack, writeApplication } from "./terraform-app.ts";
import { type Result, type RunStep, type StepDone, WorkflowRun } from "./workflow-run.ts";

/** A commit's 40 digits. */
export const sha = (digit: string) => digit.repeat(40);

const REPOSITORY = "1.dkr.ecr.ap-northeast-2.amazonaws.com/cali-dev/consumer";
/** The consumer's image, of a digit. */
export const image = (digit: string) => `${REPOSITORY}@sha256:${digit.repeat(64)}`;
/** What `consumer.yml` is started with for `dev`, and what its build gives: the image of a digit. */
export const building = (digit: string) => ({
  inputs: { environment: "dev" },
  outputs: {
    "cali.js image": { repository: REPOSITORY },
    "docker/build-push-action": { digest: `sha256:${digit.repeat(64)}` },
  },
});

/** What these steps do is tested elsewhere, or needs what is not on this machine. */
const EXECUTED =
  /^exec node bin\/cali\.js (plan|comment|fetch-plans|deploy|release|wait-for|take-turn|result|notify|unlock)\b/;
/** They look at the checkout's stacks; here a test has written them. */
const OF_STACKS = /^exec node bin\/cali\.js (plan|deploy|release|unlock)\b/;

const WAITS = /^exec node bin\/cali\.js (wait-for|take-turn)\b/;

interface Start {
  readonly event?: "push" | "workflow_dispatch" | "pull_request";
  readonly sha: string;
  readonly pull?: PullRequest;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Resolves when the reviewers of an environment have approved; false: they rejected it. */
  readonly approve?: (environment: string) => Promise<boolean>;
  /** Outputs of steps that are not run here, such as a build's digest, by a part of what they use or run. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What became of a workflow's run. */
export interface Ran {
  readonly record: RunRecord;
  readonly results: Readonly<Record<string, Result>>;
  /** What its steps printed. */
  readonly output: string;
  /** What the run's page shows. */
  readonly summary: string;
}

/**
 * The whole pipeline on this machine: GitHub, Slack, AWS as moto plays it, and the repository's own workflows, run as GitHub runs them over
 * stacks of Terraform's built-in resource.
 */
export class Pipeline {
  readonly github = new GithubServer();
  readonly slack = new SlackServer();
  readonly backend = stateBackend(loadConfig({ env: "dev" }));
  readonly folder = mkdtempSync(join(tmpdir(), "cali-pipeline-"));
  readonly #groups = new ConcurrencyGroups();
  readonly #applications = new Map<string, readonly TestStack[]>();
  #moto: Moto | undefined;
  #s3: S3Client | undefined;
  #env: Record<string, string> = {};

  async start(): Promise<void> {
    this.#moto = await startMoto();
    await this.github.listen();
    const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
    this.#env = {
      AWS_ENDPOINT_URL: this.#moto.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_PROFILE: "",
      TF_PLUGIN_CACHE_DIR: join(this.folder, "providers"),
      CALI_ENV: "dev",
      CALI_PLAN_KEY: randomBytes(32).toString("base64"),
      SLACK_WEBHOOK_URL: await this.slack.listen(),
      ...this.github.environment,
    };
    this.#s3 = new S3Client({
      endpoint: this.#moto.url,
      region: this.backend.region,
      forcePathStyle: true,
      credentials,
    });
    await this.cali(["bootstrap"]);
    // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
    await this.#s3.send(new DeleteBucketPolicyCommand({ Bucket: this.backend.bucket }));
  }

  async close(): Promise<void> {
    this.#s3?.destroy();
    this.slack.close();
    await Promise.all([this.#moto?.stop(), this.github.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** A command by hand, over a commit's stacks where one is named. @throws Error when it fails */
  async cali(args: readonly string[], commit?: string): Promise<RunResult> {
    const more =
      commit === undefined ? [] : ["--synth-dir", this.#checkout(commit, "by-hand"), "--commit", commit];
    const result = await runCali([...args, ...more], { env: this.#env });
    if (result.code !== 0) throw new Error(`cali ${args.join(" ")}: ${result.stdout}${result.stderr}`);
    return result;
  }

  /** The inputs that a stack's state has, by resource. */
  async applied(stack: string): Promise<Record<string, unknown>> {
    const Key = `stacks/${stack}/terraform.tfstate`;
    const { Body } = (await this.#s3?.send(new GetObjectCommand({ Bucket: this.backend.bucket, Key }))) ?? {};
    const state = JSON.parse((await Body?.transformToString()) ?? "{}") as {
      resources: { name: string; instances: { attributes: { input?: { value: unknown } } }[] }[];
    };
    return Object.fromEntries(
      state.resources.map(({ name, instances }) => [name, instances[0]?.attributes.input?.value]),
    );
  }

  /** A commit on main that no pull request made. */
  push(commit: string, stacks: readonly TestStack[], paths: readonly string[] = []): void {
    this.#applications.set(commit, stacks);
    this.github.push(commit, paths);
  }

  /** Opens a pull request, or pushes to it; its plans are made and commented on. @param stacks what main would be with it. */
  async propose(head: string, stacks: readonly TestStack[], open?: PullRequest): Promise<PullRequest> {
    const pull = open ?? this.github.open(head);
    pull.headSha = head;
    this.#applications.set(head, stacks);
    const { results, output } = await this.run("pull-request.yml", {
      event: "pull_request",
      sha: head,
      pull,
      inputs: { environments: '["dev"]' },
    });
    if (results.plan !== "success") throw new Error(`${JSON.stringify(results)}: ${output}`);
    return pull;
  }

  /** Merges a pull request. @param stacks what main is then; default: what was planned. */
  merge(
    pull: PullRequest,
    commit: string,
    paths: readonly string[],
    stacks = this.#applications.get(pull.headSha) ?? [],
  ): void {
    pull.mergeSha = commit;
    this.push(commit, stacks, paths);
  }

  /** Runs a workflow to its end. */
  async run(file: string, start: Start): Promise<Ran> {
    const { event = "push", sha: commit, pull } = start;
    const record = this.github.run(file, commit, "in_progress");
    return await this.#attempt(file, { ...start, event, ...(pull && { pull }) }, record, 1);
  }

  /**
   * Runs a workflow again, with the same commit
   * (https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs).
   */
  async rerun(ran: Ran, start: Omit<Start, "sha"> = {}): Promise<Ran> {
    const { record } = ran;
    Object.assign(record, { status: "in_progress", conclusion: null });
    record.jobs.length = 0;
    return await this.#attempt(record.workflow, { ...start, sha: record.sha }, record, 2);
  }

  async #attempt(file: string, start: Start, record: RunRecord, attempt: number): Promise<Ran> {
    const { event = "push", sha: commit, pull, inputs = {}, env = {}, approve } = start;
    const printed: string[] = [];
    const summaries = new Set<string>();
    const variables = {
      GITHUB_ACTIONS: "true",
      GITHUB_EVENT_NAME: event,
      GITHUB_SHA: commit,
      GITHUB_RUN_ID: String(record.id),
      GITHUB_RUN_ATTEMPT: String(attempt),
      GITHUB_WORKFLOW_REF: `acme/cali/.github/workflows/${file}@refs/heads/main`,
      GITHUB_ACTOR: "somebody",
    };
    const steps = async (step: RunStep): Promise<StepDone> => {
      const folder = this.#checkout(commit, `${record.id}-${attempt}-${step.job.replaceAll(/\W+/g, "-")}`);
      const given = Object.entries(start.outputs ?? {}).find(
        ([part]) => step.uses?.includes(part) || step.run?.includes(part),
      );
      if (given) return { ok: true, outputs: given[1] };
      if (step.uses?.startsWith("actions/upload-artifact@")) return this.#upload(step, folder, record);
      if (step.uses?.startsWith("actions/download-artifact@")) return this.#download(step, folder, record);
      if (step.run === undefined || !EXECUTED.test(step.run)) return { ok: true };
      const files = { GITHUB_OUTPUT: "github-output", GITHUB_STEP_SUMMARY: "github-summary" };
      const output = join(folder, files.GITHUB_OUTPUT);
      summaries.add(join(folder, files.GITHUB_STEP_SUMMARY));
      writeFileSync(output, "");
      const more = OF_STACKS.test(step.run) ? " --synth-dir ." : WAITS.test(step.run) ? " --poll 0.2" : "";
      const line = step.run + more;
      const secrets = Object.keys(this.#env).filter((name) => step.env[name] === "");
      const { code, stdout, stderr } = await run("bash", ["-e", "-c", line], {
        cwd: folder,
        env: {
          ...step.env,
          ...Object.fromEntries(secrets.map((name) => [name, this.#env[name] ?? ""])),
          ...Object.fromEntries(Object.entries(this.#env).filter(([name]) => step.env[name] === undefined)),
          ...variables,
          ...this.github.environment,
          RUNNER_NAME: `runner of ${step.job}`,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: join(folder, files.GITHUB_STEP_SUMMARY),
          ...env,
        },
      });
      printed.push(`$ ${step.run}\n${stdout}${stderr}`);
      const outputs = readFileSync(output, "utf8").matchAll(/^([\w-]+)=(.*)$/gm);
      return {
        ok: code === 0,
        outputs: Object.fromEntries([...outputs].map(([, key = "", value = ""]) => [key, value])),
      };
    };
    const { number = 0, headSha = "" } = pull ?? {};
    const pull_request = { number, head: { sha: headSha, repo: { full_name: "acme/cali" } } };
    const workflow = new WorkflowRun({
      file,
      contexts: {
        github: {
          event_name: event,
          repository: "acme/cali",
          ref: pull ? `refs/pull/${number}/merge` : "refs/heads/main",
          sha: commit,
          run_id: String(record.id),
          run_attempt: String(attempt),
          token: this.#env.GITHUB_TOKEN,
          event: pull ? { pull_request } : {},
        },
        vars: { CALI_ENVIRONMENTS: '["dev"]' },
        secrets: {},
        inputs,
      },
      runStep: (step) =>
        step.run?.includes("cali.js affected")
          ? Promise.resolve({ ok: true, outputs: { plan: "true", manifests: "false", services: "[]" } })
          : steps(step),
      ...(approve && { approve }),
      groups: this.#groups,
      onStep: (job, name, conclusion) =>
        record.jobs.find((one) => one.name === job)?.steps?.push({ name, conclusion, status: "completed" }),
      onJob: (name, status, conclusion) => this.#note(record, name, status, conclusion),
    });
    const results = await workflow.finish();
    const isGood = Object.values(results).every((one) => one === "success" || one === "skipped");
    Object.assign(record, { status: "completed", conclusion: isGood ? "success" : "failure" });
    const summary = [...summaries]
      .map((path) => (existsSync(path) ? readFileSync(path, "utf8") : ""))
      .join("\n");
    return { record, results, output: printed.join("\n"), summary };
  }

  #note(record: RunRecord, name: string, status: string, conclusion: Result | null): void {
    const known = record.jobs.find((job) => job.name === name);
    // In whole seconds.
    const started_at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    if (known) Object.assign(known, { status, conclusion, ...(status === "in_progress" && { started_at }) });
    else {
      const runner_name = `runner of ${name}`;
      const id = this.github.nextId();
      record.jobs.push({ id, name, status, conclusion, runner_name, started_at, steps: [] });
    }
  }

  /** A job's checkout of a commit: the repository, and the commit's stacks as they are synthesized. */
  #checkout(commit: string, name: string): string {
    const folder = this.at(`jobs/${name}`);
    if (existsSync(folder)) return folder;
    mkdirSync(folder, { recursive: true });
    const own = new Set([".cali", ".git", "cdktf.out", "manifest.json", "stacks"]);
    for (const entry of readdirSync(ROOT)) {
      if (!own.has(entry)) symlinkSync(join(ROOT, entry), join(folder, entry));
    }
    const stacks = this.#applications.get(commit);
    if (!stacks) throw new RangeError(`no stacks of ${commit}`);
    writeApplication(folder, this.backend, stacks);
    return folder;
  }

  #upload({ with: given }: RunStep, folder: string, record: RunRecord): StepDone {
    const { name = "", path = "" } = given;
    const found = path
      .split("\n")
      .map((one) => join(folder, one.trim()))
      .filter((file) => existsSync(file))
      .flatMap((file) =>
        statSync(file).isDirectory()
          ? readdirSync(file, { recursive: true, withFileTypes: true })
              .filter((entry) => entry.isFile())
              .map(({ parentPath, name }) => join(parentPath, name))
          : [file],
      );
    const files = found.map((file) => [basename(file), new Uint8Array(readFileSync(file))] as const);
    if (files.length > 0) this.github.upload(name, Object.fromEntries(files), record);
    return { ok: files.length > 0 || given["if-no-files-found"] !== "error" };
  }

  #download({ with: given }: RunStep, folder: string, record: RunRecord): StepDone {
    const found = this.github.artifacts.findLast(({ name, run }) => name === given.name && run === record);
    if (!found) return { ok: false };
    for (const [name, bytes] of Object.entries(this.github.filesOf(found))) {
      mkdirSync(join(folder, given.path ?? ""), { recursive: true });
      writeFileSync(join(folder, given.path ?? "", name), bytes);
    }
    return { ok: true };
  }
}
