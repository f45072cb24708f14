import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { parse } from "yaml";
import { z } from "zod";
import type { ConcurrencyGroups } from "./concurrency.ts";
import { ROOT } from "./run.ts";

/**
 * A run of one of the workflows, as GitHub's documentation says that it goes:
 *
 * - jobs, `needs`, `if` and their status functions: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 * - matrices, `fail-fast`, `max-parallel` and called workflows: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
 * - environments and approvals: https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
 * - concurrency groups: see `concurrency.ts`
 * - a cancelled run: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
 *
 * Expressions are evaluated by GitHub's own evaluator, and steps run by whoever tests.
 */

const conditionSchema = z.union([z.string(), z.boolean()]).transform(String).optional();
const textSchema = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const stepSchema = z.object({
  id: z.string().optional(),
  name: z.string().optional(),
  if: conditionSchema,
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), textSchema).default({}),
  env: z.record(z.string(), textSchema).default({}),
});
const concurrencySchema = z
  .union([
    z.string().transform((group) => ({ group, "cancel-in-progress": "false", queue: "single" as const })),
    z.object({
      group: z.string(),
      "cancel-in-progress": textSchema.default("false"),
      queue: z.enum(["single", "max"]).default("single"),
    }),
  ])
  .optional();
const jobSchema = z.object({
  concurrency: concurrencySchema,
  if: conditionSchema,
  needs: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
  uses: z.string().optional(),
  with: z.record(z.string(), textSchema).default({}),
  environment: z.string().optional(),
  env: z.record(z.string(), textSchema).default({}),
  outputs: z.record(z.string(), z.string()).default({}),
  strategy: z
    .object({
      "fail-fast": z.boolean().default(true),
      "max-parallel": z.int().optional(),
      matrix: z.record(z.string(), z.string()),
    })
    .optional(),
  steps: z.array(stepSchema).default([]),
});
const workflowSchema = z.object({
  concurrency: concurrencySchema,
  env: z.record(z.string(), textSchema).default({}),
  jobs: z.record(z.string(), jobSchema),
});

export type Result = "success" | "failure" | "cancelled" | "skipped";
type Step = z.output<typeof stepSchema>;
type Contexts = Record<string, unknown>;

/** A step that is to be run. */
export interface RunStep {
  /** The job's name, as GitHub shows it: `infrastructure / deploy (dev)`. */
  readonly job: string;
  readonly uses: string | undefined;
  readonly run: string | undefined;
  readonly with: Readonly<Record<string, string>>;
  /** Of the workflow, the job and the step. */
  readonly env: Readonly<Record<string, string>>;
}

/** What became of a step: whether it did what it should, and what it wrote to GITHUB_OUTPUT. */
export interface StepDone {
  readonly ok: boolean;
  readonly outputs?: Readonly<Record<string, string>>;
}

export interface WorkflowRunOptions {
  /** Its file in `.github/workflows`, or a path. */
  readonly file: string;
  /** The contexts `github`, `vars`, `secrets` and `inputs`. */
  readonly contexts: Contexts & { readonly github: Readonly<Record<string, unknown>> };
  readonly runStep: (step: RunStep) => Promise<StepDone>;
  /** The repository's groups. Default: no job waits for another run's. */
  readonly groups?: ConcurrencyGroups;
  /** Resolves when an environment's reviewers have approved a job; false: they rejected it. */
  readonly approve?: (environment: string, job: string) => Promise<boolean>;
  /** Takes what a job is doing: `waiting` for an approval, `in_progress`, `completed`. */
  readonly onJob?: (job: string, status: string, conclusion: Result | null) => void;
  /** Takes what became of a job's step. */
  readonly onStep?: (job: string, step: string, conclusion: Result) => void;
}

/** A workflow's run; its jobs by name, with what became of each. */
export class WorkflowRun {
  readonly results: Record<string, Result> = {};
  readonly #options: WorkflowRunOptions;
  #isCancelled = false;

  constructor(options: WorkflowRunOptions) {
    this.#options = options;
  }

  /** Somebody cancels it: what has not begun does not begin, unless it says `always()`. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /** Runs everything. */
  async finish(): Promise<Readonly<Record<string, Result>>> {
    const { file, contexts } = this.#options;
    const leave = await this.#enter(workflowOf(file).concurrency, contexts, () => this.cancel());
    if (leave === undefined) this.cancel();
    await this.#workflow(file, "", contexts);
    leave?.();
    return this.results;
  }

