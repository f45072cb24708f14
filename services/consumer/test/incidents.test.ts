import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import type { Alert, Outbox } from "../src/core/types.ts";
import { incidentOf, incidentSchema } from "../src/notify/incidents/document.ts";
import { IncidentIndex } from "../src/notify/incidents/incident-index.ts";
import { IncidentIndexer, REFUSED_INCIDENTS, WAITING_INCIDENTS } from "../src/notify/incidents/indexer.ts";
import { BulkServer } from "./support/bulk-server.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { alert } from "./support/state-contract.ts";

const error = (message: string, service = "checkout") =>
  JSON.stringify(logRecord({ level: "ERROR", message, service }));

async function server(): Promise<{ server: BulkServer; endpoint: string }> {
  const server = new BulkServer();
  const endpoint = await server.listen();
  onTestFinished(() => server.close());
  return { server, endpoint };
}

const options = (endpoint: string) =>
  ({ endpoint, index: "cali-incidents", auth: "none", timeoutMs: 2_000, region: "us-east-1" }) as const;

/** An outbox in memory. */
function outboxOf(alerts: Alert[]): Outbox {
  return {
    pending: async (limit) =>
      alerts.slice(0, limit).map((one) => ({ id: one.id, alert: one, state: "pending" as const })),
    markSending: async () => undefined,
    markSent: async (ids) =>
      void alerts.splice(0, alerts.length, ...alerts.filter(({ id }) => !ids.includes(id))),
    size: async () => alerts.length,
  };
}

function indexing(endpoint: string, alerts: Alert[], limits: { batch?: number; maxWaiting?: number } = {}) {
  const objects = new MemoryObjectStore();
  const troubles: (string | undefined)[] = [];
  const stop = new AbortController();
  const indexer = new IncidentIndexer({
    waiting: outboxOf(alerts),
    objects,
    index: new IncidentIndex(options(endpoint)),
    batch: 100,
    maxWaiting: 1_000,
    ...limits,
    clock: systemClock,
    log: pino({ level: "silent" }),
    onTrouble: (text) => troubles.push(text),
  });
  const running = indexer.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { objects, troubles };
}

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => alert(`f-${String(i).padStart(3, "0")}`));

describe("an incident", () => {
  it("has every field of its alert, and nothing else", () => {
    const cause = { cause: "the pool is too small", action: "enlarge it", origin: "confirmed" as const };
    const full = { ...alert("f-1"), errorCode: "E-17", count: 3, total: 9, suppressed: 2, cause };
    expect(incidentOf({ ...full, lastSeen: Date.UTC(2026, 0, 25) })).toEqual({
      "@timestamp": "2026-01-25T00:00:00.000Z",
      alert_id: "f-1",
      fingerprint: "f",
      service: "checkout",
      level: "ERROR",
      template: "it broke",
      error_code: "E-17",
      count: 3,
      total: 9,
      suppressed: 2,
      first_seen: "1970-01-01T00:00:00.001Z",
      last_seen: "2026-01-25T00:00:00.000Z",
      samples: ["a line"],
      is_new: true,
      cause: { text: "the pool is too small", action: "enlarge it", origin: "confirmed" },
    });
  });

  it("is bounded, without secrets and without what nobody sees", () => {
    const hostile = {
      ...alert("f-1"),
      template: `\u202email to kim@example.com\u0000${"x".repeat(10_000)}`,
      samples: ["a\u200bb".repeat(5_000)],
      lastSeen: Number.MAX_VALUE,
    };
    const incident = incidentSchema.parse(incidentOf(hostile));
    expect(incident.template).toMatch(/^mail to <email>x+…$/);
    expect(incident.samples[0]).toMatch(/^(ab)+a?…$/);
    expect(incident["@timestamp"]).toBe("9999-12-31T23:59:59.999Z");
  });
});

