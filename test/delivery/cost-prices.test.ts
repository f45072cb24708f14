import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { supportOf } from "../../config/kubernetes-versions.ts";
import { loadConfig, parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { renderJson, renderText } from "../../delivery/commands/cost/render.ts";
import { estimateInventory } from "../../delivery/core/cost/cost-change.ts";
import { estimate, totalOf } from "../../delivery/core/cost/estimate.ts";
import { inventoryOfStack } from "../../delivery/core/cost/inventory.ts";
import { partOf } from "../../delivery/core/cost/part.ts";
import { parsePrices, priceTable, readPrices } from "../../delivery/core/cost/price-table.ts";
import { ROOT } from "../support/run.ts";
import { synthesizeEnvironment } from "../support/synth.ts";

const DATE = new Date("2026-11-24T00:00:00Z");
const REGIONS = ["ap-northeast-2", "us-east-1"] as const;
const dev = loadConfig({ env: "dev" });
const inRegion = (region: string, cost: object = {}): Config =>
  parseConfig({ ...JSON.parse(JSON.stringify(dev)), region, cost }, "test.yaml");

const inventoryOf = (environment: string) =>
  new Map(
    Object.entries(synthesizeEnvironment(environment).stacks).map(([name, { resource }]) => [
      name,
      inventoryOfStack({ resource }),
    ]),
  );

const linesOf = (resource: Record<string, object>, config: Config) =>
  estimate(
    new Map([
      [
        "s",
        inventoryOfStack({
          resource: Object.fromEntries(
            Object.entries(resource).map(([type, values]) => [type, { a: values }]),
          ),
        }),
      ],
    ]),
    config,
    DATE,
  );

describe("price tables", () => {
  it.each(REGIONS)("%s: no price without AWS's publication and a dated record of it", (region) => {
    const { prices, records } = readPrices(region) ?? expect.fail();
    const used = new Set(Object.values(prices).map(({ seen }) => seen));
    for (const [name, { date }] of Object.entries(records)) {
      expect(used, name).toContain(name);
      expect(Date.parse(date), name).toBeLessThanOrEqual(Date.now());
    }
    for (const [id, { usd, source, seen }] of Object.entries(prices)) {
      expect(seen !== undefined, id).toBe(usd !== null);
      expect(source, id).toMatch(/^https:\/\/(aws\.amazon\.com|pricing\.us-east-1\.amazonaws\.com)\//);
    }
  });

  it("have the same prices in the same units, whichever are known", () => {
    expect(readdirSync(join(ROOT, "delivery/core/cost/prices")).sort()).toEqual(
      REGIONS.map((region) => `${region}.yaml`),
    );
    const [seoul, virginia] = REGIONS.map((region) =>
      [...priceTable(region)].map(([id, { per, upTo }]) => ({ id, per, upTo })),
    );
    expect(seoul).toEqual(virginia);
    expect([...priceTable("us-east-1").values()].every(({ usd }) => usd !== null)).toBe(true);
  });

  it.each([
    ["a price without a record", "{ usd: 1, per: h, source: 'https://x.example' }"],
    ["a record that is not there", "{ usd: 1, per: h, source: 'https://x.example', seen: b }"],
    ["a record of no price", "{ usd: null, per: h, source: 'https://x.example', seen: a }"],
    ["a price of 0", "{ usd: 0, per: h, source: 'https://x.example', seen: a }"],
    ["no source", "{ usd: 1, per: h, seen: a }"],
  ])("refuse %s", (_, price) => {
    const text = `region: r\nrecords: { a: { date: "2026-01-01", where: w } }\nprices:\n  p: ${price}\n`;
    expect(() => parsePrices(text, "r.yaml")).toThrow(/r\.yaml:[\s\S]*prices\.p/);
  });

  it("a region without a table has no price but the configuration's", () => {
    expect(priceTable("eu-central-1").size).toBe(0);
    expect(priceTable("eu-central-1", { "eks.cluster": 0.1 }).get("eks.cluster")?.usd).toBe(0.1);
  });
});

describe("tiers", () => {
  const firehose = (recordsPerSecond: number, prices = {}) =>
    linesOf(
      { aws_kinesis_firehose_delivery_stream: {} },
      inRegion("us-east-1", { recordsPerSecond, recordBytes: 5120, prices }),
    );

  it("Firehose: what is above the first 500 TB has another price, and is unknown", () => {
    // 50,000/s of 5 KB are 626,564.026 GiB a month.
    const [first, above] = firehose(50_000);
    expect(first).toMatchObject({ quantity: 512_000, monthlyUsd: 14_848 });
    expect(above?.what).toBe("data in, records rounded up to 5 KB, above 512000 GiB");
    expect(above?.quantity).toBeCloseTo(114_564.026, 3);
    expect(above?.monthlyUsd).toBeUndefined();
    expect(firehose(40_000)).toHaveLength(1);
  });

  it("a price of one's own holds for all of it", () => {
    const [line, ...more] = firehose(50_000, { "firehose.ingestion": 0.02 });
    expect(more).toEqual([]);
    expect(line?.monthlyUsd).toBeCloseTo(626_564.026 * 0.02, 1);
  });

  it("nothing gets lost between the tiers", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (rate) => {
        const total = firehose(rate).reduce((sum, { quantity }) => sum + (quantity ?? Number.NaN), 0);
        expect(total).toBeCloseTo((rate * 5120 * 730 * 3600) / 2 ** 30, 3);
      }),
    );
  });

  it("a GB on AWS's price list is 2^30 bytes: its own example for Firehose has 1,048,576 KB in a GB", () => {
    // 100 records/s of 3 KB, each counted as 5 KB, in 30 days: 1,235.96 GB.
    const config = inRegion("us-east-1", {
      recordsPerSecond: 100,
      recordBytes: 3 * 1024,
      hoursPerMonth: 720,
    });
    const [line] = linesOf({ aws_kinesis_firehose_delivery_stream: {} }, config);
    expect(line?.quantity).toBeCloseTo(1235.96, 2);
    expect(line?.monthlyUsd).toBeCloseTo(35.84, 2);
  });
});