  async #workflow(file: string, prefix: string, contexts: Contexts): Promise<Result> {
    const workflow = workflowOf(file);
    const started = new Map<string, Promise<{ result: Result; outputs: object }>>();
    const start = (name: string): Promise<{ result: Result; outputs: object }> => {
      const known = started.get(name);
      if (known) return known;
      const job = workflow.jobs[name];
      if (!job) throw new RangeError(`${file}: no job ${name}`);
      const going = (async () => {
        const needs = Object.fromEntries(
          await Promise.all(job.needs.map(async (need) => [need, await start(need)] as const)),
        );
        const done = await this.#job(name, prefix, job, workflow.env, { ...contexts, needs });
        this.results[prefix + name] = done.result;
        return done;
      })();
      started.set(name, going);
      return going;
    };
    const results = await Promise.all(Object.keys(workflow.jobs).map(start));
    return worst(results.map(({ result }) => result));
  }

  async #job(
    name: string,
    prefix: string,
    job: z.output<typeof jobSchema>,
    env: Readonly<Record<string, string>>,
    contexts: Contexts & { needs: Record<string, { result: Result }> },
  ): Promise<{ result: Result; outputs: object }> {
    const before = worst(Object.values(contexts.needs).map(({ result }) => result));
    // A job that needs one that was skipped is skipped as well.
    const state = this.#isCancelled ? "cancelled" : before;
    if (!condition(job.if, contexts, state))
      return { result: this.#isCancelled ? "cancelled" : "skipped", outputs: {} };
    const { strategy } = job;
    const combinations: Contexts[] = strategy
      ? Object.entries(strategy.matrix).flatMap(([key, text]) =>
          listOf(text, contexts).map((value) => ({ matrix: { [key]: value } })),
        )
      : [{}];
    const results: Result[] = [];
    let outputs: object = {};
    const one = async (more: Contexts) => {
      const value = Object.values((more.matrix ?? {}) as object)[0];
      const shown = `${prefix}${name}${value === undefined ? "" : ` (${value})`}`;
      const all = { ...contexts, ...more };
      // With fail-fast the others of a matrix are cancelled.
      const isStopped = strategy?.["fail-fast"] === true && results.includes("failure");
      if (isStopped) results.push("cancelled");
      else if (job.uses) {
        const inputs = Object.fromEntries(
          Object.entries(job.with).map(([key, text]) => [key, filled(text, all)]),
        );
        const file = job.uses.split("/").at(-1) ?? "";
        results.push(await this.#workflow(file, `${shown} / `, { ...all, inputs, needs: {} }));
      } else {
        const done = await this.#steps(shown, job, { ...env, ...job.env }, all);
        this.#options.onJob?.(shown, "completed", done.result);
        outputs = done.outputs;
        results.push(done.result);
      }
      this.results[shown] = results.at(-1) as Result;
    };
    if (strategy?.["max-parallel"] === 1) for (const each of combinations) await one(each);
    else await Promise.all(combinations.map(one));
    return { result: worst(results), outputs };
  }

  /** Waits for a group; undefined: it was cancelled while it was pending. */
  async #enter(
    concurrency: z.output<typeof concurrencySchema>,
    contexts: Contexts,
    cancel: () => void,
  ): Promise<(() => void) | undefined> {
    const { groups } = this.#options;
    if (concurrency === undefined || groups === undefined) return () => {};
    const { group, "cancel-in-progress": cancels, queue } = concurrency;
    const cancelInProgress = filled(cancels, contexts) === "true";
    return await groups.enter(filled(group, contexts), { cancelInProgress, queue }, cancel);
  }

  async #steps(
    shown: string,
    job: z.output<typeof jobSchema>,
    env: Readonly<Record<string, string>>,
    contexts: Contexts,
  ): Promise<{ result: Result; outputs: object }> {
    const { onJob } = this.#options;
    let isStopped = false;
    // A job that waits for its approval has its place in the group already.
    const leave = await this.#enter(job.concurrency, contexts, () => {
      isStopped = true;
    });
    if (leave === undefined) return { result: "cancelled", outputs: {} };
    const isCancelled = () => this.#isCancelled || isStopped;
    if (job.environment !== undefined) {
      onJob?.(shown, "waiting", null);
      const isApproved = (await this.#options.approve?.(filled(job.environment, contexts), shown)) ?? true;
      if (!isApproved || isCancelled()) {
        leave();
        return { result: isApproved ? "cancelled" : "failure", outputs: {} };
      }
    }
    onJob?.(shown, "in_progress", null);
    const steps: Record<string, { outcome: Result; conclusion: Result; outputs: object }> = {};
    let status: Result = "success";
    for (const step of job.steps) {
      const state = isCancelled() ? "cancelled" : status;
      const all = { ...contexts, steps, job: { status: state }, env: filledAll(env, contexts) };
      const note = (outcome: Result, outputs: object = {}) => {
        this.#options.onStep?.(shown, step.name ?? step.run ?? step.uses ?? "", outcome);
        if (step.id !== undefined) steps[step.id] = { outcome, conclusion: outcome, outputs };
      };
      if (!condition(step.if, all, state)) {
        note("skipped");
        continue;
      }
      const { ok, outputs } = await this.#options.runStep(stepOf(shown, step, env, all));
      note(ok ? "success" : "failure", outputs);
      if (!ok) status = "failure";
    }
    leave();
    const outputs = filledAll(job.outputs, { ...contexts, steps });
    return { result: isCancelled() ? "cancelled" : status, outputs };
  }
}

