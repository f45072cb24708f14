import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { dashboards } from "../../delivery/commands/grafana/command.ts";
import { Connection } from "../../delivery/commands/opensearch/client.ts";
import { makeReady } from "../../delivery/commands/opensearch/make-ready.ts";
import { INCIDENT_FIELDS, LOG_FIELDS } from "../../delivery/commands/opensearch/templates.ts";
import { logRecord } from "../../services/consumer/test/support/records.ts";
import { type OpenSearchNode, startOpenSearch } from "../support/opensearch.ts";
import { MASTER, OpenSearchDomain } from "../support/opensearch-domain.ts";

const config = loadConfig({ env: "dev" });
let node: OpenSearchNode;
let domain: OpenSearchDomain;
let connection: Connection;

beforeAll(async () => {
  node = await startOpenSearch();
  domain = new OpenSearchDomain(node.url);
  connection = new Connection({ endpoint: await domain.listen(), login: MASTER, retryPauseMs: 10 });
}, 180_000);
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
    headers: { "content-type": "application/json" },
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
    headers: { "content-type": "application/x-ndjson" },
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

describe("a real OpenSearch node", () => {
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
    const panel = panels.find(({ title }) => title === "Errors by service");
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
