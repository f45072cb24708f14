import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, isMap, isScalar, parseDocument, Scalar } from "yaml";
import { parsePrices, type RegionPrices } from "../price-table.ts";
import { type OfferFile, readOfferFile } from "./offer-file.ts";
import { QUERIES } from "./queries.ts";

/** What became of one region's table. */
export interface RefreshedTable {
  readonly region: string;
  readonly path: string;
  readonly text: string;
  /** Prices that are others now, in words. */
  readonly changes: readonly string[];
  /** Prices that AWS's list did not say, in words; they stay as they were. */
  readonly kept: readonly string[];
}

export interface RefreshOptions {
  /** The tables' folder. */
  readonly folder: string;
  readonly regions: readonly string[];
  /** Where the price list is read from: `https://pricing.us-east-1.amazonaws.com`, or what has its files under the same paths. */
  readonly base: string;
  /** Takes a line for people. */
  readonly log: (line: string) => void;
  /** Milliseconds before a second try. */
  readonly retryPauseMs?: number;
}

/**
 * Reads AWS's price list into the tables. Nothing is written before every service of every region was read.
 *
 * @throws PriceListError, PriceTableError
 */
export async function refreshPrices({
  folder,
  regions,
  base,
  ...how
}: RefreshOptions): Promise<RefreshedTable[]> {
  const tables = regions.map((region) => {
    const path = join(folder, `${region}.yaml`);
    const text = readFileSync(path, "utf8");
    return { region, path, text, table: parsePrices(text, path) };
  });
  const refreshed: RefreshedTable[] = [];
  for (const { region, path, text, table } of tables) {
    const offers = await readOffers({ base, region, ...how }, Object.keys(table.prices));
    const found = withOffers(text, table, offers);
    parsePrices(found.text, path);
    refreshed.push({ region, path, ...found });
  }
  await writeAll(refreshed);
  return refreshed;
}

async function readOffers(
  {
    base,
    region,
    log,
    retryPauseMs,
  }: Pick<RefreshOptions, "base" | "log" | "retryPauseMs"> & { region: string },
  ids: readonly string[],
) {
  const byService = new Map<string, string[]>();
  for (const id of ids) {
    const service = QUERIES[id]?.service;
    if (service) byService.set(service, [...(byService.get(service) ?? []), id]);
  }
  const offers = new Map<string, OfferFile>();
  for (const [service, own] of byService) {
    log(`${region}: reading ${service}`);
    const queries = new Map(own.flatMap((id) => (QUERIES[id] ? [[id, QUERIES[id]] as const] : [])));
    offers.set(service, await readOfferFile(base, { service, region, queries, retryPauseMs }));
  }
  return offers;
}

/** The table's text with the prices of the list; comments and order stay. */
function withOffers(
  text: string,
  { prices }: RegionPrices,
  offers: ReadonlyMap<string, OfferFile>,
): Pick<RefreshedTable, "text" | "changes" | "kept"> {
  const document = parseDocument(text);
  const changes: string[] = [];
  const kept: string[] = [];
  for (const [id, { usd, upTo, per }] of Object.entries(prices)) {
    const service = QUERIES[id]?.service ?? "";
    const offer = offers.get(service);
    const price = offer?.prices.get(id);
    if (!offer || !price) {
      kept.push(
        `${id} stays ${usd ?? "unknown"}: ${offer?.problems.get(id) ?? "nobody knows its usage type"}`,
      );
      continue;
    }
    const record = `${service}-${offer.published}`;
    const said = (value: number | null, limit: number | undefined) =>
      `${value ?? "unknown"}${limit === undefined ? "" : ` up to ${limit}`}`;
    if (usd !== price.usd || upTo !== price.upTo) {
      changes.push(
        `${id}: ${said(usd, upTo)} → ${said(price.usd, price.upTo)} USD per ${per} (${service} of ${offer.published})`,
      );
    }
    const at = (key: string) => ["prices", id, key];
    document.setIn(at("usd"), price.usd);
    if (price.upTo === undefined) document.deleteIn(at("upTo"));
    else document.setIn(at("upTo"), price.upTo);
    setText(document, at("source"), offer.source);
    document.setIn(at("seen"), record);
    if (!document.hasIn(["records", record])) {
      document.setIn(["records", record], document.createNode({}, { flow: true }));
      setText(document, ["records", record, "date"], offer.published);
      setText(
        document,
        ["records", record, "where"],
        `AWS's price list of ${service}, version ${offer.version}`,
      );
    }
  }
  dropUnused(document);
  return { text: document.toString({ lineWidth: 0 }), changes, kept };
}

function setText(document: Document, path: readonly string[], text: string): void {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  document.setIn(path, scalar);
}

/** A record that no price names is none. */
function dropUnused(document: Document): void {
  const records = document.get("records");
  const prices = document.get("prices");
  if (!isMap(records) || !isMap(prices)) return;
  const seen = new Set(prices.items.map(({ value }) => (isMap(value) ? value.get("seen") : undefined)));
  records.items = records.items.filter(({ key }) => seen.has(isScalar(key) ? key.value : key));
}

/** All of them or none: a table that is half new would mix dates without saying so. */
async function writeAll(tables: readonly RefreshedTable[]): Promise<void> {
  const next = (path: string) => `${path}.new`;
  try {
    await Promise.all(tables.map(({ path, text }) => writeFile(next(path), text)));
    for (const { path } of tables) await rename(next(path), path);
  } finally {
    await Promise.all(tables.map(({ path }) => rm(next(path), { force: true })));
  }
}
