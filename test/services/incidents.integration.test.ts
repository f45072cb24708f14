import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { Connection } from "../../delivery/commands/opensearch/client.ts";
import { makeReady } from "../../delivery/commands/opensearch/make-ready.ts";
import { systemClock } from "../../services/consumer/src/core/clock.ts";
import { incidentOf } from "../../services/consumer/src/notify/incidents/document.ts";
import { IncidentIndex } from "../../services/consumer/src/notify/incidents/incident-index.ts";
import { IncidentIndexer, REFUSED_INCIDENTS } from "../../services/consumer/src/notify/incidents/indexer.ts";
import { SqliteStateStore } from "../../services/consumer/src/state/sqlite.ts";
import { ATTACKS } from "../../services/consumer/test/support/attacks.ts";
import { MemoryObjectStore } from "../../services/consumer/test/support/memory-objects.ts";
import { temporaryFolder, until } from "../../services/consumer/test/support/process.ts";
import { alert, meta } from "../../services/consumer/test/support/state-contract.ts";
import { type OpenSearchNode, startOpenSearch } from "../support/opensearch.ts";
import { MASTER, OpenSearchDomain } from "../support/opensearch-domain.ts";

let node: OpenSearchNode;
beforeAll(async () => {
  node = await startOpenSearch();
}, 180_000);
afterAll(async () => {
  await node?.stop();
});

const index = (endpoint = node.url) =>
  new IncidentIndex({
    endpoint,
    index: "cali-incidents",
    auth: "none",
    timeoutMs: 10_000,
    region: "us-east-1",
  });
const post = async (path: string, body?: object, method = "POST") => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${node.url}${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Record<string, unknown>;
};
const documents = async () => {
  await post("/cali-incidents/_refresh");
  const { hits } = await post("/cali-incidents/_search", { size: 1_000, sort: ["alert_id"] });
  return (hits as { hits: { _id: string; _source: Record<string, unknown> }[] }).hits;
};
const times = { firstSeen: Date.UTC(2026, 0, 25), lastSeen: Date.UTC(2026, 0, 25, 1) };

it("a real OpenSearch takes incidents, each once, and refuses, waits and gives back as it should", async () => {
  // Without its alias nothing is indexed: it would be in an index that nobody looks at.
  const [early] = (await index().bulk([incidentOf({ ...alert("early"), ...times })])).failed;
  expect(early?.reason).toMatch(/^404 index_not_found_exception/);

  const domain = new OpenSearchDomain(node.url);
  const connection = new Connection({ endpoint: await domain.listen(), login: MASTER, retryPauseMs: 10 });
  const config = loadConfig({ env: "dev" });
  await makeReady({ connection, config, account: "123456789012", checkOnly: false, onOutcome: () => {} });
  await connection.close();
  await domain.close();

  const { folder, remove } = await temporaryFolder();
  const store = new SqliteStateStore(`${folder}/state.sqlite`);
  const objects = new MemoryObjectStore();
  const troubles: (string | undefined)[] = [];
  const stop = new AbortController();
  const start = () =>
    new IncidentIndexer({
      waiting: store.incidents,
      objects,
      index: index(),
      batch: 100,
      maxWaiting: 10_000,
      clock: systemClock,
      log: pino({ level: "silent" }),
      onTrouble: (text) => troubles.push(text),
    }).run(stop.signal);
  const add = (id: string, over: object = {}) =>
    store.commitNotification({ meta: meta(id, 1), alert: { ...alert(id), ...times, ...over }, index: true });
  const running = start();
  try {
    const cause = { cause: "a race", action: "lock it", origin: "proposed" as const, tier: "llm" as const };
    for (const [place, { line }] of ATTACKS.entries()) {
      await add(`attack-${String(place).padStart(3, "0")}`, { template: line, samples: [line], cause });
    }
    for (let i = 0; i < 200; i++) await add(`plain-${String(i).padStart(3, "0")}`);
    await until("all are indexed", async () => (await store.incidents.size()) === 0, 60_000);
    expect(await documents()).toHaveLength(ATTACKS.length + 200);
    const [first] = await documents();
    expect(first?._source).toMatchObject({
      alert_id: first?._id,
      cause: { tier: "llm", origin: "proposed" },
    });

    // The same again, as after a crash before its note: still one document each.
    const again = [alert("plain-000"), alert("plain-001")].map((one) => incidentOf({ ...one, ...times }));
    expect((await index().bulk(again)).indexed).toEqual(["plain-000", "plain-001"]);
    expect(await documents()).toHaveLength(ATTACKS.length + 200);

    // Blocked, as by a full disk: all wait, and are there afterwards.
    await post("/cali-incidents/_settings", { "index.blocks.write": true }, "PUT");
    for (let i = 0; i < 20; i++) await add(`late-${String(i).padStart(3, "0")}`);
    await until(
      "it says that they wait",
      () => troubles.some((text) => text?.includes("cluster_block")),
      60_000,
    );
    expect(await store.incidents.size()).toBe(20);
    await post("/cali-incidents/_settings", { "index.blocks.write": false }, "PUT");
    // One that will never fit goes aside; the others are not held up.
    await add("never-000", { cause: { ...cause, origin: "x".repeat(40_000) } });
    await add("late-020");
    await until("all are gone", async () => (await store.incidents.size()) === 0, 60_000);
    expect(await documents()).toHaveLength(ATTACKS.length + 221);
    expect([...objects.bodies.keys()]).toEqual([`${REFUSED_INCIDENTS}never-000.json`]);
    expect(String(objects.bodies.get(`${REFUSED_INCIDENTS}never-000.json`))).toContain("immense term");
  } finally {
    stop.abort();
    await running;
    await store.close();
    await remove();
  }
});
