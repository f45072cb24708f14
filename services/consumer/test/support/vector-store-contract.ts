import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { VectorStoreError } from "../../src/cause/errors.ts";
import type { VectorStore } from "../../src/cause/vectors/types.ts";
import { seeded } from "./random.ts";
import { axis, cosine, direction, unit } from "./vectors.ts";

/** Rejects with a VectorStoreError, and says what it says. */
export async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(VectorStoreError);
  return (error as Error).message;
}

/** What every vector store promises. `open` gives one of MAKING without vectors. */
export function vectorStoreContract(
  open: () => Promise<{ store: VectorStore; reopen(): Promise<VectorStore> }>,
  { runs }: { runs: number },
): void {
  const opened = async () => {
    const { store, reopen } = await open();
    onTestFinished(() => store.close());
    return {
      store,
      async reopen() {
        const again = await reopen();
        onTestFinished(() => again.close());
        return again;
      },
    };
  };

  it("has nothing at first", async () => {
    const { store } = await opened();
    expect(await store.ids()).toEqual(new Set());
    expect(await store.search(axis(0), 4)).toEqual([]);
    await store.put([]);
    await store.delete([]);
    await store.delete(["never-there"]);
  });

  it("finds the nearest first, by the cosine", async () => {
    const { store } = await opened();
    const between = unit([1, 1, 0, 0, 0, 0, 0, 0]);
    const opposite = axis(0).map((part) => -part);
    await store.put([
      { id: "opposite", vector: opposite },
      { id: "across", vector: axis(1) },
      { id: "same", vector: axis(0) },
      { id: "between", vector: between },
    ]);
    const hits = await store.search(axis(0), 10);
    expect(hits.map(({ id }) => id)).toEqual(["same", "between", "across", "opposite"]);
    for (const [i, similarity] of [1, Math.SQRT1_2, 0, -1].entries()) {
      expect(hits[i]?.similarity).toBeCloseTo(similarity, 5);
    }
    expect((await store.search(axis(0), 2)).map(({ id }) => id)).toEqual(["same", "between"]);
  });

  it("replaces one of the same id, the later of two in one call too, and forgets what is deleted", async () => {
    const { store } = await opened();
    await store.put([
      { id: "a", vector: axis(0) },
      { id: "b", vector: axis(1) },
    ]);
    await store.put([
      { id: "a", vector: axis(2) },
      { id: "a", vector: axis(3) },
    ]);
    expect(await store.ids()).toEqual(new Set(["a", "b"]));
    expect((await store.search(axis(3), 1))[0]).toMatchObject({ id: "a", similarity: expect.closeTo(1, 5) });
    await store.delete(["a", "a", "c"]);
    expect(await store.ids()).toEqual(new Set(["b"]));
    expect((await store.search(axis(3), 5)).map(({ id }) => id)).toEqual(["b"]);
    await store.put([{ id: "a", vector: axis(4) }]);
    expect(await store.ids()).toEqual(new Set(["a", "b"]));
  });

  it("does as a list of all would, whatever is put and deleted", async () => {
    const { store, reopen } = await opened();
    const random = seeded(7);
    const id = fc.integer({ min: 0, max: 30 }).map((n) => `id-${n}`);
    const step = fc.oneof(
      fc.record({ put: fc.array(id, { maxLength: 6 }) }),
      fc.record({ delete: fc.array(id, { maxLength: 4 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        async (steps, limit) => {
          await store.delete([...(await store.ids())]);
          const all = new Map<string, Float32Array>();
          for (const one of steps) {
            if ("put" in one) {
              const entries = one.put.map((given) => ({ id: given, vector: direction(random) }));
              await store.put(entries);
              for (const entry of entries) all.set(entry.id, entry.vector);
            } else {
              await store.delete(one.delete);
              for (const given of one.delete) all.delete(given);
            }
          }
          expect(await store.ids()).toEqual(new Set(all.keys()));
          const query = direction(random);
          const nearest = [...all].map(([given, vector]) => ({
            id: given,
            similarity: cosine(query, vector),
          }));
          nearest.sort((a, b) => b.similarity - a.similarity);
          expect(await store.search(query, limit)).toEqual(
            nearest.slice(0, limit).map((hit) => ({ ...hit, similarity: expect.closeTo(hit.similarity, 5) })),
          );
        },
      ),
      { numRuns: runs },
    );
    expect(await (await reopen()).ids()).toEqual(await store.ids());
  });

  it("has them all after it was opened again", async () => {
    const { store, reopen } = await opened();
    await store.put([{ id: "a", vector: axis(0) }]);
    await store.close();
    const again = await reopen();
    expect(await again.ids()).toEqual(new Set(["a"]));
    expect((await again.search(axis(0), 1))[0]?.id).toBe("a");
  });

  it("refuses what it cannot compare, before anything of it is put", async () => {
    const { store } = await opened();
    const good = { id: "good", vector: axis(0) };
    const refused = async (work: Promise<unknown>, message: RegExp) =>
      expect(await failure(work)).toMatch(message);
    await refused(
      store.put([good, { id: "short", vector: Float32Array.of(1) }]),
      /vector of short: given 1 dimensions, allowed 8: the store is of test-embedder/,
    );
    await refused(
      store.put([good, { id: "zero", vector: new Float32Array(8) }]),
      /given a length of 0, allowed 1/,
    );
    await refused(
      store.put([good, { id: "nan", vector: axis(0).fill(Number.NaN) }]),
      /given a length of NaN/,
    );
    for (const id of ["", "a b", 'a" or id != "', "x".repeat(65)]) {
      await refused(store.put([good, { id, vector: axis(0) }]), /id of a vector: given ".*", allowed/);
      await refused(store.delete([id]), /id of a vector/);
    }
    await refused(store.search(Float32Array.of(1, 0), 4), /given 2 dimensions, allowed 8/);
    for (const limit of [0, -1, 1.5, 5_000])
      await refused(store.search(axis(0), limit), /limit of a search: given/);
    expect(await store.ids()).toEqual(new Set());
  });

  it("says that it is closed", async () => {
    const { store } = await opened();
    await store.close();
    await store.close();
    await failure(store.ids());
  });
}
