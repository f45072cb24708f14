import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { EmbedderError, LlmError, VectorStoreError } from "../src/cause/errors.ts";
import { type CatalogEntry, idOf } from "../src/cause/knowledge/catalog.ts";
import { KnowledgeCauses } from "../src/cause/knowledge/causes.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SimilarKnowledge } from "../src/cause/knowledge/similar.ts";
import type { Proposal } from "../src/cause/llm/answer.ts";
import { NEW_ERRORS, newErrorSchema } from "../src/cause/new-errors.ts";
import type { VectorStore } from "../src/cause/vectors/types.ts";
import { systemClock } from "../src/core/clock.ts";
import type { Alert } from "../src/core/types.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";
import { MemoryVectorStore, WordEmbedder } from "./support/memory-vectors.ts";
import { until } from "./support/process.ts";
import { alert } from "./support/state-contract.ts";

function entry(pattern: string, over: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    id: idOf({ pattern, errorCode: over.errorCode }),
    pattern,
    cause: `the cause of: ${pattern}`,
    action: "mend it",
    origin: "person",
    state: "confirmed",
    createdAt: "2026-01-25T00:00:00.000Z",
    ...over,
  };
}

const POOL = "no free connection in the pool of the database";
const about = (template: string, over: Partial<Alert> = {}): Alert => ({
  ...alert("f-1"),
  template,
  level: "ERROR",
  samples: [template],
  ...over,
});

interface Given {
  readonly threshold?: number | undefined;
  readonly timeoutMs?: number;
  readonly advise?: () => Promise<Proposal | undefined>;
  readonly openStore?: () => Promise<VectorStore>;
}

async function rig(entries: CatalogEntry[], given: Given = {}) {
  const objects = new MemoryObjectStore();
  const catalog = new ObjectCatalog(objects);
  await catalog.put(entries);
  const vectors = new MemoryVectorStore();
  const embedder = new WordEmbedder();
  const troubles: (string | undefined)[] = [];
  const said: string[] = [];
  const log = pino({}, { write: (line: string) => void said.push(line) });
  const similar = new SimilarKnowledge({
    catalog,
    embedder,
    openStore: given.openStore ?? (async () => vectors),
    threshold: "threshold" in given ? given.threshold : 0.8,
    timeoutMs: given.timeoutMs ?? 5_000,
    refreshMs: 20,
    clock: systemClock,
    log,
    onTrouble: (text) => void troubles.push(text),
  });
  const tiers: string[] = [];
  const causes = new KnowledgeCauses({
    catalog,
    objects,
    signatures: { find: () => [] },
    similar,
    ...(given.advise && { advisor: { propose: given.advise } }),
    clock: systemClock,
    log,
    onAnswer: (tier) => void tiers.push(tier),
  });
  return { catalog, vectors, embedder, troubles, said, similar, causes, tiers, objects };
}

async function ready(entries: CatalogEntry[], given?: Given) {
  const all = await rig(entries, given);
  await all.similar.refresh();
  return all;
}