function workflowOf(file: string): z.output<typeof workflowSchema> {
  const path = resolve(ROOT, ".github/workflows", file);
  return workflowSchema.parse(parse(readFileSync(path, "utf8"), { merge: true }));
}

function stepOf(job: string, step: Step, env: Readonly<Record<string, string>>, contexts: Contexts): RunStep {
  return {
    job,
    uses: step.uses,
    run: step.run,
    with: filledAll(step.with, contexts),
    env: filledAll({ ...env, ...step.env }, contexts),
  };
}

function worst(results: readonly Result[]): Result {
  const order: readonly Result[] = ["failure", "cancelled", "skipped"];
  const found = order.find((one) => results.includes(one)) ?? "success";
  // A matrix or a workflow some of whose jobs had nothing to do has succeeded.
  return found === "skipped" && results.includes("success") ? "success" : found;
}

const STATUS_FUNCTION = /\b(always|success|failure|cancelled)\(\)/;

function condition(text: string | undefined, contexts: Contexts, state: Result): boolean {
  const needsAll = Object.values((contexts.needs ?? {}) as Record<string, { result: Result }>).every(
    ({ result }) => result === "success",
  );
  const isGood = state !== "failure" && state !== "cancelled" && (contexts.steps !== undefined || needsAll);
  const source = (text ?? "success()").replace(/^\$\{\{(.*)\}\}$/s, "$1");
  const whole = STATUS_FUNCTION.test(source) ? source : `success() && (${source})`;
  const answers = {
    always: true,
    success: isGood,
    failure: state === "failure",
    cancelled: state === "cancelled",
  };
  return isTruthy(evaluate(whole, contexts, answers));
}

const isTruthy = (value: data.ExpressionData) => {
  const text = value.coerceString();
  return !["", "false", "0"].includes(text);
};

/** The list that an expression gives. */
function listOf(text: string, contexts: Contexts): unknown[] {
  const [, source = ""] = /^\$\{\{(.*)\}\}$/s.exec(text) ?? [];
  return JSON.parse(JSON.stringify(evaluate(source, contexts, {}), data.replacer));
}

/** A text with its `${{ … }}`. */
export function filled(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, source: string) =>
    evaluate(source, contexts, {}).coerceString(),
  );
}

function filledAll(texts: Readonly<Record<string, string>>, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, filled(text, contexts)]));
}

/** By GitHub's own evaluator. */
function evaluate(
  source: string,
  contexts: Contexts,
  answers: Readonly<Record<string, boolean>>,
): data.ExpressionData {
  const functions = new Map(
    Object.entries(answers).map(([name, answer]) => [
      name,
      { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answer) },
    ]),
  );
  const { tokens } = new Lexer(source.trim()).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), [...functions.values()]).parse();
  const context = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, context, functions).evaluate();
}