describe("the indexer", () => {
  it("indexes in bulk, each under its id", async () => {
    const { server: openSearch, endpoint } = await server();
    const alerts = many(250);
    indexing(endpoint, alerts);
    await until("all are indexed", () => alerts.length === 0);
    expect(openSearch.calls.map((ids) => ids.length)).toEqual([100, 100, 50]);
    expect(openSearch.documents.size).toBe(250);
    expect(openSearch.documents.get("f-007")).toMatchObject({ alert_id: "f-007", template: "it broke" });
  });

  it("sends again only what was not taken, and keeps aside what never will be", async () => {
    const { server: openSearch, endpoint } = await server();
    const busy = { type: "rejected_execution_exception", reason: "queue is full" };
    openSearch.refusals.set("f-001", { status: 429, error: busy });
    openSearch.refusals.set("f-002", {
      status: 400,
      error: { type: "mapper_parsing_exception", reason: "failed to parse field [count]" },
    });
    const alerts = many(4);
    const { objects, troubles } = indexing(endpoint, alerts);
    await until("it is tried again", () => openSearch.calls.length >= 2);
    expect(troubles[0]).toBe(
      "incidents wait: 1 of 4 are not taken now: 429 rejected_execution_exception: queue is full",
    );
    openSearch.refusals.delete("f-001");
    await until("all are gone", () => alerts.length === 0);
    expect(openSearch.calls[0]).toEqual(["f-000", "f-001", "f-002", "f-003"]);
    expect(new Set(openSearch.calls.slice(1).flat())).toEqual(new Set(["f-001"]));
    expect([...openSearch.documents.keys()].sort()).toEqual(["f-000", "f-001", "f-003"]);
    const refused = JSON.parse(String(objects.bodies.get(`${REFUSED_INCIDENTS}f-002.json`)));
    expect(refused).toMatchObject({
      reason: "400 mapper_parsing_exception: failed to parse field [count]",
      incident: { alert_id: "f-002" },
    });
    await until("it says that it works again", () => troubles.at(-1) === undefined);
  });

  it("halves a call that is too large, and keeps aside what is too large alone", async () => {
    const { server: openSearch, endpoint } = await server();
    openSearch.mostBytes = 2_000;
    const alerts = many(20);
    alerts[3] = { ...alert("f-003"), samples: Array.from({ length: 3 }, () => "x".repeat(900)) };
    const { objects } = indexing(endpoint, alerts);
    await until("all are gone", () => alerts.length === 0);
    expect(openSearch.documents.size).toBe(19);
    expect([...objects.bodies.keys()]).toEqual([`${REFUSED_INCIDENTS}f-003.json`]);
  });

  it.each([
    ["an error of the whole call", { status: 503 }, "OpenSearch answered 503"],
    ["no rights", { status: 403 }, "OpenSearch answered 403"],
    ["somebody else's page", { answer: "<html>sign in</html>" }, "incidents wait: "],
    ["an answer for other documents", { answer: '{"items":[]}' }, "the answer to a bulk call"],
  ])("waits on %s, and loses nothing", async (_, trouble, said) => {
    const { server: openSearch, endpoint } = await server();
    Object.assign(openSearch, trouble);
    const alerts = many(3);
    const { troubles } = indexing(endpoint, alerts);
    await until("it says so", () => troubles.some((text) => text?.includes(said)));
    expect(alerts).toHaveLength(3);
    Object.assign(openSearch, { status: 200, answer: undefined });
    await until("all are indexed", () => alerts.length === 0);
    expect(openSearch.documents.size).toBe(3);
  });

  it("lets the oldest wait as objects when too many wait, and indexes them later", async () => {
    const { server: openSearch, endpoint } = await server();
    openSearch.status = 503;
    const alerts = many(30);
    const { objects } = indexing(endpoint, alerts, { maxWaiting: 10, batch: 7 });
    await until("the state has room", () => alerts.length === 10);
    expect(objects.bodies.has(`${WAITING_INCIDENTS}f-000.json`)).toBe(true);
    expect(objects.bodies.size).toBe(20);
    objects.bodies.set(`${WAITING_INCIDENTS}broken.json`, Buffer.from("no JSON"));
    openSearch.status = 200;
    await until("all are indexed", () => alerts.length === 0 && openSearch.documents.size === 30);
    await until("no object waits", () =>
      [...objects.bodies.keys()].every((key) => key === `${REFUSED_INCIDENTS}broken.json`),
    );
  });
});

describe("who it says it is", () => {
  const incident = incidentOf(alert("f-1"));

  it("signs its calls", async () => {
    const { server: openSearch, endpoint } = await server();
    const credentials = { accessKeyId: "id", secretAccessKey: "key" };
    await new IncidentIndex({ ...options(endpoint), auth: "aws", credentials }).bulk([incident]);
    expect(openSearch.lastHeaders.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/us-east-1\/es\/aws4_request, /,
    );
  });

  it("gives its name and password", async () => {
    const { server: openSearch, endpoint } = await server();
    const auth = { auth: "basic", username: "cali", password: "pass" } as const;
    await new IncidentIndex({ ...options(endpoint), ...auth }).bulk([incident]);
    expect(openSearch.lastHeaders.authorization).toBe(`Basic ${btoa("cali:pass")}`);
  });
});

describe("the consumer", () => {
  it("alerts while OpenSearch is down, and indexes every alert when it is back, also over a restart", async () => {
    const rig = await Rig.create();
    const { server: openSearch, endpoint } = await server();
    openSearch.status = 503;
    const sections = { openSearch: { endpoint, auth: "none" as const } };
    const first = await rig.start(sections);
    rig.kinesis.put(error("the first is lost"));
    await until("Slack has it", () => rig.slack.posts.length === 1);
    await until("it says what waits", () => first.troubles().some((text) => text.includes("answered 503")));
    const ready = await fetch(`http://127.0.0.1:${first.port}/readyz`);
    expect(ready.status).toBe(200);
    await rig.stop(first);
    const second = await rig.start(sections);
    rig.kinesis.put(error("payment gave up", "payment"));
    openSearch.status = 200;
    await until("both are indexed", () => openSearch.documents.size === 2);
    const services = [...openSearch.documents.values()].map(({ service }) => service);
    expect(services.sort()).toEqual(["checkout", "payment"]);
    const metrics = await (await fetch(`http://127.0.0.1:${second.port}/metrics`)).text();
    expect(metrics).toContain('cali_consumer_incidents_total{result="indexed"} 2');
    expect(metrics).toContain("cali_consumer_incidents_waiting 0");
  });

  it("keeps nothing for an OpenSearch that is not configured", async () => {
    const rig = await Rig.create();
    const consumer = await rig.start();
    rig.kinesis.put(error("the first is lost"));
    await until("Slack has it", () => rig.slack.posts.length === 1);
    await rig.stop(consumer);
    expect(await rig.openState().incidents.size()).toBe(0);
  });
});
