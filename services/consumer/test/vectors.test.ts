import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { SqliteVectorStore } from "../src/cause/vectors/sqlite-store.ts";
import type { VectorMaking } from "../src/cause/vectors/types.ts";
import { temporaryFolder } from "./support/process.ts";
import { seeded } from "./support/random.ts";
import { failure, vectorStoreContract } from "./support/vector-store-contract.ts";
import { axis, cosine, direction, MAKING } from "./support/vectors.ts";

async function vectorFile(): Promise<string> {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  return join(folder, "deep", "vectors.sqlite");
}

/** Opens it, keeps what it reported, and closes it when the test ends. */
async function open(file: string, making: VectorMaking = MAKING) {
  const reported: string[] = [];
  const store = await SqliteVectorStore.open({ file, making, onRebuilt: (reason) => reported.push(reason) });
  onTestFinished(() => store.close());
  return { store, reported };
}

describe("SqliteVectorStore", () => {
  vectorStoreContract(
    async () => {
      const file = await vectorFile();
      const { store } = await open(file);
      return { store, reopen: async () => (await open(file)).store };
    },
    { runs: 40 },
  );

  it("finds exactly the nearest among thousands, in memory too", async () => {
    const making = { name: "wide", dimensions: 64 };
    const { store } = await open(":memory:", making);
    const random = seeded(1);
    const entries = Array.from({ length: 3_000 }, (_, i) => ({ id: `e${i}`, vector: direction(random, 64) }));
    await store.put(entries);
    await store.delete(entries.slice(0, 1_500).map(({ id }) => id));
    for (let i = 0; i < 10; i++) {
      const query = direction(random, 64);
      const nearest = entries
        .slice(1_500)
        .map(({ id, vector }) => ({ id, similarity: cosine(query, vector) }))
        .sort((a, b) => b.similarity - a.similarity)
        .slice(0, 4);
      expect((await store.search(query, 4)).map(({ id }) => id)).toEqual(nearest.map(({ id }) => id));
    }
  });

  it("does not grow when the same ids are put again and again", async () => {
    const file = await vectorFile();
    const { store } = await open(file);
    const random = seeded(2);
    for (let round = 0; round < 30; round++) {
      await store.put(Array.from({ length: 100 }, (_, i) => ({ id: `e${i}`, vector: direction(random) })));
    }
    const db = new DatabaseSync(file);
    expect(db.prepare("SELECT count(*) AS chunks FROM vectors_chunks").get()).toEqual({ chunks: 1 });
    db.close();
  });

  it("is emptied for vectors of another making, and says so", async () => {
    const file = await vectorFile();
    const { store } = await open(file);
    await store.put([{ id: "a", vector: axis(0) }]);
    await store.close();
    for (const making of [
      { name: "other", dimensions: 8 },
      { name: "other", dimensions: 16 },
    ]) {
      const { store: other, reported } = await open(file, making);
      expect(reported).toEqual([
        expect.stringMatching(/vectors\.sqlite: given vectors of .*, allowed .* emptied/),
      ]);
      expect(await other.ids()).toEqual(new Set());
      await other.put([{ id: "b", vector: direction(seeded(1), making.dimensions) }]);
      await other.close();
      expect((await open(file, making)).reported).toEqual([]);
    }
  });

  it("does not mix vectors of two makings when two processes have the file open", async () => {
    const file = await vectorFile();
    const { store } = await open(file);
    await store.put([{ id: "a", vector: axis(0) }]);
    const { store: other } = await open(file, { name: "other", dimensions: 8 });
    for (const work of [store.put([{ id: "b", vector: axis(1) }]), store.search(axis(0), 1), store.ids()]) {
      expect(await failure(work)).toMatch(/given vectors of .*other.* which another process has begun/);
    }
    expect(await other.ids()).toEqual(new Set());
  });

  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ["no database", () => Buffer.from("this is no database at all. ".repeat(100))],
    ["a spoilt head", (bytes) => bytes.fill(0x5a, 20, 2_000)],
    ["spoilt pages", (bytes) => bytes.fill(0xff, 65_536, bytes.length)],
    ["half of it", (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2 / 65_536) * 65_536)],
  ];
  it.each(damages)("sets a damaged file aside and begins anew: %s", async (_, damage) => {
    const file = await vectorFile();
    const { store } = await open(file);
    await store.put([{ id: "a", vector: axis(0) }]);
    await store.close();
    const spoilt = damage(await readFile(file));
    await writeFile(file, spoilt);
    const { store: anew, reported } = await open(file);
    expect(reported).toEqual([expect.stringMatching(/vectors\.sqlite: it is damaged .*, and begun anew/)]);
    expect(await anew.ids()).toEqual(new Set());
    await anew.put([{ id: "b", vector: axis(1) }]);
    const [aside] = (await readdir(dirname(file))).filter((name) => /\.damaged-[0-9TZ-]+$/.test(name));
    expect((await readFile(join(dirname(file), aside ?? ""))).equals(spoilt)).toBe(true);
    await anew.close();
    expect((await open(file)).reported).toEqual([]);
  });

  it.each([
    ["it does not say of what it is", "DELETE FROM meta"],
    ["its note is not ours", "UPDATE meta SET value = 'x'"],
    ["chunks are gone", "DELETE FROM vectors_vector_chunks00"],
  ])("begins anew when %s", async (_, sql) => {
    const file = await vectorFile();
    const { store } = await open(file);
    await store.put([{ id: "a", vector: axis(0) }]);
    await store.close();
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
    const { store: anew, reported } = await open(file);
    expect(reported).toEqual([expect.stringMatching(/it is damaged/)]);
    expect(await anew.ids()).toEqual(new Set());
  });

  it("says that it is damaged when that shows only later", async () => {
    const file = await vectorFile();
    const { store } = await open(file);
    await store.put([{ id: "a", vector: axis(0) }]);
    const db = new DatabaseSync(file);
    db.exec("UPDATE vectors_vector_chunks00 SET vectors = x''");
    db.close();
    expect(await failure(store.search(axis(0), 1))).toMatch(/vectors\.sqlite: /);
  });

  it("never touches another program's database", async () => {
    const file = join(dirname(await vectorFile()), "..", "state.sqlite");
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE shards (a); INSERT INTO shards VALUES (1)");
    db.close();
    const before = await readFile(file);
    expect(await failure(SqliteVectorStore.open({ file, making: MAKING }))).toMatch(
      /state\.sqlite: given another program's database, allowed a file of vectors or none/,
    );
    const after = new DatabaseSync(file);
    expect(after.prepare("SELECT count(*) AS rows FROM shards").get()).toEqual({ rows: 1 });
    after.close();
    expect(before.length).toBeGreaterThan(0);
  });

  it("says what to do where sqlite-vec does not run", async () => {
    const extension = join(dirname(await vectorFile()), "vec0.so");
    expect(await failure(SqliteVectorStore.open({ file: ":memory:", making: MAKING, extension }))).toMatch(
      /sqlite-vec cannot be loaded on .*glibc \(not musl.*Milvus/s,
    );
  });

  it("says when it cannot be written, or takes no such dimensions", async () => {
    const file = await vectorFile();
    expect(await failure(SqliteVectorStore.open({ file: join("/dev/null", file), making: MAKING }))).toMatch(
      /cannot be read or written/,
    );
    for (const dimensions of [0, 1, 2.5, 9_000]) {
      const open = SqliteVectorStore.open({ file, making: { name: "odd", dimensions } });
      expect(await failure(open)).toMatch(
        /dimensions of odd: given .*, allowed a whole number from 2 to 8192/,
      );
    }
  });

  it("waits for another process that opens it, but not for ever, and says what is wrong with its lock", async () => {
    const file = await vectorFile();
    await (await open(file)).store.close();
    const other = new DatabaseSync(`${file}.lock`);
    other.exec("BEGIN EXCLUSIVE");
    expect(await failure(SqliteVectorStore.open({ file, making: MAKING, busyTimeoutMs: 50 }))).toMatch(
      /another process writes to it for too long/,
    );
    other.close();
    await writeFile(`${file}.lock`, "something that is no database at all".repeat(100));
    expect(await failure(SqliteVectorStore.open({ file, making: MAKING }))).toMatch(
      /vectors\.sqlite\.lock: given something else, allowed the lock of the vectors: remove the file/,
    );
  });

  it("waits for another process that writes, but not for ever", async () => {
    const file = await vectorFile();
    await (await open(file)).store.close();
    const store = await SqliteVectorStore.open({ file, making: MAKING, busyTimeoutMs: 50 });
    onTestFinished(() => store.close());
    const writer = new DatabaseSync(file);
    onTestFinished(() => writer.close());
    writer.exec("BEGIN IMMEDIATE");
    expect(await failure(store.put([{ id: "a", vector: axis(0) }]))).toMatch(
      /another process writes to it for too long/,
    );
    expect(await store.search(axis(0), 1)).toEqual([]);
    writer.exec("ROLLBACK");
    await store.put([{ id: "a", vector: axis(0) }]);
    expect(await store.ids()).toEqual(new Set(["a"]));
  });
});