describe("an error in other words", () => {
  it("has the cause of the known one, with how similar it is and since when that is known", async () => {
    const { causes, tiers } = await ready([entry(POOL), entry("the disk is full")]);
    const { cause } = await causes.find(about("no free connection in the pool of database"));
    expect(cause).toMatchObject({
      cause: `the cause of: ${POOL}`,
      tier: "vector",
      origin: "confirmed",
      since: Date.UTC(2026, 0, 25),
    });
    expect(cause?.similarity).toBeGreaterThan(0.8);
    expect(tiers).toEqual(["vector"]);
  });

  it.each([
    ["another error code", entry(POOL, { errorCode: "DB_1" }), { errorCode: "DB_2" }],
    ["another level", entry(POOL, { level: "WARN" }), { level: "FATAL" as const }],
    ["a rejected one", entry(POOL, { state: "rejected" }), {}],
  ])("is unknown with %s, and no model is kept from it", async (_, known, over) => {
    const { causes, tiers } = await ready([known]);
    const answer = await causes.find(about(`${POOL} now`, over));
    expect(answer.cause).toBeUndefined();
    expect(tiers).toEqual(["none"]);
  });

  it("is unknown below the threshold, with the nearest three and nothing that has no cause", async () => {
    const learned = entry("connection pool of nothing", { origin: "learned", state: "proposed" });
    delete (learned as { cause?: string }).cause;
    const { causes } = await ready([
      entry("connection pool is full"),
      entry("connection pool is small"),
      entry("connection pool is gone"),
      entry("connection pool is old"),
      learned,
    ]);
    const { cause, nearest } = await causes.find(about("connection pool is closed"));
    expect(cause).toBeUndefined();
    expect(nearest).toHaveLength(3);
    expect(nearest?.map(({ cause }) => cause)).not.toContain(undefined);
    const similarities = nearest?.map(({ similarity }) => similarity) ?? [];
    expect(similarities).toEqual([...similarities].sort((a, b) => b - a));
  });

  it("is shown no error that is like it by chance", async () => {
    const { causes } = await ready([entry("connection lost"), entry("the pool is too small")]);
    expect(await causes.find(about("connection pool is closed"))).toEqual({});
  });

  it("is noted with the new error: what is near, and what could not be asked", async () => {
    const { causes, objects, vectors } = await ready([entry("connection pool is gone")]);
    const error = about("connection pool is closed", { fingerprint: "0123456789abcdef", isNew: true });
    const key = `${NEW_ERRORS}dt=${new Date(error.firstSeen).toISOString().slice(0, 10)}/0123456789abcdef.json`;
    const kept = {
      fingerprint: "0123456789abcdef",
      service: "a",
      level: "ERROR",
      template: error.template,
      samples: [],
      count: 1,
      firstSeen: new Date(error.firstSeen).toISOString(),
    };
    const noted = async () => {
      await objects.put(key, Buffer.from(JSON.stringify(kept)));
      await causes.find(error);
      return newErrorSchema.parse(JSON.parse(Buffer.from((await objects.get(key)) ?? []).toString())).found;
    };
    expect(await noted()).toMatchObject({ tier: "none", nearest: [{ pattern: "connection pool is gone" }] });
    vectors.failure = new VectorStoreError("milvus:19530 cannot be reached");
    expect(await noted()).toEqual({ tier: "none", unavailable: "similar errors could not be looked for" });
  });

  it("is never an answer without a threshold", async () => {
    const { causes } = await ready([entry(POOL)], { threshold: undefined });
    const { cause, nearest } = await causes.find(about(`${POOL} now`));
    expect(cause).toBeUndefined();
    expect(nearest).toHaveLength(1);
  });

  it("asks neither vectors nor model when the very template is known", async () => {
    const { causes, embedder, tiers } = await ready([entry(POOL)]);
    const before = embedder.texts.length;
    expect((await causes.find(about(POOL))).cause?.tier).toBe("hash");
    expect(embedder.texts).toHaveLength(before);
    expect(tiers).toEqual(["hash"]);
  });

  it("is embedded once, however often it is notified", async () => {
    const { causes, embedder } = await ready([entry(POOL)]);
    const before = embedder.texts.length;
    for (let time = 0; time < 3; time++) await causes.find(about("something unknown"));
    expect(embedder.texts).toHaveLength(before + 1);
  });

  it("is what the model says when nothing is similar; the next like it finds that", async () => {
    const advise = async () => ({ cause: "a race", action: "lock it" });
    const { causes, similar, tiers } = await ready([], { advise });
    expect((await causes.find(about(POOL))).cause?.tier).toBe("llm");
    await similar.refresh();
    expect((await causes.find(about(`${POOL} again`))).cause).toMatchObject({
      tier: "vector",
      origin: "proposed",
      cause: "a race",
    });
    expect(tiers).toEqual(["llm", "vector"]);
  });
});

