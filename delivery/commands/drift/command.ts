import { resolve } from "node:path";
import { messageOf } from "@cali/base";
import { Command } from "commander";
import { loadConfig } from "../../../config/load.ts";
import { applicationOf } from "../../core/application/application-of.ts";
import { PlanRunError } from "../../core/errors.ts";
import { type Repository, repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment, repositoryLinks } from "../../core/github/environment.ts";
import { appendSummary } from "../../core/github/step-summary.ts";
import { refuseSuperseded } from "../../core/github/superseded.ts";
import { filterOfAll } from "../../core/github/workflow-file.ts";
import {
  EXIT_CHANGES,
  environmentOption,
  lockTimeoutOption,
  parallelOption,
  synthDirOption,
  withCommit,
} from "../../core/options.ts";
import { plan } from "../../core/planning/plan.ts";
import { type PlanRun, readPlanRun } from "../../core/planning/plan-run.ts";
import { stackReports } from "../../core/report/collect.ts";
import { sendToSlack } from "../../core/slack.ts";
import { programOf } from "../../core/terraform/programs.ts";
import { Secrets } from "../../core/terraform/secrets.ts";
import { changeSince } from "./change.ts";
import { findingText } from "./finding.ts";
import { findIssue, writeIssue } from "./issue.ts";
import { driftMessage } from "./message.ts";
import { addedRights, rolesOf } from "./privileges.ts";
import { renderDrift } from "./render.ts";
import { type DriftReport, driftReport, type StatesLook } from "./report.ts";
import { unknownStates } from "./states.ts";
import { type RunsLook, waitingRuns } from "./waiting-runs.ts";

interface Options {
  readonly env?: string;
  readonly commit: string;
  readonly synthDir?: string;
  readonly plans?: string;
  readonly out: string;
  readonly parallel: number;
  readonly lockTimeout: string;
  readonly json?: boolean;
  readonly issue?: boolean;
  readonly slack?: boolean;
  readonly detailedExitcode?: boolean;
}

/** What was planned, and where it lies. */
interface Looked {
  readonly folder: string;
  readonly run: PlanRun;
  readonly states: StatesLook;
  /** Where AWS is asked; undefined: it is not. */
  readonly region: string | undefined;
}

async function run(options: Options): Promise<void> {
  // Refused before minutes of planning.
  const github = options.issue ? githubEnvironment(process.env) : undefined;
  if (options.plans === undefined) {
    await refuseSuperseded({
      variables: process.env,
      commit: options.commit,
      filter: () => filterOfAll(process.cwd()),
      doing: "compare the environment with",
    });
  }
  const looked = options.plans === undefined ? await planned(options) : given(options.plans, options.env);
  const { region } = looked;
  const { environment, commit } = looked.run;
  const links = repositoryLinks(process.env);
  const stacks = stackReports(looked.folder, looked.run);
  const runs = await lookForRuns(options.env ?? environment);
  const privileges =
    region === undefined ? undefined : await lookAt(() => addedRights(region, rolesOf(stacks)));
  const report = driftReport({ environment, commit, stacks, links, states: looked.states, privileges, runs });
  console.log(options.json ? asJson(report) : renderDrift(report));
  appendSummary(process.env.GITHUB_STEP_SUMMARY || undefined, (limit) => renderDrift(report, limit));
  const hasFailed = report.findings.some(({ kind }) => kind === "failed");
  if (hasFailed) process.exitCode = 1;
  else if (options.detailedExitcode && report.findings.length > 0) process.exitCode = EXIT_CHANGES;
  await notify(report, github && repositoryOf(github), options.slack === true);
}

async function planned({
  env,
  commit,
  synthDir,
  out,
  parallel,
  lockTimeout,
  json,
}: Options): Promise<Looked> {
  const { config, application } = await applicationOf(env, synthDir);
  const folder = resolve(out);
  const { run } = await plan({
    program: programOf(config),
    application,
    stacks: application.stacks,
    environment: config.environment,
    commit,
    out: folder,
    parallel,
    lockTimeout,
    silent: json === true,
  });
  const known = new Set(application.stacks.flatMap(({ stateKey }) => stateKey ?? []));
  return { folder, run, states: await lookAt(() => unknownStates(config, known)), region: config.region };
}

/** What cannot be looked at keeps nothing else from being said. */
async function lookAt<Found>(work: () => Promise<Found>): Promise<Found | { readonly failed: string }> {
  try {
    return await work();
  } catch (error) {
    return { failed: new Secrets(process.env).redact(messageOf(error)) };
  }
}

