import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AlertRule, grafanaAlertRules } from "../config/grafana-alert-rules.ts";
import { DATA_SOURCE_UIDS, grafanaDataSources } from "../config/grafana-data-sources.ts";
import { loadConfig } from "../config/load.ts";
import { Names, namePrefix } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { INCIDENT_FIELDS, LOG_FIELDS } from "../delivery/commands/opensearch/templates.ts";
import { DeadLetterShare } from "../services/consumer/src/decode/dead-letter-share.ts";
import { decode } from "../services/consumer/src/decode/decode.ts";
import { createLog } from "../services/consumer/src/ops/log.ts";
import { readDocument } from "./support/documents.ts";
import { ROOT } from "./support/run.ts";

const dev = loadConfig({ env: "dev" });
const names = new Names({
  prefix: namePrefix(dev),
  environment: "dev",
  region: dev.region,
  account: "123456789012",
});
const ofEngine = (engine: "single" | "kcl") =>
  grafanaAlertRules(names, {
    ...dev,
    services: { ...dev.services, consumer: { ...dev.services.consumer, engine } },
  } as Config);
const rules = ofEngine("kcl");
const cases = rules.map((rule): [string, AlertRule] => [rule.title, rule]);

/** What AWS publishes each minute, with its dimensions and the statistics that mean something (the services' developer guides, "CloudWatch metrics"). */
const PUBLISHED: Record<string, { dimensions: string[]; statistics: string[] }> = {
  "AWS/Kinesis GetRecords.IteratorAgeMilliseconds": { dimensions: ["StreamName"], statistics: ["Maximum"] },
  "AWS/DynamoDB SuccessfulRequestLatency": {
    dimensions: ["Operation", "TableName"],
    statistics: ["SampleCount"],
  },
  "AWS/Firehose DeliveryToS3.DataFreshness": { dimensions: ["DeliveryStreamName"], statistics: ["Maximum"] },
  "AWS/Firehose DeliveryToAmazonOpenSearchService.DataFreshness": {
    dimensions: ["DeliveryStreamName"],
    statistics: ["Maximum"],
  },
  // In MiB.
  "AWS/ES FreeStorageSpace": { dimensions: ["ClientId", "DomainName"], statistics: ["Minimum"] },
  "AWS/ES ClusterIndexWritesBlocked": { dimensions: ["ClientId", "DomainName"], statistics: ["Maximum"] },
};
const FIELDS: Record<string, object> = {
  [DATA_SOURCE_UIDS.logs]: LOG_FIELDS,
  [DATA_SOURCE_UIDS.incidents]: INCIDENT_FIELDS,
};

describe.each(cases)("the rule %s", (_, rule) => {
  const [query, reduce, threshold] = rule.data;
  const model = query?.model as Record<string, never>;

  it("asks a data source that there is, for what is published there", () => {
    const source = grafanaDataSources("https://x", "2.19", "r").find(
      ({ uid }) => uid === query?.datasourceUid,
    );
    if (source?.type === "cloudwatch") {
      const published = PUBLISHED[`${model.namespace} ${model.metricName}`];
      expect(Object.keys(model.dimensions ?? {}).sort()).toEqual(published?.dimensions);
      expect(published?.statistics).toContain(model.statistic);
      expect(Object.values(model.dimensions ?? {})).not.toContain("");
      return;
    }
    const known = Object.keys(FIELDS[query?.datasourceUid ?? ""] ?? {});
    const asked = [...String(model.query).matchAll(/(\w+):/g)].map(([, field]) => field);
    for (const field of [...asked, model.timeField]) expect(known).toContain(field);
    expect(source?.jsonData.timeField).toBe(model.timeField);
  });

  it("reduces it to a number and compares that, over a time that it has", () => {
    expect(rule.data.map(({ refId, model }) => [refId, model.refId])).toEqual([
      ["A", "A"],
      ["B", "B"],
      ["C", "C"],
    ]);
    expect(rule.condition).toBe("C");
    expect(reduce?.model).toMatchObject({ type: "reduce", expression: "A" });
    expect(threshold?.model).toMatchObject({ type: "threshold", expression: "B" });
    for (const { relativeTimeRange: range } of rule.data) {
      expect(range).toEqual({ from: expect.any(Number), to: 0 });
      expect(range.from).toBeGreaterThanOrEqual(300);
    }
  });

  it("says how bad it is, since when, why, and where to read on", () => {
    expect(rule.uid).toMatch(/^cali-[a-z0-9-]{1,35}$/);
    expect(rule.for).toMatch(/^[1-9]\d*m$/);
    expect(["critical", "warning"]).toContain(rule.labels.severity);
    expect(rule.annotations.summary).toMatch(/^[^{}$]{30,}\.$/);
    const [file = "", anchor] = rule.annotations.runbook.split("#");
    expect(readDocument(file).anchors).toContain(anchor);
  });
});

