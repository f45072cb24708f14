import { ObjectKeyError } from "./errors.ts";

/** What an object is, besides its bytes. */
export interface PutOptions {
  /** Default: `application/json`. */
  readonly contentType?: string;
  /** Default: none. */
  readonly contentEncoding?: "gzip";
}

export interface ObjectInfo {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
}

/** Objects by key, as S3 keeps them. */
export interface ObjectStore {
  /** Writes an object, whole or not at all; durable when it resolves. One of the same key is replaced. @throws ObjectStoreError */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void>;
  /** The object's bytes; undefined: there is none. @throws ObjectStoreError */
  get(key: string): Promise<Uint8Array | undefined>;
  /** The object's bytes bit by bit, for what may be large. @throws ObjectStoreError when there is none */
  read(key: string): AsyncIterable<Uint8Array>;
  /** Objects whose keys begin so, in the order of their keys. @throws ObjectStoreError */
  list(prefix: string): AsyncIterable<ObjectInfo>;
  /** Removes an object; one that isn't there is fine. @throws ObjectStoreError */
  delete(key: string): Promise<void>;
}

/** Bytes: S3's limit, and that of most file systems for one name. */
const LONGEST_KEY = 1_024;
const LONGEST_NAME = 255;

/** @throws ObjectKeyError for a key that would leave the folder, or that S3 would not take. */
export function requireKey(key: string): string {
  const parts = key.split("/");
  const isFine =
    key.length > 0 &&
    Buffer.byteLength(key) <= LONGEST_KEY &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a name.
    !/[\u0000-\u001f\u007f\\]/.test(key) &&
    key.isWellFormed() &&
    parts.every(
      (part) => part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= LONGEST_NAME,
    );
  if (!isFine) throw new ObjectKeyError(key);
  return key;
}
