import { spawnSync } from "node:child_process";
import { appendFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { CommitError } from "../../core/errors.ts";
import { affectedBy } from "./affected.ts";

interface Options {
  readonly base: string;
  readonly output?: string;
}

/** `cali affected` */
export const affectedCommand = new Command("affected")
  .description(
    "Says what a pull request has to be shown: whether it changes what a plan is made of, what a chart is rendered from, and which services' images. The push filters of the workflows that deploy decide.",
  )
  .option("--base <commit>", "compare the checked-out commit with this one", "HEAD^1")
  .addOption(
    new Option("--output <file>", "append plan, manifests and services to this file").env("GITHUB_OUTPUT"),
  )
  .action(async ({ base, output }: Options) => {
    const { plan, manifests, services } = affectedBy(changedFiles(base), process.cwd());
    const lines = `plan=${plan}\nmanifests=${manifests}\nservices=${JSON.stringify(services)}`;
    console.log(lines);
    if (output) await appendFile(output, `${lines}\n`);
  });

/** Paths that differ, both names of a file that was renamed. @throws CommitError */
function changedFiles(base: string): string[] {
  const { stdout, stderr, status } = spawnSync(
    "git",
    ["diff", "--name-only", "--no-renames", "-z", "--end-of-options", base, "HEAD"],
    { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 },
  );
  if (status === 0) return stdout.split("\0").filter((path) => path !== "");
  throw new CommitError(
    `--base: given ${base}; allowed: a commit that the checkout has (fetch-depth: 2). Git says: ${stderr?.split("\n")[0]}`,
  );
}
