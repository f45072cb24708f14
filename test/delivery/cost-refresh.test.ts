import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { QUERIES } from "../../delivery/core/cost/price-list/queries.ts";
import { refreshPrices } from "../../delivery/core/cost/price-list/refresh.ts";
import { PRICES_FOLDER, parsePrices, readPrices } from "../../delivery/core/cost/price-table.ts";
import { OFFERS, offerFile, PriceListServer } from "../support/price-list-server.ts";

let server: PriceListServer;
let folder: string;

beforeEach(async () => {
  server = new PriceListServer();
  await server.listen();
  for (const [service, offers] of Object.entries(OFFERS))
    server.files.set(service, offerFile(service, offers));
  folder = mkdtempSync(join(tmpdir(), "cali-prices-"));
  cpSync(PRICES_FOLDER, folder, { recursive: true });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const seoul = () => join(folder, "ap-northeast-2.yaml");
const refresh = (regions = ["ap-northeast-2"]) =>
  refreshPrices({ folder, regions, base: server.url, log: () => {}, retryPauseMs: 1 });
const unchanged = () => {
  expect(readdirSync(folder).sort()).toEqual(readdirSync(PRICES_FOLDER).sort());
  for (const file of readdirSync(folder)) {
    expect(readFileSync(join(folder, file), "utf8")).toBe(readFileSync(join(PRICES_FOLDER, file), "utf8"));
  }
};

describe("AWS's price list", () => {
  it("gives each price its value, its tier, its date and its source", async () => {
    const [table] = await refresh();
    const text = readFileSync(seoul(), "utf8");
    const { prices, records } = parsePrices(text, "x");
    expect(prices["ec2.t3.medium"]?.usd).toBe(0.04);
    expect(prices["kinesis.shard"]).toEqual({
      usd: 0.019,
      per: "hour",
      source:
        "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonKinesis/current/ap-northeast-2/index.json",
      seen: "AmazonKinesis-2026-11-20",
    });
    expect(records["AmazonKinesis-2026-11-20"]).toEqual({
      date: "2026-11-20",
      where: "AWS's price list of AmazonKinesis, version 20261120101010",
    });
    expect(prices["kinesis.put-payload"]?.usd).toBe(0.017);
    expect(prices["dynamodb.read"]?.usd).toBe(0.136);
    expect(prices["s3.put"]?.usd).toBe(0.0046);
    // The first 25 GB are free, and the table has no free tier.
    expect(prices["dynamodb.storage"]?.usd).toBe(0.271);
    expect(prices["transfer.internet-out"]).toMatchObject({ usd: 0.127, upTo: 10_240 });
    expect(prices["firehose.ingestion"]).toMatchObject({ usd: 0.037, upTo: 512_000 });
    expect(prices["kms.key"]?.usd).toBe(1.1);
    expect(table?.changes).toContain(
      "kinesis.shard: unknown → 0.019 USD per hour (AmazonKinesis of 2026-11-20)",
    );
    // Comments and order are those of people; records that no price names are gone.
    expect(text.split("\n").slice(0, 5)).toEqual(
      readFileSync(join(PRICES_FOLDER, "ap-northeast-2.yaml"), "utf8").split("\n").slice(0, 5),
    );
    expect(Object.keys(prices)).toEqual(Object.keys(readPrices("ap-northeast-2")?.prices ?? {}));
    expect(Object.keys(records).every((name) => name.endsWith("2026-11-20"))).toBe(true);
    const again = await refresh();
    expect(again[0]?.changes).toEqual([]);
    expect(readFileSync(seoul(), "utf8")).toBe(text);
  });

  it("leaves what it does not say as it was, and says why", async () => {
    const kinesis = OFFERS.AmazonKinesis ?? [];
    const [shard, put, ...others] = kinesis;
    if (!shard || !put) expect.fail();
    server.files.set(
      "AmazonKinesis",
      offerFile("AmazonKinesis", [shard, { ...shard, tiers: [["0", "Inf", "0.0300000000"]] }, ...others]),
    );
    server.files.set("awskms", offerFile("awskms", []));
    server.files.set(
      "AmazonEKS",
      offerFile(
        "AmazonEKS",
        (OFFERS.AmazonEKS ?? []).map((offer) => ({ ...offer, unit: "Quarters" })),
      ),
    );
    const before = readPrices("ap-northeast-2")?.prices;
    const [table] = await refresh();
    const { prices } = parsePrices(readFileSync(seoul(), "utf8"), "x");
    expect(table?.kept).toEqual([
      "eks.cluster stays 0.1: AmazonEKS-Hours:perCluster is asked for by another unit: Quarters",
      "eks.extended-support stays 0.5: AmazonEKS-Hours:extendedSupport is asked for by another unit: Quarters",
      "kms.key stays 1: nothing is offered as KMS-Keys",
      "kinesis.shard stays unknown: Storage-ShardHour has more than one price: 0.0190000000, 0.0300000000",
      "kinesis.put-payload stays unknown: nothing is offered as PutRequestPayloadUnits",
      "grafana.editor stays unknown: nothing is offered as Grafana:EditorUser",
    ]);
    for (const id of ["eks.cluster", "kms.key", "kinesis.shard", "grafana.editor"]) {
      expect(prices[id], id).toEqual(before?.[id]);
    }
  });

  it.each([
    ["is not there", (response) => response.writeHead(404).end(), /AmazonES.*given HTTP 404; allowed: 200/],
    ["fails again and again", (response) => response.writeHead(503).end(), /given HTTP 503/],
    [
      "ends in the middle",
      (response) => response.end(offerFile("AmazonES", OFFERS.AmazonES ?? []).slice(0, 900)),
      /AmazonES.*allowed: a whole price list as JSON/,
    ],
    [
      "is cut off",
      (response) => {
        response.writeHead(200, { "content-length": "9000" });
        response.write('{ "formatVersion" : "v1.0",');
        setImmediate(() => response.destroy());
      },
      /AmazonES.*allowed: a whole price list as JSON/,
    ],
    ["is a page", (response) => response.end("<html>"), /AmazonES.*allowed: a whole price list as JSON/],
    [
      "is another document",
      (response) => response.end('{ "version" : "1" }'),
      /given JSON that is no price list/,
    ],
  ] satisfies [string, (response: Parameters<PriceListServer["special"]>[1]) => void, RegExp][])(
    "of a service that %s leaves every table as it was",
    async (_, answer, message) => {
      server.special = (path, response) => {
        if (!path.includes("/AmazonES/current/us-east-1/")) return false;
        answer(response);
        return true;
      };
      await expect(refresh(["ap-northeast-2", "us-east-1"])).rejects.toThrow(message);
      unchanged();
    },
  );

  it("is asked again after a failure that passes", async () => {
    let failures = 2;
    server.special = (path, response) => {
      if (!path.includes("/AmazonEKS/") || failures-- <= 0) return false;
      response.writeHead(500).end();
      return true;
    };
    const [table] = await refresh();
    expect(table?.kept).toHaveLength(1);
  });

  it("has a query for every price of the tables, and none for another", () => {
    for (const region of ["ap-northeast-2", "us-east-1"]) {
      expect(Object.keys(QUERIES).sort()).toEqual(Object.keys(readPrices(region)?.prices ?? {}).sort());
    }
  });
});
