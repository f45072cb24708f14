import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig, parseConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { renderJson, renderText } from "../../delivery/commands/cost/render.ts";
import { type CostChange, estimateChange, failsBudget } from "../../delivery/core/cost/cost-change.ts";
import { estimate } from "../../delivery/core/cost/estimate.ts";
import { inventoryOfStack } from "../../delivery/core/cost/inventory.ts";
import { withCosts } from "../../delivery/core/report/costs.ts";
import { makePlan, planOf } from "../support/plans.ts";
import { ROOT } from "../support/run.ts";
import { synthesizeEnvironment } from "../support/synth.ts";

const DATE = new Date("2026-01-25T00:00:00Z");
const dev = parse(readFileSync(join(ROOT, "config/dev.yaml"), "utf8"));
/** dev in us-east-1, where every price is known, with other use. */
const config = (cost = {}, more = {}): Config =>
  parseConfig({ ...dev, region: "us-east-1", cost, ...more }, "test.yaml");

type Values = Readonly<Record<string, unknown>>;
type Resources = Readonly<Record<string, Values>>;

/** Each line of what these cost, as `what: USD`. Values are as in a plan: blocks are lists. */
function costs(resources: Resources, settings = config(), date = DATE): Record<string, number | undefined> {
  const stack = Object.entries(resources).map(([type, values]) => [type, { logs: values }]);
  const inventory = new Map([["stack", inventoryOfStack({ resource: Object.fromEntries(stack) })]]);
  const lines = estimate(inventory, settings, date).map(({ what, monthlyUsd }) => [
    what,
    monthlyUsd === undefined ? undefined : Number(monthlyUsd.toFixed(4)),
  ]);
  return Object.fromEntries(lines);
}
/** DynamoDB, on demand: USD for a million units. */
const WRITE_USD = 0.625;
const READ_USD = 0.125;
/** GiB of a month (730 hours) of so many records a second of so many bytes. */
const gib = (perSecond: number, bytes: number) => (perSecond * bytes * 730 * 3600) / 2 ** 30;

