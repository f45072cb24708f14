import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { type CatalogEntry, idOf } from "../src/cause/knowledge/catalog.ts";
import { KnowledgeCauses } from "../src/cause/knowledge/causes.ts";
import { KnownSignatures } from "../src/cause/knowledge/known-signatures.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SeededCatalog } from "../src/cause/knowledge/seed.ts";
import { NEW_ERRORS, newErrorSchema } from "../src/cause/new-errors.ts";
import { systemClock } from "../src/core/clock.ts";
import type { Alert } from "../src/core/types.ts";
import { LlmServer, MOODS, USABLE } from "./support/llm-server.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { alert } from "./support/state-contract.ts";

const error = (message: string) => JSON.stringify(logRecord({ level: "ERROR", message }));
const PROPOSAL = { cause: "the pool is too small", action: "enlarge it" };

function entry(over: Partial<CatalogEntry> = {}): CatalogEntry {
  const pattern = over.pattern ?? "it broke";
  return {
    id: idOf({ pattern, errorCode: over.errorCode }),
    pattern,
    cause: "a race",
    action: "lock it",
    origin: "person",
    state: "confirmed",
    createdAt: "2026-01-25T00:00:00.000Z",
    ...over,
  };
}

async function causes(entries: CatalogEntry[], advised: typeof PROPOSAL | undefined = PROPOSAL) {
  const objects = new MemoryObjectStore();
  const catalog = new SeededCatalog(new ObjectCatalog(objects));
  await catalog.put(entries);
  const asked: string[] = [];
  const advisor = {
    propose: async ({ template }: { template: string }) => {
      asked.push(template);
      return advised;
    },
  };
  const log = pino({ level: "silent" });
  const signatures = new KnownSignatures(catalog);
  const finder = new KnowledgeCauses({ catalog, objects, signatures, advisor, clock: systemClock, log });
  return { finder, catalog, asked };
}

const about = (over: Partial<Alert>): Alert => ({ ...alert("f-1"), ...over });

describe("a cause", () => {
  it("is what the knowledge base says of the template; then nobody else is asked", async () => {
    const { finder, asked } = await causes([entry({ runbook: "https://docs.example.org/r" })]);
    expect(await finder.find(about({}))).toEqual({
      cause: {
        cause: "a race",
        action: "lock it",
        tier: "hash",
        origin: "confirmed",
        since: Date.UTC(2026, 0, 25),
        entry: idOf({ pattern: "it broke" }),
        link: "https://docs.example.org/r",
      },
    });
    expect(asked).toEqual([]);
  });

  it("is that of the error code rather than that of the template alone", async () => {
    const { finder } = await causes([entry(), entry({ errorCode: "E-17", cause: "a deadlock" })]);
    expect((await finder.find(about({ errorCode: "E-17" }))).cause?.cause).toBe("a deadlock");
    expect((await finder.find(about({ errorCode: "E-18" }))).cause?.cause).toBe("a race");
  });

  it("is else what the model proposes, marked so, and kept as a proposal", async () => {
    const { finder, catalog, asked } = await causes([]);
    const found = await finder.find(about({ level: "FATAL" }), "it broke at raw");
    expect(found.cause).toMatchObject({ ...PROPOSAL, tier: "llm", origin: "proposed" });
    // The model's own tokens need the template as it was logged.
    expect(asked).toEqual(["it broke at raw"]);
    const kept = { ...PROPOSAL, origin: "llm", state: "proposed", pattern: "it broke", level: "FATAL" };
    expect(await catalog.own()).toMatchObject([kept]);
    const again = await finder.find(about({}));
    expect(again.cause).toMatchObject({ ...PROPOSAL, tier: "hash", origin: "proposed" });
    expect(asked).toHaveLength(1);
  });

  it("is proposed for what was learned without one, and keeps when that was", async () => {
    const learned = entry({ origin: "learned", state: "proposed" });
    delete (learned as { cause?: string }).cause;
    const { finder, catalog } = await causes([learned]);
    expect((await finder.find(about({}))).cause).toMatchObject(PROPOSAL);
    expect(await catalog.own()).toMatchObject([
      { id: learned.id, createdAt: learned.createdAt, ...PROPOSAL },
    ]);
  });

  it("is what the seed knows, whatever was learned or proposed of the same template", async () => {
    const pattern = "cannot open a connection to orders sorry, too many clients already";
    const error = { template: pattern, errorCode: "DB_53300", level: "FATAL" } as const;
    const known = { cause: "PostgreSQL has reached max_connections.", origin: "confirmed" };
    const learned = entry({ pattern, errorCode: "DB_53300", origin: "learned", state: "proposed" });
    for (const proposal of [{ cause: undefined, action: undefined }, PROPOSAL]) {
      const { finder, asked } = await causes([{ ...learned, ...proposal }]);
      expect((await finder.find(about(error))).cause).toMatchObject(known);
      expect(asked).toEqual([]);
    }
  });

  it("is of the template alone where that of its code is a proposal without one", async () => {
    const { finder } = await causes([
      entry(),
      entry({ errorCode: "E-17", state: "proposed", cause: undefined, action: undefined }),
    ]);
    expect((await finder.find(about({ errorCode: "E-17" }))).cause?.cause).toBe("a race");
  });

  it("is none for what a person rejected, and the model is not asked", async () => {
    const { finder, asked } = await causes([entry({ state: "rejected" })]);
    expect(await finder.find(about({}))).toEqual({});
    expect(asked).toEqual([]);
  });
});

