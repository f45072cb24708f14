import type { Paint } from "@cali/base";
import type { Config } from "../../../config/schema.ts";
import { BUDGET_PARTS } from "../../../config/schema-cost.ts";
import type { CostChange, CostEstimate } from "../../core/cost/cost-change.ts";
import { type CostLine, totalOf } from "../../core/cost/estimate.ts";
import type { Part } from "../../core/cost/part.ts";
import { visible } from "../../core/plan-json/text.ts";

const UNKNOWN = "unknown";

const PART_NAMES: Readonly<Record<Part, string>> = {
  eks: "EKS's control plane",
  ec2: "nodes, their volumes and addresses",
  opensearch: "the search domain",
  rest: "the rest",
};

/** What may be on the bill and is in no line. */
const NOT_COUNTED =
  "Not counted: requests to KMS; reads from the bucket, what else than raw logs is in it, and the requests that move objects between storage classes; nodes that the autoscaler adds; volumes that a chart makes without being asked to; NAT gateways and endpoints of a network that is not made here.";

/**
 * What a month costs, line by line, for a terminal.
 *
 * @param paint how it is painted. Default: not at all.
 * @param env the configuration's file, `config/<env>.yaml`: two may be of environments with one name. Default: the environment's name.
 */
export function renderText(
  { lines, byStack, total }: CostEstimate,
  config: Config,
  env = config.environment,
  paint: Paint = (_, text) => text,
): string {
  const blocks = [...byStack].map(([stack, change]) => {
    const own = lines.filter((line) => line.stack === stack);
    return [
      paint("bold", `${stack}: ${costText(change)}`),
      ...columns(own.map(cells)).map((line) => `  ${line}`),
    ].join("\n");
  });
  return [
    `${nameOf(config, env)} in ${config.region}, USD a month (${config.cost.hoursPerMonth} hours), on demand, without taxes:`,
    use(config),
    ...blocks,
    parts(lines, config),
    ...unknownNames(lines),
    NOT_COUNTED,
    paint(
      total.after > config.budget.monthlyUsd ? ["bold", "red"] : ["bold", "green"],
      `Total: ${costText(total)}; budget ${config.budget.monthlyUsd.toFixed(2)}${verdict(total, config)}`,
    ),
  ].join("\n\n");
}

function nameOf({ project, environment }: Config, env: string): string {
  const name = `${project} ${environment}`;
  return env === environment ? name : `${env} (${name})`;
}

function use({ cost }: Config): string {
  const { recordsPerSecond, recordBytes, internetOutGiB, zoneCrossingGiB, clusterLogGiB } = cost;
  return `Use taken from the configuration's cost: ${recordsPerSecond} records/s of ${recordBytes} bytes; ${internetOutGiB} GiB to the internet, ${zoneCrossingGiB} GiB between zones, ${clusterLogGiB} GiB of control-plane logs a month.`;
}

/** Each part of the budget beside what it costs. */
function parts(lines: readonly CostLine[], { budget }: Config): string {
  const rows = BUDGET_PARTS.map((part) => {
    const { usd, unknown } = totalOf(lines.filter((line) => line.part === part));
    const known = costText({ before: usd, after: usd, unknown });
    const planned = budget.parts?.[part];
    return [PART_NAMES[part], known, planned === undefined ? "" : `of ${planned.toFixed(2)}`];
  });
  const [name, known] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return [
    `What it goes into, beside the budget of ${budget.monthlyUsd.toFixed(2)}:`,
    ...rows.map((row) =>
      `  ${row[0]?.padEnd(name ?? 0)}  ${row[1]?.padEnd(known ?? 0)}  ${row[2]}`.trimEnd(),
    ),
  ].join("\n");
}

/** What keeps the total from being whole, by name. */
function unknownNames(lines: readonly CostLine[]): string[] {
  const unknown = lines.filter(({ monthlyUsd }) => monthlyUsd === undefined);
  if (unknown.length === 0) return [];
  const names = unknown.map(
    ({ address, what, price }) =>
      `  ${visible(address)}: ${visible(what)}${price ? ` (cost.prices ${price})` : ""}`,
  );
  return [["Of unknown cost:", ...new Set(names)].join("\n")];
}

function costText({ before, after, unknown }: CostChange): string {
  const things = `${unknown} ${unknown === 1 ? "thing" : "things"} of unknown cost`;
  if (before === 0 && after === 0 && unknown > 0) return things;
  const change = `${before.toFixed(2)} -> ${after.toFixed(2)} (${signed(after - before)})`;
  const known = before === after ? after.toFixed(2) : change;
  return unknown === 0 ? known : `${known} and ${things}`;
}

const signed = (usd: number) => `${usd > 0 ? "+" : ""}${usd.toFixed(2)}`;

function verdict({ after, unknown }: CostChange, { budget }: Config): string {
  const over = after - budget.monthlyUsd;
  if (over > 0) return `, OVER it by ${over.toFixed(2)}`;
  // What is not known may cost more than what is left.
  return unknown > 0 ? `, of which what is known leaves ${(-over).toFixed(2)} for the rest` : ", within it";
}

function cells({ address, what, price, quantity, usd, per, monthlyUsd }: CostLine): string[] {
  const rate = usd === undefined ? `price ${price ?? ""} ${UNKNOWN}`.replace("  ", " ") : `${usd} / ${per}`;
  return [
    visible(address),
    visible(what),
    quantity === undefined ? UNKNOWN : Number(quantity.toPrecision(6)).toString(),
    rate,
    monthlyUsd === undefined ? UNKNOWN : monthlyUsd.toFixed(2),
  ];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const isNumber = (column: number) => column === 2 || column === widths.length - 1;
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** The same for programs. An unknown number is null, never 0. */
export function renderJson({ lines, byStack, total }: CostEstimate, config: Config): string {
  const document = {
    environment: config.environment,
    region: config.region,
    budgetUsd: config.budget.monthlyUsd,
    total,
    stacks: Object.fromEntries(byStack),
    parts: Object.fromEntries(
      BUDGET_PARTS.map((part) => [
        part,
        {
          ...totalOf(lines.filter((line) => line.part === part)),
          budgetUsd: config.budget.parts?.[part] ?? null,
        },
      ]),
    ),
    lines: lines.map(({ stack, address, part, what, price, quantity, usd, per, monthlyUsd }) => ({
      stack,
      address,
      part,
      what,
      price: price ?? null,
      quantity: quantity ?? null,
      usd: usd ?? null,
      per: per ?? null,
      monthlyUsd: monthlyUsd ?? null,
    })),
  };
  return JSON.stringify(document, null, 2);
}
