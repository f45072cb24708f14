import { appendFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { synthesize } from "../../core/application/synthesis.ts";
import { environmentOption } from "../../core/options.ts";
import { manifestsOf } from "./charts.ts";
import { compare } from "./compare.ts";
import { documentsOf } from "./documents.ts";
import { renderMarkdown, renderText } from "./render.ts";

interface Options {
  readonly base: string;
  readonly head: string;
  readonly env: string;
  readonly manifests?: boolean;
  readonly charts?: string;
  readonly summary?: string;
}

/** `cali synth-difference` */
export const synthDifferenceCommand = new Command("synth-difference")
  .description(
    "Shows how what two checkouts synthesize differs. It needs no credentials, so it is what a pull request from a fork gets.",
  )
  .requiredOption("--base <folder>", "checkout to compare with, its packages installed")
  .option("--head <folder>", "checkout that is compared, its packages installed", ".")
  .addOption(environmentOption())
  .option("--manifests", "compare the manifests that the charts render to, with `helm template`")
  .option(
    "--charts <folder>",
    "with --manifests: where the charts lie unpacked, instead of their repositories",
  )
  .addOption(
    new Option("--summary <file>", "append it as Markdown to this file, too").env("GITHUB_STEP_SUMMARY"),
  )
  .action(async ({ base, head, env, manifests, charts, summary }: Options) => {
    const [before, after] = [await synthesize(resolve(base), env), await synthesize(resolve(head), env)];
    const differences = manifests
      ? compare(await manifestsOf(before, charts), await manifestsOf(after, charts))
      : compare(documentsOf(before), documentsOf(after));
    console.log(renderText(differences));
    const title = `${manifests ? "Rendered manifests" : "Synthesized stacks"} of ${env}`;
    if (summary) await appendFile(summary, `${renderMarkdown(title, differences)}\n`);
  });