describe("what a month costs, in us-east-1", () => {
  it("the Kinesis Client Library's tables: leases renewed and checkpointed by shard, scans by pod", () => {
    const kcl = (shards: number) =>
      config(
        {},
        {
          stream: { ...dev.stream, mode: "provisioned", shards },
          consumerTable: true,
          services: { consumer: { engine: "kcl" } },
        },
      );
    const workers = { kubernetes_deployment_v1: { metadata: [{ name: "consumer-workers" }] } };
    // A minute: 4 shards x (9 renewals + 6 checkpoints) + 2 reports of a pod; 1 unit x (1.5 scans + 0.5 audits) + 1 look.
    expect(costs(workers, kcl(4))).toEqual({
      "writes to KCL's tables of 4 shards": Number(((62 * 43_800 * WRITE_USD) / 1e6).toFixed(4)),
      "reads of KCL's tables": Number(((3 * 43_800 * READ_USD) / 1e6).toFixed(4)),
    });
    // 100 shards are 25 pods; a scan is 50 KB, 13 units.
    expect(costs(workers, kcl(100))).toEqual({
      "writes to KCL's tables of 100 shards": Number(((1_550 * 43_800 * WRITE_USD) / 1e6).toFixed(4)),
      "reads of KCL's tables": Number(((519 * 43_800 * READ_USD) / 1e6).toFixed(4)),
    });
    expect(costs({ kubernetes_deployment_v1: { metadata: [{ name: "log-generator" }] } }, kcl(4))).toEqual(
      {},
    );
  });

  it("stream: shard hours, and a PUT payload unit for each 25 KB of a record", () => {
    const stream = {
      aws_kinesis_stream: {
        shard_count: 2,
        retention_period: 24,
        stream_mode_details: [{ stream_mode: "PROVISIONED" }],
      },
    };
    // 2 shards x 730 h x 0.015; 10/s x 2,628,000 s = 26.28 million records of one unit x 0.014.
    expect(costs(stream)).toEqual({ "2 shards": 21.9, "PUT payload units of 25 KB": 0.3679 });
    expect(costs(stream, config({ recordBytes: 25_601 }))["PUT payload units of 25 KB"]).toBe(0.7358);
    expect(costs(stream, config({ recordBytes: 25_600 }))["PUT payload units of 25 KB"]).toBe(0.3679);
  });

  it("stream: retention over a day by the shard hour, over a week by the GiB", () => {
    const kept = (hours: number) =>
      costs({
        aws_kinesis_stream: {
          shard_count: 1,
          retention_period: hours,
          stream_mode_details: [{ stream_mode: "PROVISIONED" }],
        },
      });
    expect(kept(168)["retention over 24 hours"]).toBe(14.6);
    const older = gib(10, 700) * ((336 - 168) / 730) * 0.023;
    expect(kept(336)["records older than 7 days, up to 336 hours"]).toBeCloseTo(older, 3);
  });

  it("stream on demand: the stream, and GiB in and out of records rounded up to 1 KB", () => {
    const size = gib(10, 1024);
    const found = costs({ aws_kinesis_stream: { stream_mode_details: [{ stream_mode: "ON_DEMAND" }] } });
    expect(found["stream on demand"]).toBe(29.2);
    expect(found["data in, records rounded up to 1 KB"]).toBeCloseTo(size * 0.08, 3);
    expect(found["data out to 3 readers"]).toBeCloseTo(size * 3 * 0.04, 3);
    const kept = costs({
      aws_kinesis_stream: { stream_mode_details: [{ stream_mode: "ON_DEMAND" }], retention_period: 336 },
    });
    const days = (hours: number) => gib(10, 700) * (hours / 730);
    expect(kept["records older than 24 hours, up to 7 days"]).toBeCloseTo(days(144) * 0.1, 3);
    expect(kept["records older than 7 days, up to 336 hours"]).toBeCloseTo(days(168) * 0.023, 3);
  });

  it("Firehose: each record rounded up to 5 KB", () => {
    const ingested = (recordBytes: number) =>
      costs({ aws_kinesis_firehose_delivery_stream: {} }, config({ recordBytes }))[
        "data in, records rounded up to 5 KB"
      ];
    // AWS's own example: 100 records a second of 3 KB are 100 x 5 KB.
    expect(ingested(1)).toBeCloseTo(gib(10, 5120) * 0.029, 3);
    expect(ingested(5120)).toBe(ingested(1));
    expect(ingested(5121)).toBeCloseTo(gib(10, 10_240) * 0.029, 3);
  });

  it("bucket: a year's logs in the classes that the lifecycle gives them", () => {
    const lifecycle = {
      rule: [
        { prefix: "dlq/", expiration: [{ days: 1 }] },
        {
          filter: [{ prefix: "raw/" }],
          transition: [
            { days: 90, storage_class: "GLACIER_IR" },
            { days: 30, storage_class: "STANDARD_IA" },
          ],
          expiration: [{ days: 365 }],
        },
      ],
    };
    const busy = config({ recordsPerSecond: 1000, compression: 0.1 });
    const daily = (gib(1000, 700) * 0.1) / (730 / 24);
    const resources = { aws_s3_bucket: {}, aws_s3_bucket_lifecycle_configuration: lifecycle };
    const found = costs(resources, busy);
    expect(found["raw logs of 30 days in STANDARD"]).toBeCloseTo(daily * 30 * 0.023, 2);
    expect(found["raw logs of 60 days in STANDARD_IA"]).toBeCloseTo(daily * 60 * 0.0125, 2);
    expect(found["raw logs of 275 days in GLACIER_IR"]).toBeCloseTo(daily * 275 * 0.004, 2);
    // 5 MiB come together in 7.5 s: 350,875 objects of 0.5 MiB a month.
    expect(found["objects that Firehose writes"]).toBeCloseTo(
      ((gib(1000, 700) * 1024) / 5 / 1000) * 0.005,
      2,
    );
  });

  it("bucket: objects under 128 KiB stay where they are", () => {
    const lifecycle = {
      rule: [
        {
          filter: [{ prefix: "raw/" }],
          transition: [{ days: 30, storage_class: "GLACIER" }],
          expiration: [{ days: 100 }],
        },
      ],
    };
    const found = costs({ aws_s3_bucket: {}, aws_s3_bucket_lifecycle_configuration: lifecycle });
    expect(Object.keys(found)).toEqual(["raw logs of 100 days in STANDARD", "objects that Firehose writes"]);
    // One object a minute: 43.8 thousand x 0.005.
    expect(found["objects that Firehose writes"]).toBe(0.219);
  });

  it("domain: nodes and their volumes", () => {
    const domain = {
      cluster_config: [{ instance_type: "t3.small.search", instance_count: 2 }],
      ebs_options: [{ volume_size: 20, volume_type: "gp3" }],
    };
    expect(costs({ aws_opensearch_domain: domain })).toEqual({
      "2 nodes t3.small.search": 52.56,
      "their gp3 volumes": 4.88,
    });
    const unusual = {
      cluster_config: [{ instance_type: "x1.big.search", instance_count: 1, dedicated_master_enabled: true }],
    };
    expect(costs({ aws_opensearch_domain: unusual })).toEqual({
      "1 nodes x1.big.search": undefined,
      "their unknown volumes": undefined,
      "dedicated masters": undefined,
    });
  });

  it("cluster: control plane and traffic", () => {
    expect(
      costs({ aws_eks_cluster: { version: "1.35" } }, config({ internetOutGiB: 100, zoneCrossingGiB: 100 })),
    ).toEqual({
      "control plane": 73,
      "data to the internet": 9,
      "data between zones, paid on both sides": 2,
    });
  });

  it("cluster: the surcharge of extended support begins the day after standard support ends", () => {
    const on = (day: string, values: Values = { version: "1.35" }) =>
      costs({ aws_eks_cluster: values }, config(), new Date(day));
    const surcharge = "extended support of Kubernetes 1.35";
    expect(on("2027-03-27")).not.toHaveProperty([surcharge]);
    expect(on("2027-03-28")[surcharge]).toBe(365);
    expect(on("2028-03-29")).toHaveProperty(["Kubernetes 1.35 is no longer supported"], undefined);
    expect(
      on("2027-03-28", { version: "1.35", upgrade_policy: [{ support_type: "STANDARD" }] }),
    ).not.toHaveProperty([surcharge]);
    expect(on("2027-03-28", { version: "1.99" })).toHaveProperty(
      ["Kubernetes 1.99 is not in the list of supported versions"],
      undefined,
    );
  });

  it("nodes: instances, the launch template's volumes, addresses in the default VPC", () => {
    const group = {
      instance_types: ["t3.medium"],
      scaling_config: [{ desired_size: 2 }],
      launch_template: [{ id: "lt-1" }],
    };
    const template = { block_device_mappings: [{ ebs: [{ volume_size: 50 }] }] };
    expect(costs({ aws_eks_node_group: group, aws_launch_template: template })).toEqual({
      "2 nodes t3.medium": 60.736,
      "their root volumes": 8,
      "their public IPv4 addresses": 7.3,
    });
    const own = config(
      {},
      { network: { kind: "subnets", subnetIds: ["subnet-00000001", "subnet-00000002"] } },
    );
    const spot = { ...group, launch_template: [], disk_size: 30, capacity_type: "SPOT" };
    expect(costs({ aws_eks_node_group: spot }, own)).toEqual({
      "2 nodes t3.medium on spot": undefined,
      "their root volumes": 4.8,
    });
  });

  it("keys, logs, images, the table, Grafana", () => {
    expect(costs({ aws_kms_key: {} })).toEqual({ key: 1 });
    expect(
      costs(
        { aws_cloudwatch_log_group: { name: "/aws/eks/cali/cluster", retention_in_days: 30 } },
        config({ clusterLogGiB: 10 }),
      ),
    ).toEqual({
      "logs of the control plane": 5,
      "kept for 30 days": 0.045,
    });
    expect(costs({ aws_ecr_repository: {} }, config({ imageGiB: 3 }))).toEqual({ images: 0.3 });
    // 100 a minute x 43,800 minutes = 4.38 million.
    const busy = config({ tableWritesPerMinute: 100, tableReadsPerMinute: 100, tableGiB: 2 });
    const table = { billing_mode: "PAY_PER_REQUEST", point_in_time_recovery: [{ enabled: true }] };
    expect(costs({ aws_dynamodb_table: table }, busy)).toEqual({
      writes: 2.7375,
      reads: 0.5475,
      data: 0.5,
      "point-in-time recovery": 0.4,
    });
    const unprotected = { ...table, point_in_time_recovery: [{ enabled: false }] };
    expect(costs({ aws_dynamodb_table: unprotected }, busy)).not.toHaveProperty(["point-in-time recovery"]);
    expect(costs({ aws_dynamodb_table: { billing_mode: "PROVISIONED" } })).toEqual({
      "provisioned capacity": undefined,
    });
    expect(costs({ aws_grafana_workspace: {} }, config({ grafanaEditors: 3 }))).toEqual({
      "active editors": 27,
    });
  });

  it("volumes: claims, stateful sets, and what a chart's values ask for", () => {
    const request = { resources: [{ requests: { storage: "10Gi" } }] };
    expect(costs({ kubernetes_persistent_volume_claim_v1: { spec: [request] } })).toEqual({ volume: 0.8 });
    const set = { spec: [{ replicas: "3", volume_claim_template: [{ spec: [request] }] }] };
    expect(costs({ kubernetes_stateful_set_v1: set })).toEqual({ "volumes of its pods": 2.4 });
    const values = `
standalone: { persistence: { enabled: true, persistentVolumeClaim: { size: 50Gi } } }
etcd: { replicaCount: 3, persistence: { size: 10Gi } }
pulsarv3: { enabled: false, bookkeeper: { persistence: { size: 900Gi } } }
minio: { persistence: { enabled: false, size: 500Gi } }
`;
    expect(costs({ helm_release: { values: [values] } })).toEqual({
      "volumes of standalone": 4,
      "volumes of etcd": 2.4,
    });
    const expression = JSON.stringify({ image: "X", redis: { persistence: { size: "1Gi" } } });
    const synthesized = expression.replace("X", '${element(split("@", var.image), 0)}');
    expect(costs({ helm_release: { values: [synthesized] } })).toEqual({ "volumes of redis": 0.08 });
    expect(costs({ helm_release: { values: ["{"] } })).toEqual({ volumes: undefined });
    expect(costs({ kubernetes_service_v1: { spec: [{ type: "LoadBalancer" }] } })).toEqual({
      "load balancer": undefined,
    });
  });

  it("what nobody knows is unknown, and what is free is no line", () => {
    expect(costs({ aws_nat_gateway: {}, aws_iam_role: {}, kubernetes_namespace_v1: {} })).toEqual({
      aws_nat_gateway: undefined,
    });
    expect(
      costs({ aws_kinesis_stream: { stream_mode_details: [{ stream_mode: "PROVISIONED" }] } }),
    ).toMatchObject({ "? shards": undefined });
  });
});

