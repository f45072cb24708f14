import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { getLoadablePath } from "sqlite-vec";
import { SqliteVectorStore } from "../services/consumer/src/cause/vectors/sqlite-store.ts";
import type { VectorMaking, VectorStore } from "../services/consumer/src/cause/vectors/types.ts";
import { seeded } from "../services/consumer/test/support/random.ts";
import { direction } from "../services/consumer/test/support/vectors.ts";

/**
 * How long the nearest four take in the store of vectors, beside sqlite-vec alone (bare SQL with its defaults, in a file and in
 * memory) with the same vectors in the same run, and beside Milvus when there is one. They take turns, search by search.
 */
const { values } = parseArgs({
  options: {
    /** How many vectors there are, one run for each. */
    sizes: { type: "string", default: "10000,100000" },
    dimensions: { type: "string", default: "512" },
    searches: { type: "string", default: "300" },
    /** host:port of a Milvus: a collection of each size is made in it, and stays. */
    milvus: { type: "string" },
  },
});
const DIMENSIONS = Number(values.dimensions);
const LIMIT = 4;
/** The first few make plans and fill caches. */
const WARM_UP = 5;
const BATCH = 1_000;

interface Candidate {
  readonly name: string;
  put(entries: readonly { id: string; vector: Float32Array }[]): Promise<void>;
  search(vector: Float32Array): Promise<readonly string[]>;
  close(): Promise<void>;
}

const ofStore = (name: string, store: VectorStore): Candidate => ({
  name,
  put: (entries) => store.put(entries),
  search: async (vector) => (await store.search(vector, LIMIT)).map(({ id }) => id),
  close: () => store.close(),
});

function bare(name: string, file: string): Candidate {
  const db = new DatabaseSync(file, { allowExtension: true });
  db.loadExtension(getLoadablePath());
  db.exec(`PRAGMA journal_mode = WAL;
    CREATE VIRTUAL TABLE bare USING vec0(id TEXT PRIMARY KEY, vector FLOAT[${DIMENSIONS}] DISTANCE_METRIC=cosine)`);
  const insert = db.prepare("INSERT INTO bare VALUES (?, ?)");
  const nearest = db.prepare("SELECT id, distance FROM bare WHERE vector MATCH ? AND k = ?");
  return {
    name,
    async put(entries) {
      db.exec("BEGIN");
      for (const { id, vector } of entries) insert.run(id, new Uint8Array(vector.buffer));
      db.exec("COMMIT");
    },
    search: async (vector) => nearest.all(new Uint8Array(vector.buffer), LIMIT).map(({ id }) => String(id)),
    close: async () => db.close(),
  };
}

async function candidates(making: VectorMaking, file: string, folder: string): Promise<Candidate[]> {
  const all = [
    ofStore("the store", await SqliteVectorStore.open({ file, making })),
    bare("sqlite-vec alone, file", join(folder, "bare.sqlite")),
    bare("sqlite-vec alone, memory", ":memory:"),
  ];
  if (values.milvus !== undefined) {
    const { MilvusVectorStore } = await import("../services/consumer/src/cause/vectors/milvus-store.ts");
    const options = { address: values.milvus, timeoutMs: 60_000, making };
    all.push(ofStore("Milvus", await MilvusVectorStore.open(options)));
  }
  return all;
}

const percentile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

async function run(size: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "cali-bench-vectors-"));
  const random = seeded(size);
  const entries = Array.from({ length: size }, (_, i) => ({
    id: `entry-${i}`,
    vector: direction(random, DIMENSIONS),
  }));
  const making = { name: `bench ${size} ${Date.now()}`, dimensions: DIMENSIONS };
  const file = join(folder, "store.sqlite");
  const all = await candidates(making, file, folder);
  const times = new Map<string, { search: number[]; putSeconds: number }>();
  for (const { name, put } of all) {
    const from = performance.now();
    for (let at = 0; at < size; at += BATCH) await put(entries.slice(at, at + BATCH));
    times.set(name, { search: [], putSeconds: (performance.now() - from) / 1e3 });
  }
  let sameNearest = 0;
  for (let round = -WARM_UP; round < Number(values.searches); round++) {
    const query = direction(random, DIMENSIONS);
    const found = new Set<string>();
    for (const { name, search } of all) {
      const from = performance.now();
      const ids = await search(query);
      if (round >= 0) times.get(name)?.search.push(performance.now() - from);
      found.add(ids.join(" "));
    }
    if (round >= 0 && found.size === 1) sameNearest++;
  }
  console.log(
    `\n${size} vectors of ${DIMENSIONS} dimensions, the nearest ${LIMIT}, ${values.searches} searches`,
  );
  console.log(
    "| | p50, ms | p99, ms | times the store's p50 | put, vectors/s |\n| --- | --- | --- | --- | --- |",
  );
  const store = percentile(
    (times.get("the store")?.search ?? []).sort((a, b) => a - b),
    0.5,
  );
  for (const [name, { search, putSeconds }] of times) {
    const sorted = search.sort((a, b) => a - b);
    const p50 = percentile(sorted, 0.5);
    console.log(
      `| ${name} | ${p50.toFixed(1)} | ${percentile(sorted, 0.99).toFixed(1)} | ${(p50 / store).toFixed(2)} | ` +
        `${Math.round(size / putSeconds).toLocaleString("en")} |`,
    );
  }
  for (const { close } of all) await close();
  await tellOpening(size, making, file);
  console.log(`The same four from all of them: ${sameNearest} of ${values.searches}.`);
  rmSync(folder, { recursive: true });
}

/** A start reads the whole file once, to find out whether it is damaged. */
async function tellOpening(size: number, making: VectorMaking, file: string): Promise<void> {
  const from = performance.now();
  const store = await SqliteVectorStore.open({ file, making });
  const opened = performance.now();
  const count = (await store.ids()).size;
  const listed = performance.now();
  await store.close();
  if (count !== size) throw new Error(`given ${size} vectors, found ${count}`);
  console.log(
    `Opening the file of ${(statSync(file).size / 1e6).toFixed(0)} MB: ${(opened - from).toFixed(0)} ms; ` +
      `listing its ids: ${(listed - opened).toFixed(0)} ms.`,
  );
}

for (const size of values.sizes.split(",")) await run(Number(size));
