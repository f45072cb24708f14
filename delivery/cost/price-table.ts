import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { PriceTableError } from "./errors.ts";

const FOLDER = join(import.meta.dirname, "prices");

const priceSchema = z.strictObject({
  /** null: not confirmed. */
  usd: z.number().nonnegative().nullable(),
  per: z.string().min(1),
  source: z.url({ protocol: /^https$/ }),
  date: z.iso.date(),
});

const tableSchema = z.strictObject({
  region: z.string(),
  prices: z.record(z.string(), priceSchema),
});

/** What one unit of something costs. */
export type Price = z.output<typeof priceSchema>;

/** Prices by their ids, such as `kinesis.shard`. */
export type PriceTable = ReadonlyMap<string, Price>;

/**
 * The prices of a region, with those that the configuration gives in their place. A region that has no table has only the latter:
 * everything else in it is unknown.
 *
 * @throws PriceTableError
 */
export function priceTable(region: string, own: Readonly<Record<string, number>> = {}): PriceTable {
  const prices = new Map(Object.entries(readTable(region)));
  for (const [id, usd] of Object.entries(own)) {
    const known = prices.get(id);
    prices.set(id, {
      per: "unit",
      source: "https://aws.amazon.com/pricing/",
      date: "1970-01-01",
      ...known,
      usd,
    });
  }
  return prices;
}

function readTable(region: string): Readonly<Record<string, Price>> {
  const path = join(FOLDER, `${region}.yaml`);
  if (!existsSync(path)) return {};
  const parsed = tableSchema.safeParse(parse(readFileSync(path, "utf8")));
  if (!parsed.success) throw new PriceTableError(`${path}:\n${z.prettifyError(parsed.error)}`);
  if (parsed.data.region !== region) {
    throw new PriceTableError(`${path}: region: given ${parsed.data.region}; allowed: ${region}`);
  }
  return parsed.data.prices;
}
