import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { PriceTableError } from "../errors.ts";

/** The tables: one a region, `<region>.yaml`. */
export const PRICES_FOLDER = join(import.meta.dirname, "prices");

const priceSchema = z.strictObject({
  /** null: no record of it was found. */
  usd: z.number().positive().nullable(),
  per: z.string().min(1),
  /** Units a month up to which this price holds; beyond them AWS has another, which is unknown here. */
  upTo: z.number().positive().optional(),
  /** Where AWS publishes it. */
  source: z.url({ protocol: /^https$/ }),
  /** The record that says so; no price without one. */
  seen: z.string().optional(),
});

/** Something that was read, and that states prices. */
const recordSchema = z.strictObject({ date: z.iso.date(), where: z.string().min(1) });

const tableSchema = z
  .strictObject({
    region: z.string(),
    records: z.record(z.string(), recordSchema),
    prices: z.record(z.string(), priceSchema),
  })
  .superRefine(({ records, prices }, context) => {
    for (const [id, { usd, seen }] of Object.entries(prices)) {
      const allowed = usd === null ? "none without a price" : `one of ${Object.keys(records).join(", ")}`;
      const holds = usd === null ? seen === undefined : seen !== undefined && Object.hasOwn(records, seen);
      if (holds) continue;
      context.addIssue({
        code: "custom",
        path: ["prices", id, "seen"],
        message: `given ${seen}; allowed: ${allowed}`,
      });
    }
  });

/** What one unit of something costs. */
interface Price {
  /** null: not known. */
  readonly usd: number | null;
  readonly per: string;
  readonly upTo?: number | undefined;
}

/** Prices by their ids, such as `kinesis.shard`. */
export type PriceTable = ReadonlyMap<string, Price>;

/** A region's table as it is in the project: each price with where AWS publishes it and the record that was read. */
export type RegionPrices = z.output<typeof tableSchema>;

/**
 * The prices of a region, with those that the configuration gives in their place, for any quantity. A region that has
 * no table has only the latter: everything else in it is unknown.
 *
 * @throws PriceTableError
 */
export function priceTable(region: string, own: Readonly<Record<string, number>> = {}): PriceTable {
  const prices = new Map<string, Price>(Object.entries(readPrices(region)?.prices ?? {}));
  for (const [id, usd] of Object.entries(own)) prices.set(id, { per: prices.get(id)?.per ?? "unit", usd });
  return prices;
}

/**
 * The table of a region; undefined for one that has none.
 *
 * @throws PriceTableError
 */
export function readPrices(region: string): RegionPrices | undefined {
  const path = join(PRICES_FOLDER, `${region}.yaml`);
  if (!existsSync(path)) return undefined;
  const table = parsePrices(readFileSync(path, "utf8"), path);
  if (table.region !== region) {
    throw new PriceTableError(`${path}: region: given ${table.region}; allowed: ${region}`);
  }
  return table;
}

/**
 * A table's text, checked. `path` is only named in errors.
 *
 * @throws PriceTableError
 */
export function parsePrices(text: string, path: string): RegionPrices {
  const parsed = tableSchema.safeParse(parse(text));
  if (!parsed.success) throw new PriceTableError(`${path}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
