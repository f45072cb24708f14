import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grafanaAlertRules } from "../../config/grafana-alert-rules.ts";
import { DATA_SOURCE_UIDS } from "../../config/grafana-data-sources.ts";
import { loadConfig } from "../../config/load.ts";
import { Names, namePrefix } from "../../config/names.ts";
import { dashboards } from "../../delivery/commands/grafana/command.ts";
import { Connection } from "../../delivery/commands/opensearch/client.ts";
import { makeReady } from "../../delivery/commands/opensearch/make-ready.ts";
import { INCIDENT_FIELDS, LOG_FIELDS } from "../../delivery/commands/opensearch/templates.ts";
import { logRecord } from "../../services/consumer/test/support/records.ts";
import { answerOf, type PanelQuery, searchOf } from "../support/grafana-queries.ts";
import { ADMIN, basic, type OpenSearchNode, startOpenSearch } from "../support/opensearch.ts";
import { OpenSearchDomain } from "../support/opensearch-domain.ts";

const config = loadConfig({ env: "dev" });
let node: OpenSearchNode;
let domain: OpenSearchDomain;
let connection: Connection;

beforeAll(async () => {
  node = await startOpenSearch({ secured: true });
  domain = new OpenSearchDomain(node.url, { secured: true });
  connection = new Connection({ endpoint: await domain.listen(), login: ADMIN, retryPauseMs: 10 });
}, 600_000);
afterAll(async () => {
  await connection?.close();
  await domain?.close();
  await node?.stop();
});

const ready = (checkOnly = false) =>
  makeReady({ connection, config, account: "123456789012", checkOnly, onOutcome: () => {} });
const ask = async (path: string, body?: unknown) => {
  const answer = await fetch(`${node.url}${path}`, {
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    headers: { "content-type": "application/json", authorization: basic(ADMIN) },
  });
  return (await answer.json()) as Record<string, unknown>;
};

/** As Firehose writes: an index a day, ids of its own, no mapping. */
async function deliver(
  documents: readonly unknown[],
): Promise<{ errors: boolean; items: { index: { status: number } }[] }> {
  const lines = documents.flatMap((document) => [
    JSON.stringify({ index: { _index: "cali-logs-2026-01-25" } }),
    JSON.stringify(document),
  ]);
  const answer = await fetch(`${node.url}/_bulk?refresh=true`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson", authorization: basic(ADMIN) },
    body: `${lines.join("\n")}\n`,
  });
  return answer.json() as never;
}

const found = async (query: object) => {
  const { hits } = await ask("/cali-logs-*/_search", { query, size: 100 });
  return (hits as { hits: { _source: { message: string } }[] }).hits
    .map(({ _source }) => _source.message)
    .sort();
};