/** What Grafana refuses when it reads a rule from its file or over HTTP, or when it evaluates it: read in its sources. */
describe("Grafana takes the rules", () => {
  const REDUCERS = ["sum", "mean", "min", "max", "count", "last", "median"];
  const RESERVED = ["alertname", "grafana_folder"];

  it.each(cases)("%s", (_, { uid, title, data, condition, labels, ...rule }) => {
    expect(uid).toMatch(/^[\w-]{1,40}$/);
    expect(title).toMatch(/^.{1,190}$/);
    expect(["NoData", "Alerting", "OK", "KeepLast"]).toContain(rule.noDataState);
    expect(["Alerting", "Error", "OK", "KeepLast"]).toContain(rule.execErrState);
    for (const label of Object.keys(labels)) {
      expect(label).toMatch(/^[a-z_]\w*$/i);
      expect(RESERVED).not.toContain(label);
      expect(label).not.toMatch(/^__/);
    }
    const ids = data.map(({ refId }) => refId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(condition);
    for (const { datasourceUid, model, relativeTimeRange: range } of data) {
      // Whole seconds: from YAML it reads nothing else.
      expect([range.from, range.to].every(Number.isInteger)).toBe(true);
      expect(range.from).toBeGreaterThan(range.to);
      if (datasourceUid !== "__expr__") continue;
      expect(ids).toContain(model.expression);
      if (model.type === "reduce") {
        expect(REDUCERS).toContain(model.reducer);
        expect(model.settings).toEqual({ mode: "dropNN" });
      } else {
        const [only, ...others] = model.conditions as { evaluator: { type: string; params: number[] } }[];
        expect(others).toEqual([]);
        expect(["gt", "lt"]).toContain(only?.evaluator.type);
        expect(only?.evaluator.params).toEqual([expect.any(Number)]);
      }
    }
  });

  it("of which no two in the folder have the same title or id", () => {
    for (const key of ["title", "uid"] as const) {
      expect(new Set(rules.map((rule) => rule[key])).size).toBe(rules.length);
    }
  });
});

it("has its rules in the table of operations, in both languages", () => {
  const shown = rules.map(({ title, labels, for: after, annotations }) => [
    ...[title, labels.severity, after],
    annotations.runbook.replace(/^.*#/, ""),
  ]);
  for (const file of ["docs/operations.md", "docs/ko/operations.md"]) {
    const rows = [
      ...readFileSync(join(ROOT, file), "utf8").matchAll(
        /^\| ([^|]+) \| (warning|critical) \| (\d+m) \| \[[^\]]+\]\(#([^)]+)\) \|$/gm,
      ),
    ].map(([, ...cells]) => cells);
    const isEnglish = file === "docs/operations.md";
    expect(rows.map((cells) => cells.slice(0, isEnglish ? 4 : 3))).toEqual(
      shown.map((cells) => cells.slice(0, isEnglish ? 4 : 3)),
    );
    for (const [, , , anchor] of rows) expect(readDocument(file).anchors).toContain(anchor);
  }
});

it("asks for the notifier with KCL alone, and for nobody where there is no table", () => {
  const idsOf = (all: AlertRule[]) => all.map(({ uid }) => uid);
  expect(idsOf(ofEngine("single"))).toEqual(idsOf(rules).filter((uid) => uid !== "cali-notifier-silent"));
  const without = idsOf(grafanaAlertRules(names, { ...dev, consumerTable: false }));
  expect(without).not.toContain("cali-consumer-down");
  const tableOf = (all: AlertRule[]) => {
    const model = all.find(({ uid }) => uid === "cali-consumer-down")?.data[0]?.model;
    return (model?.dimensions as { TableName: string } | undefined)?.TableName;
  };
  expect(tableOf(ofEngine("single"))).toBe(names.consumerTable);
  expect(tableOf(rules)).toBe(names.kclTables[0]);
});

describe("what the rules look for in logs and incidents", () => {
  const queryOf = (uid: string) => String(rules.find((rule) => rule.uid === uid)?.data[0]?.model.query);
  const wordings = ["cali-slack-fails", "cali-slack-refuses"].flatMap((uid) => {
    const [, service, messages = ""] = /^service:"([^"]+)" AND message:\((.+)\)$/.exec(queryOf(uid)) ?? [];
    return messages
      .split(" OR ")
      .map((quoted): [string, string | undefined] => [quoted.slice(1, -1), service]);
  });

  it.each(wordings)(
    "%s: the consumer's sender logs it, and it is read as its service's",
    (wording, service) => {
      const sender = readFileSync(join(ROOT, "services/consumer/src/notify/slack/sender.ts"), "utf8");
      expect(sender).toMatch(new RegExp(`log\\.(warn|error)\\([^;]*"${wording}"\\)`));
      let line = "";
      const destination = { write: (text: string) => (line += text) };
      createLog({ level: "info", destination } as never).warn({ reason: "no" }, wording);
      expect(decode(Buffer.from(line), { zone: "UTC", arrival: 0 })).toMatchObject([
        { ok: true, record: { service, message: wording } },
      ]);
    },
  );

  it("the alert of too many dead letters has the code", () => {
    const share = new DeadLetterShare();
    const refused = { bytes: Buffer.from("x"), arrivedAt: 1_000, reason: "no" };
    const raised = Array.from({ length: 40 }, () => share.refused(refused)).find(
      (record) => record !== undefined,
    );
    expect(queryOf("cali-dead-letters")).toBe(`error_code:${raised?.error_code}`);
  });
});
