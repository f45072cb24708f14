import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../config/load.ts";
import { readApplication } from "../delivery/core/application/application.ts";
import { type CostEstimate, estimateInventory } from "../delivery/core/cost/cost-change.ts";
import { inventoryOfStack } from "../delivery/core/cost/inventory.ts";
import { buildApp } from "../main.ts";
import type { Benchmark } from "./frame.ts";

/** Its table has the price of every part. */
const REGION = "us-east-1";
/** Half of what a shard takes. */
const LINES_PER_SHARD = 500;

/** What a month of prod costs with so many shards, each half full. */
async function monthOf(shards: number): Promise<{ estimate: CostEstimate; millions: number }> {
  const prod = loadConfig({ env: "prod" });
  const recordsPerSecond = shards * LINES_PER_SHARD;
  const config = {
    ...prod,
    region: REGION,
    stream: { ...prod.stream, mode: "provisioned" as const, shards },
    cost: { ...prod.cost, recordsPerSecond },
  };
  const outdir = mkdtempSync(join(tmpdir(), "cali-bench-cost-"));
  try {
    buildApp(config, { outdir }).synth();
    const { stacks } = await readApplication(outdir);
    const inventory = new Map(
      stacks.map(({ name, folder }) => [
        name,
        inventoryOfStack(JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"))),
      ]),
    );
    const millions = (recordsPerSecond * config.cost.hoursPerMonth * 3_600) / 1e6;
    return { estimate: estimateInventory(inventory, config, new Date()), millions };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/**
 * What a million lines cost on AWS by the number of shards, each half full, by the prices and the arithmetic of `cali cost`. Nodes and the search
 * domain are those of prod, whatever the number of shards. Nothing is measured with a clock, so there is no peer.
 */
export const benchmark: Benchmark = {
  name: "cost",
  unit: "USD per million lines",
  better: "less",
  size: "shards",
  sizes: [1, 2, 4, 10, 20],
  isAlone: true,
  rounds: 1,
  async open(size) {
    const { estimate, millions } = await monthOf(size);
    const usdOf = (part: (stack: string) => boolean) =>
      estimate.lines
        .filter(({ stack }) => part(stack))
        .reduce((sum, { monthlyUsd = 0 }) => sum + monthlyUsd, 0) / millions;
    return {
      contenders: {
        "the whole platform": () => usdOf(() => true),
        "of it Kinesis and Firehose": () => usdOf((stack) => stack === "01-kinesis"),
        "of it the bucket": () => usdOf((stack) => stack === "02-s3"),
      },
      ...(estimate.total.unknown > 0 && {
        absent: [`${estimate.total.unknown} lines of the bill whose price the tables don't know`],
      }),
    };
  },
};