describe("a real OpenSearch node with its security plugin", () => {
  it("takes templates and alias; a second run changes nothing", async () => {
    expect((await ready()).filter(({ did }) => did === "created")).toHaveLength(11);
    const changes = domain.changes.length;
    expect([...new Set((await ready()).map(({ did }) => did))]).toEqual(["unchanged"]);
    expect(domain.changes).toHaveLength(changes);
    expect(await ask("/_alias/cali-incidents")).toEqual({
      "cali-incidents-000001": { aliases: { "cali-incidents": { is_write_index: true } } },
    });
    expect((await ask("/_cluster/health")).status).toBe("green");
  });

  it("counts a log once in the dashboard's panels, however often it was sent", async () => {
    const log = (source_id?: string) => ({
      ...logRecord({ message: "repeated", level: "FATAL", service: "repeats" }),
      ...(source_id && { source_id }),
    });
    expect((await deliver([log("a/1"), log("a/1"), log("a/1"), log("a/2"), log()])).errors).toBe(false);
    const panels = dashboards()[0]?.panels as {
      title: string;
      targets: {
        query: string;
        metrics: { type: string; field: string; settings: Record<string, string> }[];
      }[];
    }[];
    const panel = panels.find(({ title }) => title === "Which service fails?");
    const counted: unknown[] = [];
    for (const { query, metrics } of panel?.targets ?? []) {
      const [{ type, field, settings } = { type: "", field: "", settings: {} }] = metrics;
      const answer = await ask("/cali-logs-*/_search", {
        size: 0,
        track_total_hits: true,
        query: { query_string: { query: `(${query}) AND service:repeats` } },
        ...(type === "cardinality" && {
          aggs: {
            distinct: { cardinality: { field, precision_threshold: Number(settings.precision_threshold) } },
          },
        }),
      });
      const { hits, aggregations } = answer as {
        hits: { total: { value: number } };
        aggregations?: { distinct: { value: number } };
      };
      counted.push(aggregations?.distinct.value ?? hits.total.value);
    }
    expect(counted).toEqual([2, 1]);
    await fetch(`${node.url}/cali-logs-*/_delete_by_query?refresh=true`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: { term: { service: "repeats" } } }),
    });
  });

  it("finds what Firehose delivers by level, service and time, and keeps what is odd", async () => {
    const { errors } = await deliver([
      logRecord({
        message: "one",
        level: "ERROR",
        service: "payment",
        timestamp: "2026-01-25T01:00:00.000Z",
      }),
      logRecord({ message: "two", level: "INFO", service: "payment", timestamp: "2026-01-25T02:00:00.000Z" }),
      logRecord({
        message: "three",
        level: "ERROR",
        service: "checkout",
        timestamp: "2026-01-25T03:00:00.000Z",
      }),
      { ...logRecord({ message: "odd", service: "auth" }), timestamp: "yesterday", extra: { deep: [1] } },
    ]);
    expect(errors).toBe(false);
    expect(await found({ term: { level: "ERROR" } })).toEqual(["one", "three"]);
    expect(await found({ term: { service: "payment" } })).toEqual(["one", "two"]);
    expect(
      await found({
        bool: {
          filter: [
            { term: { level: "ERROR" } },
            { range: { timestamp: { gte: "2026-01-25T02:30:00Z", lt: "2026-01-26T00:00:00Z" } } },
          ],
        },
      }),
    ).toEqual(["three"]);
    expect(await found({ match: { message: "odd" } })).toEqual(["odd"]);
    const mapping = await ask("/cali-logs-2026-01-25/_mapping");
    expect(JSON.stringify(mapping)).not.toContain("extra");
  });

  it("counts by level and service over time, as the dashboard asks", async () => {
    const { aggregations } = await ask("/cali-logs-*/_search", {
      size: 0,
      aggs: {
        levels: { terms: { field: "level" } },
        hours: {
          date_histogram: { field: "timestamp", fixed_interval: "1h" },
          aggs: { services: { terms: { field: "service" } } },
        },
      },
    });
    const { levels } = aggregations as { levels: { buckets: { key: string; doc_count: number }[] } };
    expect(levels.buckets).toContainEqual(expect.objectContaining({ key: "ERROR", doc_count: 2 }));
  });

  it("keeps a document with a field of a wrong type: it costs the field, not the document", async () => {
    const { items } = await deliver([
      { ...logRecord({ message: "bad" }), service: { name: "x" }, level: ["ERROR", "WARN"] },
      logRecord({ message: "good beside bad" }),
    ]);
    expect(items.map(({ index }) => index.status)).toEqual([201, 201]);
    expect(await found({ match: { message: "bad" } })).toEqual(["bad", "good beside bad"]);
  });

  it.each([
    ["cali-logs-2026-01-26", LOG_FIELDS],
    ["cali-incidents", INCIDENT_FIELDS],
  ])("%s: takes a document of which any one field is of a wrong type", async (index, fields) => {
    for (const field of Object.keys(fields)) {
      for (const odd of ["odd", 5, true, null, { deep: [1, { x: "y" }] }, [["odd"], { x: "y" }]]) {
        const answer = await ask(`/${index}/_doc`, { [field]: odd });
        expect(answer, `${field}: ${JSON.stringify(odd)}`).toMatchObject({ result: "created" });
      }
    }
  });

  it("finds an incident by what found its cause", async () => {
    await ask("/cali-incidents/_doc?refresh=true", { cause: { text: "the disk is full", tier: "hash" } });
    const query = { term: { "cause.tier": "hash" } };
    const { hits } = await ask("/cali-incidents/_search", { query });
    expect(hits).toMatchObject({ total: { value: 1 } });
  });
});

