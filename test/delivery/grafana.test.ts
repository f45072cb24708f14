import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { grafanaAlertRules } from "../../config/grafana-alert-rules.ts";
import { DATA_SOURCE_UIDS, grafanaDataSources } from "../../config/grafana-data-sources.ts";
import { loadConfig } from "../../config/load.ts";
import { Names } from "../../config/names.ts";
import { dashboards } from "../../delivery/commands/grafana/command.ts";
import { GrafanaApi } from "../../delivery/commands/grafana/grafana-api.ts";
import { type Outcome, provision } from "../../delivery/commands/grafana/provision.ts";
import { INCIDENT_FIELDS, LOG_FIELDS } from "../../delivery/commands/opensearch/templates.ts";
import { GrafanaRequestError, PluginMissingError } from "../../delivery/core/errors.ts";

const RULES = "/api/v1/provisioning/alert-rules";

/** A Grafana that keeps what is put. */
class GrafanaServer {
  readonly kept = new Map<string, Record<string, unknown>>();
  readonly changes: string[] = [];
  readonly failures: number[] = [];
  readonly plugins = new Set(["grafana-opensearch-datasource", "cloudwatch"]);
  readonly #server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    const path = request.url ?? "";
    const answer = (status: number, value: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    const failure = this.failures.shift();
    if (failure) return answer(failure, { message: "no" });
    if (request.headers.authorization !== "Bearer key") return answer(401, { message: "Unauthorized" });
    const [, plugin] = /^\/api\/plugins\/([\w-]+)\/settings$/.exec(path) ?? [];
    if (plugin) {
      return this.plugins.has(plugin)
        ? answer(200, { id: plugin, type: "datasource", enabled: true })
        : answer(404, { message: "Plugin not found, no installed plugin with that id" });
    }
    if (request.method === "GET" && path === RULES) {
      return answer(200, this.rules());
    }
    if (request.method === "DELETE") {
      this.changes.push(`${request.method} ${path}`);
      response.writeHead(this.kept.delete(path) ? 204 : 404);
      return response.end();
    }
    if (request.method === "GET") {
      const found = this.kept.get(path);
      return found ? answer(200, found) : answer(404, { message: "not found" });
    }
    const [, rules, uid] = /^(\/api\/v1\/provisioning\/alert-rules)(?:\/([\w-]+))?$/.exec(path) ?? [];
    if (rules && !this.#takesRule(body)) return answer(400, { message: "invalid alert rule" });
    if (rules && uid && !this.kept.has(path)) return answer(404, { message: "rule not found" });
    this.changes.push(`${request.method} ${path}`);
    if (rules) {
      this.kept.set(`${rules}/${body.uid}`, { ...body, id: 1, isPaused: false, provenance: "api" });
      return answer(uid ? 200 : 201, body);
    }
    if (path === "/api/dashboards/db") {
      this.kept.set(`/api/dashboards/uid/${body.dashboard.uid}`, {
        dashboard: { ...body.dashboard, id: 1, version: 1 },
        meta: { folderUid: body.folderUid },
      });
    } else if (path === "/api/folders") this.kept.set(`/api/folders/${body.uid}`, body);
    else this.kept.set(`/api/datasources/uid/${body.uid}`, { id: 1, orgId: 1, readOnly: false, ...body });
    answer(200, {});
  });

