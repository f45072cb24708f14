import type { Config } from "../../config/schema.ts";
import { visible } from "../plan-json/text.ts";
import type { CostLine } from "./estimate.ts";
import type { CostChange, Reckoning } from "./reckon.ts";

const UNKNOWN = "unknown";

/** What a month costs, line by line, for a terminal. */
export function renderText({ lines, byStack, total }: Reckoning, config: Config): string {
  const blocks = [...byStack].map(([stack, change]) => {
    const own = lines.filter((line) => line.stack === stack);
    return [`${stack}: ${inWords(change)}`, ...columns(own.map(cells)).map((line) => `  ${line}`)].join("\n");
  });
  return [
    `${config.project} ${config.environment} in ${config.region}, USD a month (${config.cost.hoursPerMonth} hours), on demand, without taxes:`,
    ...blocks,
    `Total: ${inWords(total)}; budget ${config.budget.monthlyUsd.toFixed(2)}${verdict(total, config)}`,
  ].join("\n\n");
}

function inWords({ before, after, unknown }: CostChange): string {
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
  return unknown > 0 ? ", what is known is within it" : ", within it";
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
export function renderJson({ lines, byStack, total }: Reckoning, config: Config): string {
  const document = {
    environment: config.environment,
    region: config.region,
    budgetUsd: config.budget.monthlyUsd,
    total,
    stacks: Object.fromEntries(byStack),
    lines: lines.map(({ stack, address, what, price, quantity, usd, per, monthlyUsd }) => ({
      stack,
      address,
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