const { environment, region } = config;
const names = new Names({ prefix: namePrefix(config), environment, region, account: "123456789012" });

describe("what Grafana asks", () => {
  const FROM = Date.parse("2026-03-01T10:00:00Z");
  const HOUR_MS = 3_600_000;
  const at = (minute: number) => new Date(FROM + minute * 60_000).toISOString();
  const answers = async (uid: string, query: PanelQuery, from = FROM, to = FROM + HOUR_MS) => {
    const index = uid === DATA_SOURCE_UIDS.logs ? "cali-logs-*" : "cali-incidents*";
    return answerOf(query, await ask(`/${index}/_search`, searchOf(query, from, to)));
  };
  const incident = (minute: number, more: object) =>
    ask("/cali-incidents/_doc?refresh=true", {
      ...{ "@timestamp": at(minute), service: "payment", level: "ERROR", template: "card <*> refused" },
      ...{ count: 4, suppressed: 3, is_new: true, ...more },
    });

  beforeAll(async () => {
    await ready();
    const log = (minute: number, more: object) => logRecord({ message: "m", timestamp: at(minute), ...more });
    await deliver([
      log(1, { level: "ERROR", service: "auth", source_id: "p/1" }),
      log(1, { level: "ERROR", service: "auth", source_id: "p/1" }),
      log(3, { level: "INFO", service: "search", source_id: "p/2" }),
      log(4, { level: "FATAL", service: "auth", message: "the last", source_id: undefined }),
    ]);
    await incident(5, {});
    await incident(6, {
      service: "auth",
      count: 9,
      suppressed: 0,
      is_new: false,
      template: "no route to <*>",
    });
  });

  const panels = (dashboards()[0]?.panels ?? []) as {
    title: string;
    targets?: (PanelQuery & { datasource: { uid: string } })[];
  }[];
  it.each<[string, Record<string, number | string>[]]>([
    ["How many alerts were raised?", [{ "": 2 }]],
    ["How many errors are new?", [{ "": 1 }]],
    ["How many lines were held back?", [{ "": 3 }]],
    ["How much is logged, at which level?", [{ ERROR: 1, INFO: 1 }, { FATAL: 1 }]],
    ["Who logs most?", [{ auth: 1, search: 1 }, { auth: 1 }]],
    ["Which service fails?", [{ auth: 1 }, { auth: 1 }]],
    ["Which service raises alerts?", [{ payment: 1, auth: 1 }]],
    ["Which errors come most often?", [{ "no route to <*>, auth": 9, "card <*> refused, payment": 4 }]],
    ["What failed last?", [{ "the last": 1, m: 2 }]],
  ])("%s", async (title, expected) => {
    const targets = panels.find((panel) => panel.title === title)?.targets ?? [];
    const got = await Promise.all(targets.map((target) => answers(target.datasource.uid, target)));
    expect(got.map(({ totals }) => totals)).toEqual(expected);
  });

  it("has no other panel over logs and incidents", () => {
    const asked = panels.filter(({ targets }) =>
      targets?.some(({ datasource: { uid } }) => uid !== "cali-metrics"),
    );
    expect(asked).toHaveLength(9);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      "cali-slack-fails",
      () =>
        deliver(
          Array.from({ length: 6 }, (_, i) =>
            logRecord({ service: "cali-consumer", message: "alerts wait for Slack", timestamp: at(31 + i) }),
          ),
        ),
    ],
    [
      "cali-slack-refuses",
      () =>
        deliver([
          logRecord({
            service: "cali-consumer",
            message: "alerts go to a fallback webhook",
            timestamp: at(40),
          }),
        ]),
    ],
    ["cali-dead-letters", () => incident(41, { error_code: "DEAD_LETTERS" })],
  ])("%s fires when something is wrong, and not before", async (uid, breakIt) => {
    const data = grafanaAlertRules(names, config).find((rule) => rule.uid === uid)?.data ?? [];
    const [query, reduce, threshold] = data;
    expect(reduce?.model.reducer).toBe("sum");
    const [{ evaluator }] = (threshold?.model.conditions ?? []) as [
      { evaluator: { type: string; params: [number] } },
    ];
    expect(evaluator.type).toBe("gt");
    const fires = async () => {
      const [to, seconds] = [FROM + HOUR_MS, query?.relativeTimeRange.from ?? 0];
      const { totals } = await answers(
        query?.datasourceUid ?? "",
        query?.model as never,
        to - seconds * 1_000,
        to,
      );
      return Object.values(totals).reduce((sum, one) => sum + one, 0) > evaluator.params[0];
    };
    expect(await fires()).toBe(false);
    await breakIt();
    expect(await fires()).toBe(true);
  });
});
const PASSWORD = "only-for-this-test-4711-Zx";
/** Who comes with which role of AWS: backend roles, as the domain takes them from a signature. */
const PEOPLE = {
  firehose: names.roleArn("firehose"),
  consumer: names.roleArn(config.iam.workloadRoles === "application" ? "application" : "consumer"),
  reader: names.roleArn(config.grafana.mode === "managed" ? "grafanaWorkspace" : "grafana"),
  nobody: "arn:aws:iam::123456789012:role/somebody-else",
};
type Person = keyof typeof PEOPLE;

