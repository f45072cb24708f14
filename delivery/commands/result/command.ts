import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "@cali/base";
import { Command, Option } from "commander";
import { repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { deployedPulls } from "../../core/github/merged.ts";
import { postComment } from "../../core/github/own-comment.ts";
import { filterOfRun } from "../../core/github/workflow-file.ts";
import { deployNotice } from "../../core/notice/collect.ts";
import type { Notice } from "../../core/notice/notice.ts";
import { runDetails } from "../../core/notice/run-details.ts";
import { environmentOption } from "../../core/options.ts";
import { Secrets } from "../../core/terraform/secrets.ts";
import { copyLogs } from "./logs.ts";
import { RESULT_COMMENT } from "./marker.ts";
import { renderResult } from "./render.ts";

interface Options {
  readonly deploy: string;
  readonly env?: string;
  readonly logs?: string;
  readonly artifact?: string;
  readonly print?: boolean;
}

/** Nothing that goes wrong here may fail a run: it is logged, and that is all. */
async function harmless<T>(doing: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await doing();
  } catch (error) {
    console.error(`warning: ${new Secrets(process.env).redact(messageOf(error))}`);
    return undefined;
  }
}

async function run({ deploy, env, logs, artifact, print = false }: Options): Promise<void> {
  const { env: variables } = process;
  const folder = resolve(deploy);
  const copied =
    logs !== undefined && existsSync(folder)
      ? ((await harmless(() => copyLogs(folder, resolve(logs), variables))) ?? [])
      : [];
  const details = await harmless(() => runDetails(variables));
  const notice: Notice = { ...deployNotice(folder, variables, env), ...details };
  await harmless(async () => {
    const filter = print ? undefined : filterOfRun(variables.GITHUB_WORKFLOW_REF, process.cwd());
    const [workflow = "deploy"] = filter?.workflows ?? [];
    const markdown = renderResult(notice, { workflow, artifact: copied.length > 0 ? artifact : undefined });
    if (filter === undefined) console.log(markdown);
    else await post(notice, workflow, filter.deploys, markdown);
  });
}

async function post(
  { environment, commit }: Notice,
  workflow: string,
  deploys: (path: string) => boolean,
  markdown: string,
): Promise<void> {
  const where = githubEnvironment(process.env);
  const repository = repositoryOf(where);
  const pulls =
    commit === undefined
      ? []
      : await deployedPulls({ ...repository, commit, environment, workflow, deploys });
  if (pulls.length === 0) console.log("No merged pull request is deployed by this run.");
  for (const number of pulls) {
    await harmless(async () => {
      const marker = { environment, workflow, run: where.runId ?? 0 };
      const { did, url } = await postComment({ ...repository, number }, RESULT_COMMENT, marker, markdown);
      console.log(
        did === "superseded" ? `A later run wrote ${url}; it stays.` : `The comment is ${did}: ${url}`,
      );
    });
  }
}

/** `cali result` */
export const resultCommand = new Command("result")
  .description(
    "Tells the pull requests that a deployment was of what became of it: what was applied, what failed and why, what is left. One comment for each environment and workflow, which a later try updates. Never fails the run.",
  )
  .requiredOption("--deploy <folder>", "what cali deploy --out or cali release --out wrote")
  .addOption(environmentOption())
  .option("--logs <folder>", "where Terraform's logs are copied to, without secrets")
  .option("--artifact <name>", "the artifact that --logs goes into, for the comment")
  .addOption(new Option("--print", "print the comment, and ask GitHub for no pull request"))
  .addHelpText(
    "after",
    "\nThe environment says the rest: GITHUB_TOKEN (pull-requests: write), GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_WORKFLOW_REF,\nand CALI_OUTCOME (success, failure or cancelled: the job's status).",
  )
  .action(run);
