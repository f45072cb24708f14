import fc from "fast-check";
import { expect, it } from "vitest";
import { ObjectKeyError, ObjectStoreError } from "../../src/state/objects/errors.ts";
import type { ObjectInfo, ObjectStore } from "../../src/state/objects/types.ts";

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export const bytes = (text: string) => new Uint8Array(Buffer.from(text));
export const text = (body: Uint8Array | undefined) => body && Buffer.from(body).toString();

/** What every object store promises. `open` gives one without objects. */
export function objectStoreContract(open: () => Promise<ObjectStore>, { runs }: { runs: number }): void {
  const keysOf = async (store: ObjectStore, prefix: string) =>
    (await all(store.list(prefix))).map(({ key }) => key);

  it("gives back what was put, replaces it, and forgets it", async () => {
    const store = await open();
    expect(await store.get("dlq/a.json")).toBeUndefined();
    await store.put("dlq/a.json", bytes("one"));
    expect(text(await store.get("dlq/a.json"))).toBe("one");
    await store.put("dlq/a.json", bytes("two"), { contentType: "text/plain" });
    expect(text(await store.get("dlq/a.json"))).toBe("two");
    await store.delete("dlq/a.json");
    expect(await store.get("dlq/a.json")).toBeUndefined();
    expect(await keysOf(store, "dlq/")).toEqual([]);
    await store.delete("dlq/a.json");
    await store.delete("never/there");
  });

  it("keeps any bytes, none at all too, and reads them bit by bit", async () => {
    const store = await open();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (body) => {
        await store.put("raw/object", body);
        expect(Buffer.from((await store.get("raw/object")) ?? [1]).equals(body)).toBe(true);
        expect(Buffer.concat(await all(store.read("raw/object"))).equals(body)).toBe(true);
      }),
      { numRuns: runs },
    );
  });

  it("keeps large objects", async () => {
    const store = await open();
    const body = Buffer.alloc(3 * 1024 * 1024, "0123456789abcdef-");
    await store.put("raw/large", body);
    const parts = await all(store.read("raw/large"));
    expect(parts.length).toBeGreaterThan(1);
    expect(Buffer.concat(parts).equals(body)).toBe(true);
  });

  it("lists in the order of keys, over any number of pages, with sizes", async () => {
    const store = await open();
    const keys = [
      "b/2",
      "b/10",
      "b/1",
      "b/c/d/e",
      "b-other/x",
      "ba",
      "a",
      "b/é",
      "b/z",
      "b/ﬀ",
      "b/🙂",
      "c/b/1",
    ];
    for (const key of keys) await store.put(key, bytes(key));
    expect(await keysOf(store, "b/")).toEqual(["b/1", "b/10", "b/2", "b/c/d/e", "b/z", "b/é", "b/ﬀ", "b/🙂"]);
    expect(await keysOf(store, "b/1")).toEqual(["b/1", "b/10"]);
    expect(await keysOf(store, "b")).toHaveLength(10);
    expect(await keysOf(store, "")).toHaveLength(keys.length);
    expect(await keysOf(store, "nothing/here/")).toEqual([]);
    const [first] = (await all(store.list("c/"))) as [ObjectInfo];
    expect(first).toEqual({ key: "c/b/1", size: 5, modified: expect.any(Date) });
  });

  it("agrees with a map about any keys", async () => {
    const store = await open();
    const model = new Map<string, string>();
    const name = fc.stringMatching(/^[a-c =&+%#?'é]{1,4}$/);
    const key = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `${names.join("/")}/object`);
    await fc.assert(
      fc.asyncProperty(key, fc.string(), fc.boolean(), async (one, body, isDelete) => {
        if (isDelete) {
          await store.delete(one);
          model.delete(one);
        } else {
          await store.put(one, bytes(body));
          model.set(one, body.toWellFormed());
        }
        expect(text(await store.get(one))).toBe(model.get(one));
        const top = `${one.split("/")[0]}/`;
        const expected = [...model.keys()].filter((known) => known.startsWith(top));
        expect(new Set(await keysOf(store, top))).toEqual(new Set(expected));
      }),
      { numRuns: runs },
    );
  });

  it("takes puts at the same time: one of them wins, whole", async () => {
    const store = await open();
    const bodies = Array.from({ length: 12 }, (_, i) => String(i).repeat(50_000));
    await Promise.all(bodies.map((body) => store.put("new/folder/object", bytes(body))));
    expect(bodies).toContain(text(await store.get("new/folder/object")));
    expect(await keysOf(store, "")).toEqual(["new/folder/object"]);
  });

  it.each([
    ["empty", ""],
    ["a slash alone", "/"],
    ["absolute", "/absolute"],
    ["with an empty name", "a//b"],
    ["of a folder", "a/"],
    ["above", "../outside"],
    ["above, in the middle", "a/../../outside"],
    ["with a dot", "a/./b"],
    ["with a backslash", "a\\b"],
    ["with a NUL", "a\u0000b"],
    ["with a line end", "a\nb"],
    ["with half a character", "\ud800"],
    ["with a name of 256 letters", "n".repeat(256)],
    ["with a name of 256 bytes", `${"é".repeat(128)}/a`],
    ["of 1,027 bytes", "n/".repeat(513).concat("n")],
  ])("refuses a key that leads elsewhere or that no store can hold: %s", async (_, key) => {
    const store = await open();
    await expect(store.put(key, bytes("x"))).rejects.toThrow(ObjectKeyError);
    await expect(store.get(key)).rejects.toThrow(ObjectKeyError);
    await expect(store.delete(key)).rejects.toThrow(ObjectKeyError);
    await expect(all(store.read(key))).rejects.toThrow(ObjectKeyError);
    expect(await keysOf(store, "")).toEqual([]);
  });

  it("takes the longest key", async () => {
    const store = await open();
    const key = `${`${"n".repeat(255)}/`.repeat(3)}${"n".repeat(255)}`;
    await store.put(key, bytes("x"));
    expect(await keysOf(store, "n")).toEqual([key]);
  });

  it("says which object is missing when it is read", async () => {
    const store = await open();
    const error: unknown = await all(store.read("raw/none")).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ObjectStoreError);
    expect(error).toMatchObject({ kind: "missing", message: expect.stringContaining("raw/none") });
  });
}