/** The status of a request of somebody. */
async function statusOf(user: Person, method: string, path: string, body?: unknown): Promise<number> {
  const { status } = await fetch(`${node.url}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: {
      "content-type": "application/json",
      authorization: basic({ user, password: PASSWORD }),
    },
  });
  return status;
}

describe("who may do what", () => {
  beforeAll(async () => {
    await ready();
    for (const [user, role] of Object.entries(PEOPLE)) {
      await connection.put(`/_plugins/_security/api/internalusers/${user}`, {
        password: PASSWORD,
        backend_roles: [role],
      });
    }
    await deliver([logRecord({ message: "to be read" })]);
    await ask("/foreign/_doc?refresh=true", { a: 1 });
  });
  const document = { message: "x" };

  it.each<[Person, string, string, boolean]>([
    ["firehose", "POST", "/cali-logs-2026-02-01/_doc", true],
    ["firehose", "POST", "/cali-incidents/_doc", false],
    ["firehose", "POST", "/foreign/_doc", false],
    ["firehose", "GET", "/cali-incidents/_search", false],
    ["firehose", "DELETE", "/foreign", false],
    ["consumer", "POST", "/cali-incidents/_doc", true],
    ["consumer", "PUT", "/cali-incidents/_doc/alert-1", true],
    ["consumer", "POST", "/cali-logs-2026-02-01/_doc", false],
    ["consumer", "GET", "/cali-logs-2026-01-25/_search", false],
    ["consumer", "POST", "/foreign/_doc", false],
    ["consumer", "DELETE", "/cali-incidents-000001", false],
    ["reader", "GET", "/cali-logs-*/_search", true],
    ["reader", "GET", "/cali-incidents/_search", true],
    ["reader", "GET", "/cali-logs-2026-01-25/_mapping", true],
    ["reader", "POST", "/cali-logs-2026-01-25/_doc", false],
    ["reader", "POST", "/cali-incidents/_doc", false],
    ["reader", "DELETE", "/cali-logs-2026-01-25", false],
    ["reader", "GET", "/foreign/_search", false],
    ["nobody", "GET", "/cali-logs-2026-01-25/_search", false],
    ["nobody", "POST", "/cali-incidents/_doc", false],
    ["firehose", "GET", "/_plugins/_security/api/internalusers", false],
    ["reader", "GET", "/_plugins/_security/api/roles", false],
  ])("%s: %s %s: %s", async (who, method, path, allowed) => {
    const status = await statusOf(who, method, path, method === "GET" ? undefined : document);
    if (allowed) expect([200, 201]).toContain(status);
    else expect(status).toBe(403);
  });

  it("lets nobody in without a password", async () => {
    expect((await fetch(`${node.url}/cali-logs-*/_search`)).status).toBe(401);
  });
});
