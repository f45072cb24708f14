import { open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ObjectKeyError } from "../src/state/objects/errors.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";
import { S3ObjectStore } from "../src/state/objects/s3.ts";
import { CREDENTIALS as credentials, REGION as region } from "./support/moto.ts";
import { all, bytes, objectStoreContract, text } from "./support/object-store-contract.ts";
import { temporaryFolder } from "./support/process.ts";
import { S3Server } from "./support/s3-server.ts";

async function makeFolder(): Promise<string> {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  return folder;
}

describe("FolderObjectStore", () => {
  objectStoreContract(async () => new FolderObjectStore(join(await makeFolder(), "not", "yet")), {
    runs: 50,
  });

  it("takes no unfinished file for an object, and leaves none behind when a put fails", async () => {
    const folder = await makeFolder();
    const store = new FolderObjectStore(folder);
    await writeFile(join(folder, ".unfinished-1"), "half");
    // An object cannot take the place of a folder.
    await store.put("a/b", bytes("x"));
    await expect(store.put("a", bytes("x"))).rejects.toMatchObject({ name: "ObjectStoreError" });
    expect((await all(store.list(""))).map(({ key }) => key)).toEqual(["a/b"]);
    expect((await readdir(folder)).sort()).toEqual([".unfinished-1", "a"]);
    await expect(store.put("a/.unfinished-2", bytes("x"))).rejects.toThrow(ObjectKeyError);
  });

  it("knows folders are no objects", async () => {
    const store = new FolderObjectStore(await makeFolder());
    await store.put("a/b", bytes("x"));
    expect(await store.get("a")).toBeUndefined();
    await store.delete("a");
    await expect(all(store.read("a"))).rejects.toMatchObject({ kind: "missing" });
    expect(text(await store.get("a/b"))).toBe("x");
  });

  it.each([
    ["ENOSPC", "full", "ENOSPC, the disk is full"],
    ["EDQUOT", "full", "EDQUOT, the disk is full"],
    ["EACCES", "denied", "EACCES"],
    ["EROFS", "denied", "EROFS"],
    ["EIO", "unavailable", "EIO"],
  ])("says which object could not be written, and why: %s", async (code, kind, text) => {
    const folder = await makeFolder();
    const store = new FolderObjectStore(folder);
    await store.put("dlq/a", bytes("before"));
    const file = await open(join(folder, "dlq/a"));
    await file.close();
    const spy = vi
      .spyOn(Object.getPrototypeOf(file) as typeof file, "sync")
      .mockRejectedValue(Object.assign(new Error(code), { code }));
    onTestFinished(() => spy.mockRestore());
    await expect(store.put("dlq/a", bytes("after"))).rejects.toMatchObject({
      name: "ObjectStoreError",
      kind,
      message: `object dlq/a: ${text}`,
    });
    spy.mockRestore();
    expect(await readdir(join(folder, "dlq"))).toEqual(["a"]);
    expect(Buffer.from((await store.get("dlq/a")) ?? []).toString()).toBe("before");
  });
});

describe("S3ObjectStore", () => {
  const openServer = async () => {
    const server = new S3Server();
    const endpoint = await server.listen();
    onTestFinished(() => server.close());
    const openStore = (over: { bucket?: string; timeoutMs?: number } = {}) =>
      new S3ObjectStore({ bucket: server.bucket, region, endpoint, credentials, ...over });
    return { server, openStore, store: openStore() };
  };

  objectStoreContract(async () => (await openServer()).store, { runs: 25 });

  it("says of what kind the bytes are, and sends a checksum", async () => {
    const { server, store } = await openServer();
    await store.put("a", bytes("{}"));
    await store.put("b", bytes("x"), { contentType: "application/x-ndjson", contentEncoding: "gzip" });
    expect(server.objects.get("a")?.headers).toMatchObject({
      "content-type": "application/json",
      "x-amz-checksum-crc32": expect.any(String),
    });
    expect(server.objects.get("b")?.headers).toMatchObject({
      "content-type": "application/x-ndjson",
      "content-encoding": "gzip",
    });
  });

  it("tries again when S3 is busy, fails, or falls silent", async () => {
    const { server, openStore } = await openServer();
    const store = openStore();
    server.fail("PUT", 503, "SlowDown");
    server.fail("PUT", 500, "InternalError");
    await store.put("a", bytes("x"));
    expect(server.requests).toEqual(["PUT", "PUT", "PUT"]);
    expect(text(await store.get("a"))).toBe("x");
    server.fail("PUT", 0);
    await openStore({ timeoutMs: 200 }).put("b", bytes("y"));
    expect(text(await store.get("b"))).toBe("y");
  });

  it("gives up when S3 goes on failing: the caller decides when to try again", async () => {
    const { server, store } = await openServer();
    server.fail("PUT", 500, "InternalError", 10);
    await expect(store.put("a", bytes("x"))).rejects.toMatchObject({
      kind: "unavailable",
      message: "object s3://objects/a: InternalError",
    });
    expect(server.requests).toHaveLength(5);
  });

  it.each([
    [403, "AccessDenied", "denied"],
    [400, "KMS.DisabledException", "unavailable"],
  ] as const)("does not try again what cannot work: %i %s", async (status, code, kind) => {
    const { server, store } = await openServer();
    for (const method of ["PUT", "GET", "DELETE"]) server.fail(method, status, code, 10);
    const expected = { name: "ObjectStoreError", kind, message: `object s3://objects/a: ${code}` };
    await expect(store.put("a", bytes("x"))).rejects.toMatchObject(expected);
    await expect(store.get("a")).rejects.toMatchObject(expected);
    await expect(store.delete("a")).rejects.toMatchObject(expected);
    expect(server.objects.size).toBe(0);
  });

  it("says that there is no such bucket", async () => {
    const { openStore } = await openServer();
    const store = openStore({ bucket: "another" });
    const expected = { kind: "missing", message: "object s3://another/a: NoSuchBucket" };
    await expect(store.put("a", bytes("x"))).rejects.toMatchObject(expected);
    await expect(store.get("a")).rejects.toMatchObject(expected);
    await expect(all(store.list("a"))).rejects.toMatchObject(expected);
  });

  it("never takes half an object for the whole", async () => {
    const { server, store } = await openServer();
    await store.put("a", Buffer.alloc(100_000, "x"));
    server.fail("GET", "cut");
    await expect(store.get("a")).rejects.toMatchObject({ kind: "unavailable" });
    server.fail("GET", "cut");
    await expect(all(store.read("a"))).rejects.toMatchObject({ kind: "unavailable" });
    expect(await store.get("a")).toHaveLength(100_000);
  });

  it("says that nobody answers", async () => {
    const { server, store } = await openServer();
    await server.close();
    await expect(store.get("a")).rejects.toMatchObject({
      kind: "unavailable",
      message: "object s3://objects/a: ECONNREFUSED",
    });
  });
});
