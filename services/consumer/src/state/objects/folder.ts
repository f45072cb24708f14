import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { ObjectKeyError, ObjectStoreError } from "./errors.ts";
import { type ObjectInfo, type ObjectStore, requireKey } from "./types.ts";

/** Names of files that are being written; they are no objects yet. */
const UNFINISHED = ".unfinished-";

/**
 * Objects as files of a folder, for one machine. Names of folders are no keys: once there is `a/b`, an object `a` cannot
 * be put, nor the other way round.
 */
export class FolderObjectStore implements ObjectStore {
  readonly #folder: string;

  /** @param folder is made when it isn't there. */
  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    const path = this.#path(key);
    const unfinished = join(dirname(path), `${UNFINISHED}${randomUUID()}`);
    await named(key, async () => {
      const firstMade = await mkdir(dirname(path), { recursive: true });
      try {
        // Whole on the disk before it gets its name, and the name on the disk before it counts.
        const file = await open(unfinished, "wx");
        try {
          await file.writeFile(body);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
      // A new folder's own name has to be on the disk, too.
      const last = firstMade === undefined ? dirname(path) : dirname(firstMade);
      for (let folder = dirname(path); ; folder = dirname(folder)) {
        await syncFolder(folder);
        if (folder === last) break;
      }
    });
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const path = this.#path(key);
    return named(key, async () => {
      try {
        return await readFile(path);
      } catch (error) {
        if (isMissing(error) || isFolder(error)) return undefined;
        throw error;
      }
    });
  }

  async *read(key: string): AsyncIterable<Uint8Array> {
    const stream = createReadStream(this.#path(key));
    try {
      yield* stream as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw meaningOf(key, error);
    }
  }

  async *list(prefix: string): AsyncIterable<ObjectInfo> {
    const top = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "";
    const folder = top === "" ? this.#folder : join(this.#folder, ...requireKey(top).split("/"));
    const files = await named(prefix, async () => {
      try {
        return await readdir(folder, { recursive: true, withFileTypes: true });
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    });
    const keys = files
      .filter((file) => file.isFile() && !file.name.startsWith(UNFINISHED))
      .map((file) => relative(this.#folder, join(file.parentPath, file.name)).split(sep).join("/"))
      .filter((key) => key.startsWith(prefix))
      .sort(byUtf8);
    for (const key of keys) {
      const found = await named(key, async () => {
        try {
          return await stat(this.#path(key));
        } catch (error) {
          // It went while it was listed.
          if (isMissing(error)) return undefined;
          throw error;
        }
      });
      if (found) yield { key, size: found.size, modified: found.mtime };
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.#path(key);
    await named(key, async () => {
      try {
        await rm(path);
      } catch (error) {
        if (!isMissing(error) && !isFolder(error)) throw error;
      }
    });
  }

  #path(key: string): string {
    if (key.split("/").some((name) => name.startsWith(UNFINISHED))) throw new ObjectKeyError(key);
    return join(this.#folder, ...requireKey(key).split("/"));
  }
}

/** As S3 orders keys; UTF-16 orders a few characters otherwise. */
const byUtf8 = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const isFolder = (error: unknown) =>
  ["EISDIR", "ERR_FS_EISDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

const isMissing = (error: unknown) =>
  ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

async function named<T>(key: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw meaningOf(key, error);
  }
}

function meaningOf(key: string, error: unknown): ObjectStoreError {
  const code = (error as NodeJS.ErrnoException).code ?? "unknown reason";
  const text = `object ${key}: ${code}`;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new ObjectStoreError("full", `${text}, the disk is full`, { cause: error });
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new ObjectStoreError("denied", text, { cause: error });
  if (isMissing(error) || isFolder(error)) return new ObjectStoreError("missing", text, { cause: error });
  return new ObjectStoreError("unavailable", text, { cause: error });
}
