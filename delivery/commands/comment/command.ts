import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { secureUrl } from "@cali/settings";
import { Command, InvalidArgumentError, Option } from "commander";
import { adoptionOf, loadConfig, overridesOf } from "../../../config/load.ts";
import { EXIT_OVER_BUDGET, failsBudget } from "../../core/cost/cost-change.ts";
import { PlanFormatError } from "../../core/errors.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { appendSummary } from "../../core/github/step-summary.ts";
import { environmentOption } from "../../core/options.ts";
import { stateOf } from "../../core/report/header.ts";
import { commentOf, LONGEST_LINE, reportOf, reportOfPlan } from "../../core/report/plan-report.ts";
import { render } from "../../core/report/render.ts";
import type { Report } from "../../core/report/report.ts";
import { type Marker, PLAN_COMMENT } from "./marker.ts";

interface Options {
  readonly plans?: string;
  readonly planJson?: string;
  readonly pullRequest?: number;
  readonly env?: string;
  readonly print?: boolean;
  readonly summary?: boolean;
  readonly sources?: string;
  readonly html?: string;
  readonly page?: string;
}

/** What is given is no plan. */
const EXIT_NO_PLAN = 2;

/** One plan as Markdown or as a page, whatever repository it is of: neither a configuration nor GitHub is asked. */
async function showPlan(
  file: string,
  { print = false, html }: Pick<Options, "print" | "html">,
): Promise<void> {
  try {
    const report = reportOfPlan(file);
    if (print) console.log(commentOf(report));
    if (html !== undefined) await writePage(html, report);
  } catch (error) {
    if (!(error instanceof PlanFormatError)) throw error;
    console.error(error.message);
    process.exitCode = EXIT_NO_PLAN;
  }
}

/** What makes HTML, like what speaks with GitHub below, is loaded where it is asked for: each takes a tenth of the command's start. */
async function writePage(file: string, report: Report): Promise<void> {
  const { pageOf } = await import("./page/page.ts");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, pageOf(report));
  console.error(`${file}: written`);
}

async function run(
  plans: string,
  {
    pullRequest,
    env,
    print = false,
    summary = false,
    sources,
    html,
    page,
  }: Omit<Options, "plans" | "planJson">,
): Promise<void> {
  const config = loadConfig({ env });
  const isPosted = summary || pullRequest !== undefined;
  const github = isPosted ? githubEnvironment(process.env) : undefined;
  const report = {
    ...reportOf(plans, config, {
      sources,
      links: github?.links,
      overrides: overridesOf(env),
      adoption: adoptionOf(env),
    }),
    page,
  };
  if (html !== undefined) await writePage(html, report);
  if (!isPosted && !print) return;
  const markdown = commentOf(report);
  // The check fails, and the comment is posted all the same.
  if (report.budget && failsBudget(report.budget.total, config)) process.exitCode = EXIT_OVER_BUDGET;
  if (!github) {
    console.log(markdown);
    return;
  }
  writeFileSync(join(plans, "comment.md"), `${render(report).markdown}\n`);
  appendSummary(github.stepSummary, (limit) => render(report, { limit, longestLine: LONGEST_LINE }).markdown);
  if (summary) return;
  const [{ repositoryOf }, { postComment }, { setLabel }] = await Promise.all([
    import("../../core/github/client.ts"),
    import("../../core/github/own-comment.ts"),
    import("./labels.ts"),
  ]);
  const number = pullRequest ?? 0;
  const pull = { ...repositoryOf(github), number };
  const marker: Marker = { environment: report.environment, state: stateOf(report), run: github.runId ?? 0 };
  const { did, url, markers } = await postComment(pull, PLAN_COMMENT, marker, markdown);
  const label = await setLabel(
    pull,
    markers.map(({ state }) => state),
  );
  console.log(
    did === "superseded" ? `A later run wrote ${url} already; it stays.` : `The comment is ${did}: ${url}`,
  );
  console.log(`The pull request's label is ${label}.`);
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("allowed: a pull request's number");
  return Number(text);
}

function pageUrl(text: string): string | undefined {
  // A workflow whose artifact could not be kept has none.
  if (text === "") return undefined;
  const { success, data } = secureUrl.safeParse(text);
  if (!success) throw new InvalidArgumentError("allowed: an https URL");
  return data;
}

/** `cali comment` */
export const commentCommand = new Command("comment")
  .description(
    "Tells a pull request what its plans do: one comment for each environment, which every further run updates, and the label plan:no-changes, plan:changes or plan:destroy. The whole, however long, goes to comment.md beside the plans and to the run's summary.",
  )
  .option("--plans <folder>", "what cali plan --out wrote")
  .addOption(
    new Option(
      "--plan-json <file>",
      "with --print or --html: the output of terraform show -json <plan> of any repository, - for standard input; ends with 2 when it is no plan",
    ).conflicts(["plans", "pullRequest", "sources"]),
  )
  .option("--pull-request <number>", "the pull request to comment on", positiveInteger)
  .addOption(environmentOption())
  .option("--sources <file>", "sources.json of the synth (default: beside the plans, else in cdktf.out)")
  .addOption(
    new Option("--summary", "write it to the run's summary, and to no pull request").conflicts([
      "pullRequest",
      "print",
    ]),
  )
  .addOption(new Option("--print", "print the comment, and ask GitHub nothing").conflicts("pullRequest"))
  .option(
    "--html <file>",
    "write the plans as one page of HTML, old and new values side by side; alone, it asks GitHub nothing",
  )
  .option("--page <url>", "where that page is kept: the comment links it", pageUrl)
  .addHelpText(
    "after",
    "\nIn a workflow everything else comes from the environment: GITHUB_TOKEN (pull-requests: write, issues: write),\nGITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_SERVER_URL, GITHUB_RUN_ID, GITHUB_STEP_SUMMARY.",
  )
  .action(async (options: Options, command: Command) => {
    const { plans, planJson, print, summary, html, pullRequest } = options;
    if (!print && !summary && html === undefined && pullRequest === undefined) {
      command.error("error: give --pull-request <number>, --summary, --print or --html <file>");
    }
    if (planJson !== undefined) await showPlan(planJson, options);
    else if (plans !== undefined) await run(plans, options);
    else command.error("error: give --plans <folder>, or --plan-json <file>");
  });