describe("plans and environments", () => {
  it("a plan's cost before and after: twice the shards, retention over a day", () => {
    const { total, byStack } = estimateChange(new Map([["01-kinesis", planOf("update")]]), config(), DATE);
    // One more shard (10.95), and two shards' retention of 48 hours (29.2).
    expect(total.after - total.before).toBeCloseTo(10.95 + 29.2, 6);
    expect(byStack.get("01-kinesis")).toEqual(total);
  });

  it("what is created costs nothing before, what is destroyed nothing after, what is forgotten still costs", () => {
    const key = (action: string) =>
      makePlan([{ address: "aws_kms_key.k", actions: [action], before: {}, after: {} }]);
    const change = (action: string) => estimateChange(new Map([["s", key(action)]]), config(), DATE).total;
    expect(change("create")).toEqual({ before: 0, after: 1, unknown: 0 });
    expect(change("delete")).toEqual({ before: 1, after: 0, unknown: 0 });
    expect(change("forget")).toEqual({ before: 1, after: 1, unknown: 0 });
  });

  it("a stack that could not be planned has an unknown cost, in the comment as well", () => {
    const { stacks, budget } = withCosts(
      [{ name: "08-cluster", status: "waiting", waitsFor: ["05-eks"], reason: undefined }],
      config(),
    );
    expect(stacks[0]?.cost).toEqual({ before: 0, after: 0, unknown: 1 });
    expect(budget).toEqual({ total: { before: 0, after: 0, unknown: 1 }, budgetUsd: 182, isEnforced: false });
  });

  it("of dev: every resource is known; what has no confirmed price in its region says so", () => {
    const settings = loadConfig({ env: "dev" });
    const synthesized = Object.entries(synthesizeEnvironment("dev").stacks);
    const inventory = new Map(
      synthesized.map(([name, stack]) => [name, inventoryOfStack({ resource: stack.resource })]),
    );
    const lines = estimate(inventory, settings, DATE);
    const ofAws = lines.filter(({ address }) => address.startsWith("aws_"));
    expect(ofAws.filter(({ price }) => price === undefined)).toEqual([]);
    expect(ofAws.filter(({ quantity }) => quantity === undefined)).toEqual([]);
    expect(lines.find(({ what }) => what === "control plane")?.monthlyUsd).toBeCloseTo(73);
    const shard = lines.find(({ price }) => price === "kinesis.shard");
    expect(shard?.monthlyUsd).toBeUndefined();
    const own = parseConfig({ ...dev, cost: { prices: { "kinesis.shard": 0.02 } } }, "test.yaml");
    expect(
      estimate(inventory, own, DATE).find(({ price }) => price === "kinesis.shard")?.monthlyUsd,
    ).toBeCloseTo(14.6);
  });

  it("is called within the budget only when all of it is known", () => {
    const settings = config({}, { budget: { monthlyUsd: 182 } });
    const textOf = (total: CostChange) => renderText({ lines: [], byStack: new Map(), total }, settings);
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.nat(5), (before, after, unknown) => {
        const text = textOf({ before, after, unknown });
        expect(/\bwithin\b/i.test(text)).toBe(unknown === 0 && after <= 182);
        expect(text.includes("OVER it by")).toBe(after > 182);
      }),
    );
  });

  it("fails over the budget only where the configuration says so", () => {
    const total = { before: 0, after: 182.01, unknown: 0 };
    const budget = (more: object) => config({}, { budget: { monthlyUsd: 182, ...more } });
    expect(failsBudget(total, budget({ enforce: true }))).toBe(true);
    expect(failsBudget(total, budget({}))).toBe(false);
    expect(failsBudget({ ...total, after: 182 }, budget({ enforce: true }))).toBe(false);
  });

  it("is rendered for people and for programs; unknown is never 0", () => {
    const plans = new Map([
      ["01-kinesis", planOf("update")],
      ["08-cluster", undefined],
    ]);
    const settings = config({}, { budget: { monthlyUsd: 10 } });
    const estimated = estimateChange(plans, settings, DATE);
    const text = renderText(estimated, settings);
    expect(text).toContain("08-cluster: 1 thing of unknown cost");
    expect(text).toMatch(
      /Total: [\d.]+ -> [\d.]+ \(\+40\.15\) and 1 thing of unknown cost; budget 10\.00, OVER it by/,
    );
    const { lines, total } = JSON.parse(renderJson(estimated, settings));
    expect(lines.at(-1)).toMatchObject({ stack: "08-cluster", monthlyUsd: null, quantity: null });
    expect(total.unknown).toBe(
      lines.filter(({ monthlyUsd }: { monthlyUsd: number | null }) => monthlyUsd === null).length,
    );
  });
});
