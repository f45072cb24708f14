import { join } from "node:path";
import { paintFor } from "@cali/base";
import { secureUrl } from "@cali/settings";
import { Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../../../config/load.ts";
import type { Config } from "../../../config/schema.ts";
import { synthesize } from "../../core/application/synthesis.ts";
import {
  type CostEstimate,
  EXIT_OVER_BUDGET,
  estimateChange,
  estimateInventory,
  failsBudget,
} from "../../core/cost/cost-change.ts";
import { inventoryOfStack } from "../../core/cost/inventory.ts";
import { PRICE_LIST } from "../../core/cost/price-list/address.ts";
import { PlanRunError } from "../../core/errors.ts";
import { environmentOption } from "../../core/options.ts";
import { readPlan } from "../../core/plan-json/read.ts";
import { readPlanRun } from "../../core/planning/plan-run.ts";
import { type RefreshInput, refresh } from "./refresh.ts";
import { renderJson, renderText } from "./render.ts";

const ROOT = join(import.meta.dirname, "../../..");

interface Options {
  readonly plans?: string;
  readonly fromSynth?: boolean;
  readonly env: string;
  readonly json?: boolean;
  readonly date?: Date;
}

interface RefreshOptions extends RefreshInput {
  readonly refresh?: boolean;
}

async function run({ plans, env, json = false, date = new Date() }: Options): Promise<void> {
  const config = loadConfig({ env });
  const estimated = plans === undefined ? await fromSynth(env, config, date) : fromPlans(plans, config, date);
  console.log(
    json ? renderJson(estimated, config) : renderText(estimated, config, env, paintFor(process.stdout)),
  );
  if (failsBudget(estimated.total, config)) process.exitCode = EXIT_OVER_BUDGET;
}

function fromPlans(folder: string, config: Config, date: Date): CostEstimate {
  const { environment, stacks } = readPlanRun(folder);
  if (environment !== config.environment) {
    throw new PlanRunError(
      `--env: given ${config.environment}; allowed: ${environment}, which the plans of ${folder} are of`,
    );
  }
  const plans = [...stacks]
    .sort((a, b) => a.order - b.order)
    .map(
      ({ name, jsonFile }) =>
        [name, jsonFile === undefined ? undefined : readPlan(join(folder, jsonFile))] as const,
    );
  return estimateChange(new Map(plans), config, date);
}

async function fromSynth(env: string, config: Config, date: Date): Promise<CostEstimate> {
  const synthesis = await synthesize(ROOT, env);
  const stacks = [...synthesis].sort(([a], [b]) => (a < b ? -1 : 1));
  return estimateInventory(
    new Map(stacks.map(([name, stack]) => [name, inventoryOfStack(stack)])),
    config,
    date,
  );
}

function day(text: string): Date {
  const date = new Date(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError("allowed: a day such as 2027-03-28");
  }
  return date;
}

function httpsUrl(text: string): string {
  if (!secureUrl.safeParse(text).success) throw new InvalidArgumentError("allowed: an https URL");
  return text;
}

/** `cali cost` */
export const costCommand = new Command("cost")
  .description(
    "Says what a month costs, line by line: before and after plans, or of what the configuration synthesizes. Prices are those of delivery/core/cost/prices/, use is what the configuration's `cost` says. Only --refresh asks AWS; an unknown price is unknown, never 0.",
  )
  .option("--plans <folder>", "what cali plan --out wrote")
  .addOption(
    new Option("--from-synth", "of what the configuration synthesizes (default without --plans)").conflicts(
      "plans",
    ),
  )
  .addOption(environmentOption())
  .option("--json", "as JSON; unknown numbers are null")
  .option("--date <day>", "the day that costs are estimated for, for support that ends (default: today)", day)
  .addOption(
    new Option(
      "--refresh",
      "reads AWS's public price list into the tables, which needs no login, and says what changed",
    ).conflicts(["plans", "fromSynth", "json", "date"]),
  )
  .option("--region <region...>", "with --refresh: only these regions' tables (default: all)")
  .option("--price-list <url>", "with --refresh: where the price list is read from", httpsUrl, PRICE_LIST)
  .option("--tables <folder>", "with --refresh: the folder of the tables (default: the project's)")
  .option("--pull-request", "with --refresh: opens a pull request with what changed, or updates it")
  .addHelpText("after", "\nEnds with 2 over the budget, where the configuration says budget.enforce: true.")
  .action(async (options: Options & RefreshOptions) => {
    await (options.refresh ? refresh(options) : run(options));
  });
