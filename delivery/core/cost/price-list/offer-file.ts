import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "@cali/base";
import pRetry, { AbortError } from "p-retry";
import { pick } from "stream-json/filters/pick.js";
import { streamValues } from "stream-json/streamers/stream-values.js";
import { z } from "zod";
import { PriceListError } from "../../errors.ts";
import { PRICE_LIST } from "./address.ts";
import type { PriceQuery } from "./queries.ts";

/** What AWS asks for a unit of the table. */
interface OfferedPrice {
  readonly usd: number;
  /** Units a month after which AWS asks another price. */
  readonly upTo: number | undefined;
}

/** What a service's price list of a region says. */
export interface OfferFile {
  /** Where AWS publishes it. */
  readonly source: string;
  readonly version: string;
  /** `YYYY-MM-DD` */
  readonly published: string;
  readonly prices: ReadonlyMap<string, OfferedPrice>;
  /** Why a price could not be taken, by its id. */
  readonly problems: ReadonlyMap<string, string>;
}

const productSchema = z.object({
  sku: z.string(),
  attributes: z.record(z.string(), z.string()).default({}),
});
const dimensionSchema = z.object({
  unit: z.string(),
  beginRange: z.string().default("0"),
  endRange: z.string().default("Inf"),
  pricePerUnit: z.object({ USD: z.string().optional() }),
});
const termSchema = z.record(
  z.string(),
  z.object({ sku: z.string(), priceDimensions: z.record(z.string(), dimensionSchema) }),
);

/** The parts of the file that are read; everything else of hundreds of megabytes is passed over. Products stand before their terms. */
const PARTS = /^(?:formatVersion|version|publicationDate|products\.[^.]+|terms\.OnDemand\.[^.]+)$/;
const TRIES = 3;
/** AWS's list is read at several megabytes a second; nothing for this long is an end. */
const SILENCE_MS = 60_000;

/** What is read of a service's price list. */
export interface OfferRequest {
  readonly service: string;
  readonly region: string;
  readonly queries: ReadonlyMap<string, PriceQuery>;
  /** Milliseconds before the second try; the next one waits twice as long. Default: 1 s. */
  readonly retryPauseMs?: number | undefined;
}

/**
 * Reads what some queries ask for from a service's price list of a region. The file may have any size.
 *
 * @param base where the price list is read from, as {@link PRICE_LIST} is.
 * @throws PriceListError with the address and what came.
 */
export function readOfferFile(
  base: string,
  { service, region, queries, retryPauseMs = 1_000 }: OfferRequest,
): Promise<OfferFile> {
  const path = `/offers/v1.0/aws/${service}/current/${region}/index.json`;
  const url = base + path;
  return pRetry(
    async () => {
      const silence = new AbortController();
      const timer = setTimeout(() => silence.abort(), SILENCE_MS);
      try {
        const response = await fetch(url, { signal: silence.signal });
        if (!response.ok || !response.body) {
          const error = new PriceListError(
            `${url}: given HTTP ${response.status}; allowed: 200 with a price list`,
          );
          throw response.status >= 500 ? error : new AbortError(error);
        }
        const file = await collect(Readable.fromWeb(response.body as never), {
          region,
          queries,
          onPart: () => timer.refresh(),
        });
        if (file.version === "") {
          throw new PriceListError(`${url}: given JSON that is no price list; allowed: AWS's, format v1.0`);
        }
        return { source: PRICE_LIST + path, ...file };
      } catch (error) {
        if (error instanceof PriceListError || error instanceof AbortError) throw error;
        const why = silence.signal.aborted ? `nothing for ${SILENCE_MS / 1000} s` : causeOf(error);
        throw new PriceListError(`${url}: given ${why}; allowed: a whole price list as JSON`);
      } finally {
        clearTimeout(timer);
      }
    },
    // Every error here is worth another try but what AbortError wraps.
    { retries: TRIES - 1, minTimeout: retryPauseMs },
  );
}

function causeOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return messageOf(cause ?? error);
}

type Terms = z.output<typeof dimensionSchema>[];

