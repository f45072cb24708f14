import { z } from "zod";

/**
 * What a month's use is taken to be, and the budget. A part of `schema.ts`. The records a second are the log generator's;
 * no default is measured on a running platform: say what yours is.
 */

const amount = (unit: string) => z.number().nonnegative().max(1e9).describe(unit);

export const costSchema = z
  .strictObject({
    hoursPerMonth: z
      .number()
      .positive()
      .max(744)
      .default(730)
      .describe("Hours a month, as AWS's calculator counts."),
    recordsPerSecond: amount("Log records a second, on average over the month.").default(10),
    recordBytes: z.number().positive().max(1_048_576).default(700).describe("Bytes of a record, on average."),
    compression: z
      .number()
      .positive()
      .max(1)
      .default(0.15)
      .describe("Size of GZIP files of logs in the bucket, as a part of the logs' size."),
    clusterLogGiB: amount("Control-plane logs a month, in GiB.").default(2),
    deliveryLogGiB: amount("Error logs of each delivery stream a month, in GiB.").default(0.01),
    imageGiB: amount("Images in each repository, in GiB.").default(1),
    tableReadsPerMinute: amount("Reads of the consumer's table a minute.").default(60),
    tableWritesPerMinute: amount("Writes to the consumer's table a minute.").default(60),
    tableGiB: amount("Data in the consumer's table, in GiB.").default(0.1),
    internetOutGiB: amount("Data a month that goes to the internet, in GiB.").default(1),
    zoneCrossingGiB: amount("Data a month between availability zones, in GiB.").default(10),
    grafanaEditors: amount(
      "Editors and administrators of the managed Grafana workspace who are active in a month.",
    ).default(1),
    prices: z
      .record(
        z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, { error: "a price's id such as kinesis.shard" }),
        z.number().nonnegative(),
      )
      .default({})
      .describe(
        "USD, by the price's id in delivery/core/cost/prices/<region>.yaml: prices that the table doesn't know, or that you agreed on with AWS.",
      ),
  })
  .prefault({});

/** What a budget is divided into: EKS's control plane; nodes with their volumes and addresses; the search domain; all else. */
export const BUDGET_PARTS = ["eks", "ec2", "opensearch", "rest"] as const;

export const budgetSchema = z
  .strictObject({
    monthlyUsd: z.number().positive().max(1_000_000).default(182).describe("Monthly budget in USD."),
    parts: z
      .strictObject({
        eks: amount("USD a month for EKS's control plane, with the surcharge of extended support."),
        ec2: amount("USD a month for the nodes, their volumes and their public addresses."),
        opensearch: amount("USD a month for the search domain."),
        rest: amount("USD a month for everything else."),
      })
      .optional()
      .describe(
        "What the budget is made of; it adds up to monthlyUsd. `cali cost` sets each part beside its cost.",
      ),
    enforce: z
      .boolean()
      .default(false)
      .describe("Whether `cali comment` and `cali cost` fail over the budget; else they only warn."),
  })
  .prefault({});