describe("the consumer with a model", () => {
  async function rig() {
    const rig = await Rig.create();
    const llm = new LlmServer();
    const baseUrl = await llm.listen();
    onTestFinished(() => llm.close());
    const start = (over = {}) =>
      rig.start({ llm: { apiKey: "test-key", baseUrl, timeoutMs: 20_000, attempts: 1, ...over } });
    return { rig, llm, start };
  }

  it("alerts with what the model proposes, notes it with the new error, and counts what it cost", async () => {
    const {
      rig: { kinesis, slack, objects },
      start,
    } = await rig();
    const consumer = await start();
    kinesis.put(error("pool of 10 is exhausted"));
    await until("Slack has it", () => slack.posts.length === 1);
    expect(slack.posts[0]).toContain("proposed, not confirmed by a person");
    expect(slack.posts[0]).toContain(USABLE.cause);
    const keys = [];
    for await (const { key } of objects.list(NEW_ERRORS)) keys.push(key);
    const body = Buffer.from((await objects.get(keys[0] ?? "")) ?? []).toString();
    const { found } = newErrorSchema.parse(JSON.parse(body));
    expect(found).toEqual({ tier: "llm", proposal: { cause: USABLE.cause, action: USABLE.action } });
    const metrics = await (await fetch(`http://127.0.0.1:${consumer.port}/metrics`)).text();
    expect(metrics).toContain('cali_consumer_llm_calls_total{result="answered"} 1');
    expect(metrics).toContain('cali_consumer_llm_tokens_total{direction="input"} 400');
    expect(metrics).toContain("cali_consumer_llm_cost_usd_total 0.00024");
  });

  it("alerts without a cause when the hour's budget is spent, and says so", async () => {
    const {
      rig: { kinesis, slack },
      llm,
      start,
    } = await rig();
    const consumer = await start({ maxCallsPerHour: 0 });
    kinesis.put(error("pool of 10 is exhausted"));
    await until("Slack has it", () => slack.posts.length === 1);
    expect(slack.posts[0]).toContain("*Cause*\\nunknown");
    expect(llm.requests).toEqual([]);
    expect(consumer.troubles()).toEqual([
      "llm: no causes are proposed: the hour's budget of 0 calls is spent",
    ]);
    expect((await fetch(`http://127.0.0.1:${consumer.port}/readyz`)).status).toBe(200);
  });

  it("alerts without a cause when the knowledge base is damaged", async () => {
    const {
      rig: { kinesis, slack, objects, said },
      start,
    } = await rig();
    await objects.put(`knowledge/${idOf({ pattern: "it broke" })}.json`, Buffer.from("no JSON"));
    await start();
    kinesis.put(error("it broke"));
    await until("Slack has it", () => slack.posts.length === 1);
    expect(slack.posts[0]).toContain("*Cause*\\nunknown");
    expect(said.map(({ msg }) => msg)).toContain("looking for the cause failed");
  });

  it("alerts without a cause in whatever mood the model is", async () => {
    const {
      rig: { kinesis, slack, said },
      llm,
      start,
    } = await rig();
    await start();
    let posts = 0;
    // Five that pass open the breaker, which has its own test, as silence has.
    const passing = MOODS.filter(({ isPassing, isSilent }) => isPassing && !isSilent).slice(0, 4);
    const moods = [...passing, ...MOODS.filter(({ isPassing }) => !isPassing)];
    for (const [place, { name, mood, says }] of moods.entries()) {
      llm.mood = mood(llm);
      said.length = 0;
      kinesis.put(error(`${"x".repeat(place + 1)} broke ${["alpha", "beta", "gamma"][place % 3]} ${name}`));
      await until(`Slack has it while the model is ${name}`, () => slack.posts.length > posts);
      expect(slack.posts[posts]).toContain("*Cause*\\nunknown");
      expect(JSON.stringify(said)).toMatch(says);
      posts = slack.posts.length;
    }
  });
});
