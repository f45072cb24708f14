import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { getLoadablePath } from "sqlite-vec";
import { SqliteVectorStore } from "../services/consumer/src/cause/vectors/sqlite-store.ts";
import type { VectorStore } from "../services/consumer/src/cause/vectors/types.ts";
import { seeded } from "../services/consumer/test/support/random.ts";
import { direction } from "../services/consumer/test/support/vectors.ts";
import { atLeastTimes, atMost, type Benchmark, growsLinearly } from "./frame.ts";

const DIMENSIONS = 512;
const LIMIT = 4;
const BATCH = 1_000;

interface Entry {
  readonly id: string;
  readonly vector: Float32Array;
}

interface Candidate {
  put(entries: readonly Entry[]): Promise<void>;
  search(vector: Float32Array): Promise<readonly string[]>;
  close(): Promise<void>;
}

const ofStore = (store: VectorStore): Candidate => ({
  put: (entries) => store.put(entries),
  search: async (vector) => (await store.search(vector, LIMIT)).map(({ id }) => id),
  close: () => store.close(),
});

/** sqlite-vec alone: bare SQL with its defaults. */
function bare(file: string): Candidate {
  const db = new DatabaseSync(file, { allowExtension: true });
  db.loadExtension(getLoadablePath());
  db.exec(`PRAGMA journal_mode = WAL;
    CREATE VIRTUAL TABLE bare USING vec0(id TEXT PRIMARY KEY, vector FLOAT[${DIMENSIONS}] DISTANCE_METRIC=cosine)`);
  const insert = db.prepare("INSERT INTO bare VALUES (?, ?)");
  const nearest = db.prepare("SELECT id, distance FROM bare WHERE vector MATCH ? AND k = ?");
  return {
    async put(entries) {
      db.exec("BEGIN");
      for (const { id, vector } of entries) insert.run(id, new Uint8Array(vector.buffer));
      db.exec("COMMIT");
    },
    search: async (vector) => nearest.all(new Uint8Array(vector.buffer), LIMIT).map(({ id }) => String(id)),
    close: async () => db.close(),
  };
}

const MILVUS = "Milvus";

async function candidatesIn(folder: string, making: { name: string; dimensions: number }) {
  const all: Record<string, Candidate> = {
    CALI: ofStore(await SqliteVectorStore.open({ file: join(folder, "store.sqlite"), making })),
    "sqlite-vec alone, file": bare(join(folder, "bare.sqlite")),
    "sqlite-vec alone, memory": bare(":memory:"),
  };
  const address = process.env.MILVUS;
  if (address !== undefined) {
    const { MilvusVectorStore } = await import("../services/consumer/src/cause/vectors/milvus-store.ts");
    all[MILVUS] = ofStore(await MilvusVectorStore.open({ address, timeoutMs: 60_000, making }));
  }
  return all;
}

/**
 * How long the nearest four take in the store of vectors, beside sqlite-vec alone with the same vectors, and beside Milvus where MILVUS
 * is its host:port (a collection of each size is made in it, and stays). All have to find the same.
 */
export const benchmark: Benchmark = {
  name: "vectors",
  unit: "ms a search",
  better: "less",
  size: "vectors",
  sizes: [1_000, 10_000, 100_000],
  rounds: (size) => (size > 10_000 ? 31 : 101),
  growth: "figure",
  targets: [
    atMost(5, 10_000, "less than 5 ms among 10,000"),
    atMost(50, 100_000, "less than 50 ms among 100,000"),
    atLeastTimes(1, "sqlite-vec alone, file"),
    growsLinearly("CALI"),
  ],
  async open(size) {
    const folder = mkdtempSync(join(tmpdir(), "cali-bench-vectors-"));
    const random = seeded(size);
    const making = { name: `bench ${size} ${Date.now()}`, dimensions: DIMENSIONS };
    const candidates = await candidatesIn(folder, making);
    for (let at = 0; at < size; at += BATCH) {
      const entries = Array.from({ length: BATCH }, (_, i) => ({
        id: `entry-${at + i}`,
        vector: direction(random, DIMENSIONS),
      }));
      for (const { put } of Object.values(candidates)) await put(entries);
    }
    let query = direction(random, DIMENSIONS);
    let expected = "";
    const timed = ([name, { search }]: [string, Candidate]) => {
      const measure = async () => {
        if (name === "CALI") query = direction(random, DIMENSIONS);
        const began = performance.now();
        const found = (await search(query)).join(" ");
        const ms = performance.now() - began;
        if (name === "CALI") expected = found;
        // Milvus' own choice of an index finds nearly the nearest among many.
        else if (found !== expected && name !== MILVUS)
          throw new Error(`${name} found ${found}, the store ${expected}`);
        return ms;
      };
      return [name, measure] as const;
    };
    return {
      contenders: Object.fromEntries(Object.entries(candidates).map(timed)),
      close: async () => {
        for (const { close } of Object.values(candidates)) await close();
        rmSync(folder, { recursive: true });
      },
    };
  },
};
