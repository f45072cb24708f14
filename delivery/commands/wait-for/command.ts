import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { filterOfFile } from "../../core/github/workflow-file.ts";
import { minutesOption, pollOption } from "../../core/options.ts";
import { waitFor } from "./wait-for.ts";

interface Options {
  readonly job?: string;
  readonly commit: string;
  readonly minutes: number;
  readonly poll: number;
}

const MINUTE_MS = 60_000;
/** Looks before a run that GitHub does not list is taken for none. */
const LOOKS = 6;

/** `cali wait-for` */
export const waitForCommand = new Command("wait-for")
  .description(
    "Waits until another workflow's runs of the same commit, or one job of them, have succeeded. Where they ended as superseded, until the run that covers them has.",
  )
  .addArgument(
    new Argument("<workflow>", "file name, such as terraform.yml").argParser((given: string) => {
      if (/^[\w.-]+\.ya?ml$/.test(given)) return given;
      throw new InvalidArgumentError("allowed: a file name such as terraform.yml");
    }),
  )
  .addOption(new Option("--commit <sha>", "the commit on main").env("GITHUB_SHA").makeOptionMandatory())
  .option(
    "--job <name>",
    "wait for this job of the runs only, such as `deploy (dev)`; another environment's approval is not waited for",
  )
  .addOption(minutesOption())
  .addOption(pollOption())
  .action(async (workflow: string, { commit, job, minutes, poll }: Options) => {
    await waitFor({
      ...repositoryOf(githubEnvironment(process.env)),
      workflow,
      commit,
      ...(job !== undefined && { job }),
      deploys: (path) => filterOfFile(workflow, process.cwd()).deploys(path),
      graceMs: LOOKS * poll,
      pollMs: poll,
      limitMs: minutes * MINUTE_MS,
      print: console.log,
    });
  });
