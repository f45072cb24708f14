import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Listr } from "listr2";
import type { Application, SynthesizedStack } from "../application/application.ts";
import { initSafely } from "../terraform/install.ts";
import type { Program } from "../terraform/programs.ts";
import { Secrets } from "../terraform/secrets.ts";
import { installedVersion } from "../terraform/terraform.ts";
import type { PlanRun, StackRun } from "./plan-run.ts";
import { type PlannedStack, type PlanStackOptions, planFiles, planStack } from "./plan-stack.ts";
import { waitingInstead } from "./waiting.ts";

export interface PlanOptions {
  readonly program: Program;
  readonly application: Application;
  /** In the order of deployment. */
  readonly stacks: readonly SynthesizedStack[];
  readonly environment: string;
  readonly commit: string;
  /** Folder that everything is written to; what an earlier run left there goes. */
  readonly out: string;
  /** Stacks that are planned at once. */
  readonly parallel: number;
  /** How long to wait for a state's lock, such as `5m`. */
  readonly lockTimeout: string;
  /** Whether nothing is shown while it works. */
  readonly silent?: boolean;
}

/** What a run of planning has: `run.json`'s content, and each stack for whoever goes on with it. */
export interface Planned {
  readonly run: PlanRun;
  readonly stacks: readonly PlannedStack[];
}

/** Folder of downloaded providers. */
const PLUGIN_CACHE = resolve(".cali/providers");
/** Provider lock files that are kept in the repository, by stack. */
const LOCK_FILES = resolve("terraform-locks");

/** What all stacks of a run have in common. */
export async function stackOptions(
  stacks: readonly SynthesizedStack[],
  {
    program,
    out,
    lockTimeout,
    silent = false,
  }: Pick<PlanOptions, "program" | "out" | "lockTimeout" | "silent">,
): Promise<Omit<PlanStackOptions, "progress">> {
  return {
    program,
    out,
    lockTimeout,
    secrets: await Secrets.ofVariables(
      process.env,
      stacks.flatMap(({ sensitiveVariables }) => sensitiveVariables),
      stacks.map(({ folder }) => folder),
    ),
    pluginCache: process.env.TF_PLUGIN_CACHE_DIR || PLUGIN_CACHE,
    lockFile: (stack) => {
      const file = join(LOCK_FILES, `${stack}.hcl`);
      return existsSync(file) ? file : undefined;
    },
    init: initSafely(),
    onDifference: (line) =>
      (silent ? console.error : console.log)(`Before the plan, configuration and state differ: ${line}`),
  };
}

/**
 * Plans stacks side by side, and writes `run.json`, each plan and its JSON.
 *
 * @throws TerraformError when there is no Terraform; what fails in a stack is in the result.
 */
export async function plan(options: PlanOptions): Promise<Planned> {
  const { program, application, stacks, environment, commit, out, parallel, silent = false } = options;
  // What reads a plan is loaded while Terraform starts.
  const [version] = await Promise.all([installedVersion(program), import("../plan-json/read.ts")]);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true, mode: 0o700 });
  const common = await stackOptions(stacks, options);
  const results = new Map<string, PlannedStack>();
  const tasks = new Listr(
    stacks.map((stack) => ({
      title: stack.name,
      task: async (_, task) => {
        const planned = await planStack(stack, {
          ...common,
          progress: (doing) => {
            task.output = doing;
          },
        });
        results.set(stack.name, planned);
        task.title = `${stack.name}: ${statusText(planned)}`;
      },
    })),
    {
      concurrent: parallel,
      exitOnError: false,
      // Lines without colours and cursor movements where nobody watches.
      renderer: silent ? "silent" : "default",
      // A signal is passed on to Terraform, and waits for it.
      registerSignalListeners: false,
      fallbackRenderer: "simple",
      fallbackRendererCondition: () => !silent && !process.stdout.isTTY,
    },
  );
  await tasks.run();
  const planned = stacks.map((stack) => results.get(stack.name) as PlannedStack);
  const settled = planned.map((one) => waitingInstead(one, planned, application));
  const run: PlanRun = {
    environment,
    commit,
    configurationDigest: application.digest,
    createdAt: new Date().toISOString(),
    program: program.command,
    terraformVersion: version,
    stacks: settled.map((one, order) => stackRun(one, order)),
  };
  await writeFile(join(out, "run.json"), `${JSON.stringify(run, null, 2)}\n`);
  return { run, stacks: settled };
}

function stackRun(planned: PlannedStack, order: number): StackRun {
  const { stack, durationMs } = planned;
  const common = { name: stack.name, waitsFor: [...stack.dependencies], durationMs, order };
  if (planned.status !== "planned") return { ...common, status: planned.status, reason: planned.reason };
  const { lineage, serial } = planned.state;
  return {
    ...common,
    status: planned.hasChanges ? "changes" : "no-changes",
    ...planFiles(stack.name),
    lineage,
    serial,
    ...(planned.lockDigest && { lockDigest: planned.lockDigest }),
  };
}

function statusText(planned: PlannedStack): string {
  if (planned.status === "planned") return planned.hasChanges ? "changes" : "no changes";
  return `${planned.status}: ${planned.reason.split("\n")[0]}`;
}
