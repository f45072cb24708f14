import { mkdir, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { adoptionOf, overridesOf } from "../../../config/load.ts";
import { selectStacks } from "../../core/application/application.ts";
import { applicationOf } from "../../core/application/application-of.ts";
import { clusterOf, Kubectl } from "../../core/cluster/kubectl.ts";
import { recoverReleases } from "../../core/cluster/releases.ts";
import { deploy } from "../../core/deployment/deploy.ts";
import { noteEnd } from "../../core/deployment/deploy-result.ts";
import type { ReviewedRun } from "../../core/deployment/review.ts";
import { DeliveryError, SealError } from "../../core/errors.ts";
import { repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { labelsAtMerge } from "../../core/github/label.ts";
import { fetchEarlierPlans } from "../../core/github/reviewed-plans.ts";
import { refuseSuperseded } from "../../core/github/superseded.ts";
import { filterOfRun } from "../../core/github/workflow-file.ts";
import { type StackOptions, withStackOptions } from "../../core/options.ts";
import { ALLOW_DATA_LOSS } from "../../core/plan-json/data-loss.ts";
import { statusText } from "../../core/planning/plan-run.ts";
import { planKey } from "../../core/seal/key.ts";
import { unsealPlans } from "../../core/seal/seal-plans.ts";
import { ALLOW_FOREIGN } from "../../core/shared-state/foreign.ts";
import { programOf } from "../../core/terraform/programs.ts";
import { Secrets } from "../../core/terraform/secrets.ts";

const FAILED = new Set(["failed", "skipped", "refused"]);

interface Options extends StackOptions {
  readonly plans?: string;
  readonly replan?: boolean;
  readonly pullRequest?: number | "";
  readonly headCommit?: string;
  readonly allowDataLoss?: boolean;
  readonly allowForeignDestroy?: boolean;
  readonly out: string;
}

/** `cali deploy` */
export const deployCommand = withStackOptions(new Command("deploy"))
  .description(
    "Applies the plans that were reviewed in the pull request, or new ones. Nothing is applied when what was reviewed is not what would be done.",
  )
  .addOption(
    new Option("--plans <file>", "the sealed bundle of the merged pull request's last commit").conflicts(
      "replan",
    ),
  )
  .option(
    "--replan",
    "plan anew: for a first deploy, a revert, or when the reviewed plans are no longer good",
  )
  .option("--head-commit <sha>", "with --plans: the pull request's last commit, which the plans must be of")
  .addOption(
    new Option(
      "--pull-request <number>",
      `the pull request; its labels ${ALLOW_DATA_LOSS} and ${ALLOW_FOREIGN} count if they were set before it was merged, and allow to destroy what holds data, or what CALI never made`,
    ).argParser((given) => {
      // The plans of a run that was started by hand are of no pull request.
      if (given === "") return "";
      if (/^[1-9]\d{0,9}$/.test(given)) return Number(given);
      throw new InvalidArgumentError("allowed: a pull request's number");
    }),
  )
  .option("--allow-data-loss", "destroy what holds data, if the plans do")
  .option("--allow-foreign-destroy", "destroy what CALI never made, if the plans do")
  .option("--out <folder>", "where deploy.json, plans and logs are written to", ".cali/deploy")
  .addHelpText("after", "\nRun again after it was cut off, it goes on with what is left.")
  .action(async (names: string[], options: Options, command: Command) => {
    const { env, commit, synthDir, parallel, lockTimeout, plans, replan, headCommit } = options;
    const pullRequest = options.pullRequest || undefined;
    if (!plans && !replan) command.error("error: give --plans <file>, or --replan");
    // A bundle of another commit was reviewed, too, but not for this.
    if (plans && !headCommit) command.error("error: give --head-commit <sha>, which the plans must be of");
    const key = plans ? planKey(process.env) : undefined;
    const out = resolve(options.out);
    const folder = resolve(out, "reviewed");
    try {
      const superseded = await refuseSuperseded({
        variables: process.env,
        commit,
        filter: () => filterOfRun(process.env.GITHUB_WORKFLOW_REF, process.cwd()),
        doing: "deploy",
      });
      if (superseded !== undefined) {
        console.log(superseded);
        await noteEnd(out, { environment: env, commit }, { superseded });
        return;
      }
      const { config, application } = await applicationOf(env, synthDir);
      const { environment } = config;
      let reviewed: Parameters<typeof deploy>[0]["reviewed"];
      if (plans && key) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const bundle = { file: resolve(plans), folder, key };
        reviewed = { folder, run: await unsealPlans(bundle, { environment, commit: headCommit }) };
      }
      const labels = await labelsOf(pullRequest);
      const adoption = adoptionOf(env);
      const result = await deploy({
        program: programOf(config),
        application,
        stacks: selectStacks(application, names),
        environment,
        commit,
        ...(pullRequest !== undefined && { pullRequest }),
        out,
        ...(reviewed && { reviewed }),
        ...(adoption && { adoption }),
        ...(reviewed &&
          pullRequest !== undefined &&
          key && { earlier: once(() => earlierPlans({ key, folder, environment, commit, env })) }),
        recoverReleases: ({ folder: of }, before) =>
          Kubectl.in(clusterOf(config, overridesOf(env)), (cluster) => recoverReleases(cluster, of, before)),
        allowDataLoss: options.allowDataLoss === true || labels.has(ALLOW_DATA_LOSS),
        allowForeign: options.allowForeignDestroy === true || labels.has(ALLOW_FOREIGN),
        // GitHub runs a job again on a new machine.
        continues: Number(process.env.GITHUB_RUN_ATTEMPT ?? 1) > 1,
        parallel,
        lockTimeout,
      });
      for (const line of result.stacks.map(statusText)) console.log(line);
      if (result.stacks.some(({ status }) => FAILED.has(status))) process.exitCode = 1;
    } catch (error) {
      if (error instanceof DeliveryError) {
        const about = { environment: env, commit, ...(pullRequest !== undefined && { pullRequest }) };
        await noteEnd(out, about, { refusal: new Secrets(process.env).redact(error.message) });
      }
      throw error;
    } finally {
      // Plans hold secrets in clear text.
      await rm(folder, { recursive: true, force: true });
    }
  });

/** The plans of pull requests that were merged before, unsealed. One that does not open was sealed with another key, and explains nothing. */
async function earlierPlans(given: {
  key: Buffer;
  folder: string;
  environment: string;
  commit: string;
  env: string;
}): Promise<ReviewedRun[]> {
  const repository = repositoryOf(githubEnvironment(process.env));
  const { commit, env, environment, key } = given;
  const { GITHUB_WORKFLOW_REF: ref } = process.env;
  const [workflow] = ref ? filterOfRun(ref, process.cwd()).workflows : [];
  const found = await fetchEarlierPlans({ ...repository, commit, environment: env, workflow });
  const runs: ReviewedRun[] = [];
  for (const { headSha, sealed } of found) {
    const folder = resolve(given.folder, headSha);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = resolve(folder, "plans.sealed");
    await writeFile(file, sealed);
    try {
      runs.push({ folder, run: await unsealPlans({ file, folder, key }, { environment, commit: headSha }) });
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      console.error(`the plans of ${headSha} are passed over: ${error.message}`);
    }
  }
  return runs;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function labelsOf(pullRequest: number | undefined): Promise<ReadonlySet<string>> {
  if (pullRequest === undefined) return new Set();
  return await labelsAtMerge(repositoryOf(githubEnvironment(process.env)), pullRequest);
}