  /** What Grafana wants of a rule: its folder, each query's data source, a condition that is one of them, times as Prometheus writes them. */
  #takesRule(rule: Record<string, unknown>): boolean {
    const data = rule.data as { refId: string; datasourceUid: string }[];
    return (
      rule.orgID === 1 &&
      this.kept.has(`/api/folders/${rule.folderUID}`) &&
      typeof rule.ruleGroup === "string" &&
      /^[\w-]{1,40}$/.test(String(rule.uid)) &&
      /^\d+[smh]$/.test(String(rule.for)) &&
      ["NoData", "Alerting", "OK"].includes(String(rule.noDataState)) &&
      ["Error", "Alerting", "OK"].includes(String(rule.execErrState)) &&
      data.some(({ refId }) => refId === rule.condition) &&
      data.every(
        ({ datasourceUid }) =>
          datasourceUid === "__expr__" || this.kept.has(`/api/datasources/uid/${datasourceUid}`),
      )
    );
  }

  rules(): Record<string, unknown>[] {
    return [...this.kept].flatMap(([path, rule]) => (path.startsWith(`${RULES}/`) ? [rule] : []));
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

const alertRules = grafanaAlertRules(
  new Names({ prefix: "cali-dev", environment: "dev", region: "ap-northeast-2", account: "123456789012" }),
  loadConfig({ env: "dev" }),
);
const sources = grafanaDataSources("https://search.example", "2.19", "ap-northeast-2");

describe("provision", () => {
  let server: GrafanaServer;
  let endpoint: string;
  beforeEach(async () => {
    server = new GrafanaServer();
    endpoint = await server.listen();
  });
  afterEach(() => server.close());

  async function provisioned(token = "key"): Promise<Outcome["did"][]> {
    const outcomes: Outcome["did"][] = [];
    await provision({
      api: new GrafanaApi({ endpoint, token, retryPauseMs: 1 }),
      dataSources: sources,
      dashboards: dashboards(),
      alertRules,
      onOutcome: ({ did }) => outcomes.push(did),
    });
    return outcomes;
  }

  it("puts folder, data sources, dashboards and alert rules once, over failures that pass", async () => {
    server.failures.push(503, 401);
    expect(new Set(await provisioned())).toEqual(new Set(["created"]));
    const made = server.changes.length;
    expect(made).toBe(1 + sources.length + dashboards().length + alertRules.length);
    expect(new Set(await provisioned())).toEqual(new Set(["unchanged"]));
    expect(server.changes).toHaveLength(made);
  });

  it("puts back what somebody changed", async () => {
    await provisioned();
    const path = `/api/datasources/uid/${DATA_SOURCE_UIDS.logs}`;
    server.kept.set(path, { ...server.kept.get(path), url: "https://elsewhere.example" });
    const rule = `${RULES}/${alertRules[0]?.uid}`;
    server.kept.set(rule, { ...server.kept.get(rule), for: "1h" });
    expect((await provisioned()).filter((did) => did === "changed")).toHaveLength(2);
    expect(server.kept.get(path)?.url).toBe("https://search.example");
    expect(server.kept.get(rule)?.for).toBe(alertRules[0]?.for);
  });

  it("deletes a rule of ours that is none any more, and nobody else's", async () => {
    await provisioned();
    const [first] = server.rules();
    const foreign = [
      { uid: "theirs" },
      { uid: "cali-a", folderUID: "team" },
      { uid: "cali-b", ruleGroup: "team" },
    ];
    for (const rule of [{ uid: "cali-notifier-silent" }, ...foreign]) {
      server.kept.set(`${RULES}/${rule.uid}`, { ...first, ...rule });
    }
    expect((await provisioned()).filter((did) => did !== "unchanged")).toEqual(["deleted"]);
    const left = [...alertRules, ...foreign].map(({ uid }) => uid);
    expect(server.rules().map(({ uid }) => uid)).toEqual(left);
    expect(new Set(await provisioned())).toEqual(new Set(["unchanged"]));
  });

  it("puts nothing when a plugin is missing, and says how to get it", async () => {
    server.plugins.delete("grafana-opensearch-datasource");
    const provisioning = provisioned();
    await expect(provisioning).rejects.toThrow(PluginMissingError);
    await expect(provisioning).rejects.toThrow(
      /doesn't have the plugin grafana-opensearch-datasource, .*\nRemedy: .*plugin management.*install/,
    );
    expect(server.changes).toEqual([]);
  });

  it.each<[unknown, string]>([
    [[], "the answer: given a list, expected object"],
    [{ dashboard: "moved", meta: {} }, "dashboard: given string, expected record"],
    [{ dashboard: {} }, "meta: given nothing, expected object"],
  ])("puts nothing over what is no dashboard of Grafana's: %j", async (answer, said) => {
    const [first] = dashboards();
    const path = `/api/dashboards/uid/${first?.uid}`;
    server.kept.set(path, answer as Record<string, unknown>);
    await expect(provisioned()).rejects.toThrow(`GET ${path}: Grafana's answer has another form`);
    await expect(provisioned()).rejects.toThrow(said);
    expect(server.changes).not.toContain("POST /api/dashboards/db");
  });

  it("says what Grafana answers", async () => {
    server.failures.push(403);
    await expect(provisioned()).rejects.toThrow(GrafanaRequestError);
    await expect(provisioned("other")).rejects.toThrow("Grafana answered 401");
  });
});

/** Names of AWS's metrics. https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html and …/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html */
const METRICS: Record<string, { dimension: string; names: string[] }> = {
  "AWS/Kinesis": {
    dimension: "StreamName",
    names: [
      "GetRecords.IteratorAgeMilliseconds",
      "IncomingRecords",
      "WriteProvisionedThroughputExceeded",
      "ReadProvisionedThroughputExceeded",
    ],
  },
  "AWS/Firehose": {
    dimension: "DeliveryStreamName",
    names: [
      "DeliveryToS3.DataFreshness",
      "DeliveryToS3.Success",
      "DeliveryToAmazonOpenSearchService.DataFreshness",
      "DeliveryToAmazonOpenSearchService.Success",
    ],
  },
};

describe("the dashboards", () => {
  interface Target {
    datasource: { type: string; uid: string };
    query?: string;
    timeField?: string;
    bucketAggs?: { field: string; type?: string; settings?: object }[];
    metrics?: { type?: string; field?: string; settings?: object }[];
    namespace?: string;
    metricName?: string;
    dimensions?: Record<string, string>;
  }
  interface Panel {
    id: number;
    title: string;
    description: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets: Target[];
  }
  const [dashboard] = dashboards();
  const panels = dashboard?.panels as Panel[];
  const targets = panels.flatMap(({ title, targets: all }) => all.map((target) => [title, target] as const));
  const fields: Record<string, Set<string>> = {
    [DATA_SOURCE_UIDS.logs]: new Set([...Object.keys(LOG_FIELDS), "message.keyword"]),
    [DATA_SOURCE_UIDS.incidents]: new Set([...Object.keys(INCIDENT_FIELDS), "template.keyword"]),
  };
  const variables = (
    dashboard as unknown as { templating: { list: { name: string }[] } }
  ).templating.list.map(({ name }) => `$${name}`);

  it.each(targets)("%s asks for fields and metrics that exist", (_, target) => {
    const source = sources.find(({ uid }) => uid === target.datasource.uid);
    expect(source?.type).toBe(target.datasource.type);
    const known = fields[target.datasource.uid];
    if (known) {
      const query = (target.query ?? "").replaceAll(/_exists_:(\w+)/g, "$1:*");
      const words = [...query.matchAll(/([\w@.]+):/g)].map(([, field]) => field);
      const asked = [...(target.bucketAggs ?? []), ...(target.metrics ?? [])].flatMap(
        ({ field }) => field ?? [],
      );
      for (const field of [...words, ...asked, target.timeField]) expect(known).toContain(field);
      expect(target.timeField).toBe(source?.jsonData.timeField);
    } else {
      const metric = METRICS[target.namespace ?? ""];
      expect(metric?.names).toContain(target.metricName);
      for (const [dimension, value] of Object.entries(target.dimensions ?? {})) {
        expect(dimension).toBe(metric?.dimension);
        expect(variables).toContain(value);
      }
    }
  });

  it("shows volume by level and service, templates, lag, freshness, failures and alerts, each explained", () => {
    expect(panels.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        "How much is logged, at which level?",
        "Who logs most?",
        "Which errors come most often?",
        "How far behind is the consumer?",
        "How late does Firehose deliver?",
        "Do Firehose's deliveries succeed?",
        "How many alerts were raised?",
        "Is the platform itself well?",
      ]),
    );
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, description } of panels) {
      expect(title).toMatch(/\?$/);
      expect(description).toMatch(/\.$/);
    }
  });

  it("counts a log that Fluent Bit sent again once, by its source_id", () => {
    const isCount = ({ datasource, metrics = [] }: Target) =>
      datasource.uid === DATA_SOURCE_UIDS.logs && metrics.some(({ type }) => type !== "logs");
    const counting = panels.filter((panel) => panel.targets.some(isCount));
    expect(counting.map(({ title }) => title)).toEqual([
      "How much is logged, at which level?",
      "Who logs most?",
      "Which service fails?",
    ]);
    for (const { title, targets } of counting) {
      expect(targets, title).toMatchObject([
        {
          query: expect.stringMatching(/_exists_:source_id$/),
          metrics: [{ type: "cardinality", field: "source_id" }],
        },
        // Of records that have no source each is one.
        { query: expect.stringMatching(/NOT _exists_:source_id$/), metrics: [{ type: "count" }] },
      ]);
      expect(targets[1]?.query?.replace("NOT _exists_", "_exists_"), title).toBe(targets[0]?.query);
    }
  });

  /** Settings that Grafana's OpenSearch plugin reads; it passes over any other in silence. */
  const READ: Readonly<Record<string, readonly string[]>> = {
    count: [],
    sum: ["missing", "script"],
    cardinality: ["missing", "precision_threshold"],
    logs: ["size"],
    terms: ["min_doc_count", "missing", "order", "orderBy", "size"],
    date_histogram: ["interval", "min_doc_count", "offset", "trimEdges"],
  };
  it("asks with settings that the plugin reads", () => {
    for (const { metrics = [], bucketAggs = [] } of targets.map(([, target]) => target)) {
      for (const { type = "", settings = {} } of [...metrics, ...bucketAggs]) {
        expect(READ[type], type).toEqual(expect.arrayContaining(Object.keys(settings)));
      }
    }
  });

  it("has no panel over another", () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, place) => `${x + (place % w)},${y + Math.floor(place / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos }) => gridPos.x + gridPos.w))).toBe(24);
  });
});