async function collect(
  body: Readable,
  {
    region,
    queries,
    onPart,
  }: { region: string; queries: ReadonlyMap<string, PriceQuery>; onPart: () => void },
): Promise<Omit<OfferFile, "source">> {
  const idsOf = matcher(region, queries);
  const about: string[] = [];
  const skus = new Map<string, readonly string[]>();
  const offered = new Set<string>();
  const terms = new Map<string, Terms[]>();
  const onValue = (value: unknown) => {
    if (typeof value === "string") {
      about.push(value);
      return;
    }
    const product = productSchema.safeParse(value);
    if (product.success) {
      const ids = idsOf(product.data.attributes);
      if (ids.length > 0) skus.set(product.data.sku, ids);
      return;
    }
    const term = termSchema.safeParse(value);
    for (const { sku, priceDimensions } of term.success ? Object.values(term.data) : []) {
      if (skus.has(sku)) offered.add(sku);
      for (const id of skus.get(sku) ?? []) {
        terms.set(id, [...(terms.get(id) ?? []), Object.values(priceDimensions)]);
      }
    }
  };
  let isDone = false;
  await pipeline(
    body,
    pick.withParserAsStream({ filter: PARTS, streamValues: false }),
    streamValues.asStream(),
    async (values: AsyncIterable<{ value: unknown }>) => {
      for await (const { value } of values) {
        onPart();
        onValue(value);
        // What follows, most of it of reservations, is not read.
        isDone = offered.size > 0 && offered.size === skus.size;
        if (isDone) return;
      }
    },
  ).catch((error) => {
    if (!isDone) throw error;
  });
  const [format = "", ...rest] = about;
  const published = rest.find((text) => /^\d{4}-\d\d-\d\dT/.test(text))?.slice(0, 10);
  const version = rest.find((text) => /^\d{8,}$/.test(text));
  const prices = new Map<string, OfferedPrice>();
  const problems = new Map<string, string>();
  for (const [id, query] of queries) {
    const found = priceOf(query, terms.get(id) ?? []);
    if (typeof found === "string") problems.set(id, found);
    else prices.set(id, found);
  }
  const isList = format === "v1.0" && published !== undefined && version !== undefined;
  return { version: isList ? version : "", published: published ?? "", prices, problems };
}

/** Which prices a product is of. */
function matcher(region: string, queries: ReadonlyMap<string, PriceQuery>) {
  const prefix = new RegExp(`^(?:[A-Z]{2,4}\\d|${region})-`);
  return (attributes: Readonly<Record<string, string>>): string[] => {
    const usageType = attributes.usagetype?.replace(prefix, "");
    return [...queries].flatMap(([id, query]) =>
      query.usageType === usageType &&
      Object.entries(query.attributes ?? {}).every(([name, value]) => attributes[name] === value)
        ? [id]
        : [],
    );
  };
}

/** The first price that is asked, or why there is none. What is free up to some quantity is passed over. */
function priceOf(
  { usageType, unit, units = 1 }: PriceQuery,
  offers: readonly Terms[],
): OfferedPrice | string {
  const found = offers.flatMap((dimensions) => {
    const [first] = dimensions
      .filter(({ pricePerUnit }) => Number(pricePerUnit.USD) > 0)
      .sort((a, b) => Number(a.beginRange) - Number(b.beginRange));
    return first ? [first] : [];
  });
  const [first, ...others] = found;
  if (!first) return `nothing is offered as ${usageType}`;
  const isSame = others.every(
    (other) => other.pricePerUnit.USD === first.pricePerUnit.USD && other.endRange === first.endRange,
  );
  if (!isSame) {
    const all = [...new Set(found.map(({ pricePerUnit }) => pricePerUnit.USD))].join(", ");
    return `${usageType} has more than one price: ${all}`;
  }
  if (!unit.test(first.unit)) return `${usageType} is asked for by another unit: ${first.unit}`;
  const end = Number(first.endRange);
  return {
    usd: Number((Number(first.pricePerUnit.USD) * units).toPrecision(12)),
    upTo: Number.isFinite(end) ? end / units : undefined,
  };
}