describe("Kubernetes versions", () => {
  it.each([
    ["1.29", "2026-03-23", "extended"],
    ["1.29", "2026-03-24", "ended"],
    ["1.31", "2026-11-26", "extended"],
    ["1.31", "2026-11-27", "ended"],
    ["1.34", "2026-12-02", "standard"],
    ["1.34", "2026-12-03", "extended"],
    ["1.36", "2027-08-02", "standard"],
    ["1.36", "2028-08-02", "extended"],
    ["1.99", "2026-11-24", "unknown"],
  ])("%s on %s: %s", (version, day, support) => {
    expect(supportOf(version, new Date(`${day}T12:00:00Z`))).toBe(support);
  });
});

describe("what the budget goes into", () => {
  it("each line is of one part, and the parts are all there is", () => {
    const { lines, total } = estimateInventory(inventoryOf("dev"), inRegion("us-east-1"), DATE);
    const { parts } = JSON.parse(
      renderJson(estimateInventory(inventoryOf("dev"), inRegion("us-east-1"), DATE), dev),
    );
    const sum = Object.values<{ usd: number }>(parts).reduce((usd, part) => usd + part.usd, 0);
    expect(sum).toBeCloseTo(total.after, 9);
    expect(totalOf(lines).unknown).toBe(0);
    expect(parts.eks).toEqual({ usd: 73, unknown: 0, budgetUsd: 73 });
    // 2 x 730 h x (0.0416 + 0.005) and 40 GiB x 0.08.
    expect(parts.ec2.usd).toBeCloseTo(71.236, 6);
    // 730 h x 0.036 and 20 GiB x 0.122.
    expect(parts.opensearch.usd).toBeCloseTo(28.72, 6);
    expect(partOf("aws_eks_cluster", { price: "transfer.internet-out" })).toBe("rest");
    expect(partOf("aws_eks_cluster", { price: undefined })).toBe("eks");
  });

  it("dev in Seoul: what is known, and by name what is not", () => {
    const text = renderText(estimateInventory(inventoryOf("dev"), dev, DATE), dev);
    expect(text).toMatch(/^ {2}EKS's control plane +73\.00 +of 73\.00$/m);
    expect(text).toMatch(/^ {2}nodes, their volumes and addresses +86\.87 +of 30\.00$/m);
    expect(text).toMatch(/^ {2}the search domain +2 things of unknown cost +of 40\.00$/m);
    expect(text).toMatch(/^ {2}the rest +17\.19 and 2 things of unknown cost +of 39\.00$/m);
    expect([...text.matchAll(/\(cost\.prices (\S+)\)/g)].map(([, id]) => id)).toEqual([
      "kinesis.shard",
      "kinesis.put-payload",
      "opensearch.t3.small.search",
      "opensearch.gp3",
    ]);
    expect(text).toContain("Use taken from the configuration's cost: 10 records/s of 700 bytes;");
    expect(text).toContain("Not counted: requests to KMS;");
    expect(text).toMatch(
      /^Total: 177\.06 and 4 things of unknown cost; budget 182\.00, of which what is known leaves 4\.94 for the rest$/m,
    );
  });

  it.each(["dev", "prod", "terraform-users"])(
    "%s: no type of object is passed over in silence",
    (environment) => {
      const lines = estimate(inventoryOf(environment), loadConfig({ env: environment }), DATE);
      const unnamed = lines.filter(({ address, what }) => address.startsWith(`${what}.`));
      expect(unnamed).toEqual([]);
    },
  );

  it("what can cost something is not free because its relatives are", () => {
    const types = [
      "kubernetes_ingress_v1",
      "kubernetes_manifest",
      "aws_s3_bucket_inventory",
      "aws_nat_gateway",
    ];
    const lines = linesOf(Object.fromEntries(types.map((type) => [type, {}])), dev);
    expect(lines.map(({ what, monthlyUsd }) => [what, monthlyUsd])).toEqual(types.map((t) => [t, undefined]));
  });

  it("parts that do not add up to the budget are refused", () => {
    const budget = { monthlyUsd: 182, parts: { eks: 73, ec2: 30, opensearch: 40, rest: 40 } };
    expect(() => parseConfig({ ...JSON.parse(JSON.stringify(dev)), budget }, "test.yaml")).toThrow(
      /budget\.parts[\s\S]*add up to budget\.monthlyUsd/,
    );
  });
});