describe("what cannot be asked", () => {
  it("is reported, and the next tier is asked", async () => {
    const advise = async () => ({ cause: "a race", action: "lock it" });
    const { causes, vectors } = await ready([entry(POOL)], { advise });
    vectors.failure = new VectorStoreError("milvus:19530 cannot be reached");
    expect((await causes.find(about(`${POOL} now`))).cause?.tier).toBe("llm");
  });

  it("is reported when nothing else answers, whichever it is", async () => {
    const advise = async () => {
      throw new LlmError("busy", "try later");
    };
    const { causes, vectors, embedder, said } = await ready([entry(POOL)], { advise });
    vectors.failure = new VectorStoreError("milvus:19530 cannot be reached");
    expect(await causes.find(about(`${POOL} now`))).toEqual({
      unavailable: "similar errors could not be looked for; the language model could not be asked",
    });
    vectors.failure = undefined;
    embedder.failure = new EmbedderError("the model is gone");
    expect((await causes.find(about(`${POOL} later`))).unavailable).toContain("similar errors");
    expect(said.join("")).toContain("milvus:19530 cannot be reached");
  });

  it("takes no longer than it may", async () => {
    const { causes, vectors } = await ready([entry(POOL)], { timeoutMs: 50 });
    let open = () => {};
    vectors.gate = new Promise((resolve) => {
      open = resolve;
    });
    expect((await causes.find(about(`${POOL} now`))).unavailable).toBe(
      "similar errors could not be looked for",
    );
    open();
  });
});

describe("the vectors", () => {
  function running(all: Awaited<ReturnType<typeof rig>>) {
    const stop = new AbortController();
    const run = all.similar.run(stop.signal);
    onTestFinished(async () => {
      stop.abort();
      await run;
      await all.similar.close();
      expect(all.vectors.isClosed).toBe(true);
    });
  }

  it("follow the knowledge base: what comes is added once, what goes is removed", async () => {
    const all = await rig([entry(POOL)]);
    all.vectors.vectors.set("0123456789abcdef", new Float32Array(64));
    running(all);
    await until("the first is there", () => all.vectors.vectors.size === 1 && all.vectors.puts === 1);
    await all.catalog.put([entry("the disk is full")]);
    await until("the second is there", () => all.vectors.vectors.size === 2);
    expect(all.vectors.puts).toBe(2);
    await all.objects.delete(`knowledge/${idOf({ pattern: POOL })}.json`);
    await until("the first is gone", () => all.vectors.vectors.size === 1);
  });

  it("are there all the same when an entry is damaged", async () => {
    const all = await rig([entry(POOL)]);
    await all.objects.put("knowledge/0123456789abcdef.json", Buffer.from("no JSON"));
    running(all);
    await until("the other is there", () => all.vectors.vectors.size === 1);
    expect(all.said.join("")).toContain("0123456789abcdef");
  });

  it("come when the store can be reached again, and the trouble is over", async () => {
    const store = new MemoryVectorStore();
    let isThere = false;
    const all = await rig([entry(POOL)], {
      openStore: async () => {
        if (!isThere) throw new VectorStoreError("milvus:19530 cannot be reached");
        return store;
      },
    });
    const stop = new AbortController();
    const run = all.similar.run(stop.signal);
    await until("the trouble is reported", () =>
      all.troubles.some((text) => text?.includes("cannot be reached")),
    );
    expect((await all.causes.find(about(`${POOL} now`))).unavailable).toContain("similar errors");
    isThere = true;
    await until("the trouble is over", () => all.troubles.at(-1) === undefined);
    expect((await all.causes.find(about(`${POOL} now`))).cause?.tier).toBe("vector");
    stop.abort();
    await run;
    await all.similar.close();
  });

  it("are looked for only after the first look at the knowledge base", async () => {
    const all = await rig([entry(POOL)]);
    let open = () => {};
    all.vectors.gate = new Promise((resolve) => {
      open = resolve;
    });
    running(all);
    const answer = all.causes.find(about(`${POOL} now`));
    open();
    expect((await answer).cause?.tier).toBe("vector");
  });
});