/** Nothing is asked outside of a workflow, or without a token. */
async function lookForRuns(environment: string): Promise<RunsLook> {
  const { env: variables } = process;
  if (!variables.GITHUB_TOKEN || !variables.GITHUB_REPOSITORY) return undefined;
  return await lookAt(async () => {
    const repository = repositoryOf(githubEnvironment(variables));
    return await waitingRuns(repository, filterOfAll(process.cwd()).workflows, environment);
  });
}

function given(folder: string, env: string | undefined): Looked {
  const run = readPlanRun(folder);
  const { environment } = loadConfig({ env });
  if (run.environment !== environment) {
    throw new PlanRunError(
      `--env: given ${environment}; allowed: ${run.environment}, which the plans of ${folder} are of`,
    );
  }
  return { folder, run, states: undefined, region: undefined };
}

/** Notifies Slack even when GitHub does not answer, then as if it had never been notified. */
async function notify(
  report: DriftReport,
  repository: Repository | undefined,
  slack: boolean,
): Promise<void> {
  let before: string | undefined;
  let url: string | undefined;
  try {
    if (repository) {
      const issue = await findIssue(repository, report.environment);
      before = issue?.marker.digest;
      const written = await writeIssue(repository, issue, report);
      url = written.url;
      console.error(url === undefined ? "There is no issue." : `The issue (${written.did}): ${url}`);
    }
  } finally {
    if (slack) await notifySlack(report, before, url);
  }
}

/** Nothing that goes wrong here may fail a run. */
async function notifySlack(
  report: DriftReport,
  before: string | undefined,
  url: string | undefined,
): Promise<void> {
  const change = changeSince(before, report.digest);
  if (change === "same" || change === "still-none") {
    console.error("Slack has nothing new to hear.");
    return;
  }
  const webhook = process.env.SLACK_WEBHOOK_URL;
  if (!webhook) {
    console.error("SLACK_WEBHOOK_URL is not set: nobody is notified.");
    return;
  }
  try {
    const message = driftMessage(report, change, url);
    await sendToSlack(webhook, message);
    console.error(`Slack was notified: ${message.text}`);
  } catch (error) {
    console.error(`warning: ${new Secrets(process.env).redact(messageOf(error))}`);
  }
}

function asJson({
  environment,
  commit,
  digest,
  stacks,
  findings,
  areStatesKnown,
  areRightsKnown,
  areRunsKnown,
}: DriftReport): string {
  const plain = {
    environment,
    commit,
    digest,
    statesLookedFor: areStatesKnown,
    rightsLookedFor: areRightsKnown,
    runsLookedFor: areRunsKnown,
    stacks: stacks.map(({ name, status }) => ({ name, status })),
    findings: findings.map(({ kind, stack, key, words, lines }) => ({
      kind,
      stack,
      address: key,
      text: findingText(words, (value) => value),
      lines,
    })),
  };
  return JSON.stringify(plain, null, 2);
}

/** `cali drift` */
export const driftCommand = withCommit(new Command("drift"))
  .description(
    "Says what of an environment is not as main says: what was changed outside Git, what is in a state and not in the code, what is not deployed, objects that two states hold, policies that were added to roles, deployments that wait, and stacks that cannot be planned.",
  )
  .addOption(environmentOption())
  .addOption(synthDirOption().conflicts("plans"))
  .option(
    "--plans <folder>",
    "what cali plan --out wrote of all stacks, instead of planning; states of no stack and added policies of roles are not looked for",
  )
  .option("--out <folder>", "where plans are written to; they hold secrets", ".cali/drift")
  .addOption(parallelOption())
  .addOption(lockTimeoutOption())
  .option("--json", "print JSON instead of Markdown")
  .option(
    "--issue",
    "keep an issue in step: opened when drift is found, updated when it is another one, closed when it is gone",
  )
  .option(
    "--slack",
    "notify Slack when, by the issue, something changed; without --issue: whenever drift is found",
  )
  .option("--detailed-exitcode", "end with 2 when drift is found")
  .addHelpText(
    "after",
    "\nEnds with 0 when everything could be planned, and with 1 when something could not.\nThe environment says the rest: GITHUB_TOKEN (issues: write), GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_STEP_SUMMARY,\nSLACK_WEBHOOK_URL (without it nobody is notified).",
  )
  .action(run);
