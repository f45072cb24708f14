import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "@cali/base";
import { getLoadablePath } from "sqlite-vec";
import { z } from "zod";
import { VectorStoreError } from "../errors.ts";
import { MOST_DIMENSIONS } from "./checks.ts";
import type { VectorMaking } from "./types.ts";

/** The file is no database, or not a whole one. */
class DamagedVectorsError extends VectorStoreError {}

/** "CALV": distinguishes this file from another program's, which is never changed. */
const APPLICATION = 0x43414c56;
/** Changes with the tables; a file of another format is made anew. */
const FORMAT = 1;
/** Large pages and mapping them spare the copies that take a third of a search otherwise (`bench/vectors.ts`). */
const PAGE_BYTES = 65_536;
const MAPPED_BYTES = 2 ** 31;
/** 4 MiB, as with SQLite's own pages: what is still in the log is not mapped. */
const LOG_PAGES = 64;
const MEMORY = ":memory:";

const knownDimensions = z.object({ dimensions: z.int().min(1).max(MOST_DIMENSIONS) });

export interface VectorFile {
  /** Path, or `:memory:`. Its folder is made. */
  readonly file: string;
  readonly making: VectorMaking;
  /** How long to wait for another process that writes, ms. */
  readonly busyTimeoutMs: number;
  /** sqlite-vec's extension. Default: the one of its npm package. */
  readonly extension?: string | undefined;
  /** Called when all that was in the file is gone or aside, and why: put the vectors again. */
  readonly onRebuilt?: ((reason: string) => void) | undefined;
}

/** What makes vectors comparable, as the file notes it. */
export function makingKey({ name, dimensions }: VectorMaking): string {
  return JSON.stringify({ format: FORMAT, name, dimensions });
}

/** Opens the file with its table of vectors, and makes it (anew) where that is needed. One process at a time does this. */
export function openVectorFile(options: VectorFile): DatabaseSync {
  const { file, busyTimeoutMs, onRebuilt } = options;
  if (file === MEMORY) return prepared(options);
  mkdirSync(dirname(file), { recursive: true });
  const lock = locked(`${file}.lock`, busyTimeoutMs);
  try {
    return prepared(options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = setAside(file);
    onRebuilt?.(`${file}: it is damaged (${messageOf(error)}), so it is ${aside} now, and begun anew`);
    return prepared(options);
  } finally {
    lock.close();
  }
}

/** Without it, a second process could set aside what the first has just made. It ends with the process. */
function locked(file: string, timeout: number): DatabaseSync {
  const lock = new DatabaseSync(file, { timeout });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (!isDamage(error)) throw error;
    throw new VectorStoreError(
      `${file}: given something else, allowed the lock of the vectors: remove the file`,
    );
  }
}

/** Of https://www.sqlite.org/rescode.html the primary code, the low byte. */
export function sqliteCode(error: unknown): number | undefined {
  const { code, errcode } = error as { code?: string; errcode?: number };
  return code === "ERR_SQLITE_ERROR" && errcode !== undefined ? errcode & 0xff : undefined;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, and what `prepared` finds. */
export function isDamage(error: unknown): boolean {
  return error instanceof DamagedVectorsError || [11, 26].includes(sqliteCode(error) ?? 0);
}

function prepared(options: VectorFile): DatabaseSync {
  const db = new DatabaseSync(options.file, { allowExtension: true, timeout: options.busyTimeoutMs });
  try {
    loadExtension(db, options.extension);
    // Normal: the last vectors may be missing after a power failure, and are put again. The file stays whole.
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA mmap_size = ${MAPPED_BYTES};
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${LOG_PAGES};`);
    db.exec("BEGIN IMMEDIATE");
    const emptied = prepareTables(db, options);
    db.exec("COMMIT");
    if (emptied !== undefined) options.onRebuilt?.(emptied);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function loadExtension(db: DatabaseSync, extension: string | undefined): void {
  try {
    db.loadExtension(extension ?? getLoadablePath());
  } catch (error) {
    throw new VectorStoreError(
      `sqlite-vec cannot be loaded on ${process.platform}-${process.arch} (${messageOf(error)}): it needs Linux ` +
        "with glibc (not musl, which Alpine has), macOS or Windows, and its npm package for that platform. " +
        "Run on one of these, or keep the vectors in Milvus",
    );
  } finally {
    db.enableLoadExtension(false);
  }
}

/** Returns why it emptied the file, when it did. */
function prepareTables(db: DatabaseSync, { file, making }: VectorFile): string | undefined {
  const { application_id: application } = db.prepare("PRAGMA application_id").get() as {
    application_id: number;
  };
  const tables = (db.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as { count: number }).count;
  if (tables > 0 && application !== APPLICATION) {
    throw new VectorStoreError(
      `${file}: given another program's database, allowed a file of vectors or none`,
    );
  }
  if (tables > 0) requireWhole(db);
  const known = tables === 0 ? undefined : knownMaking(db);
  const needed = makingKey(making);
  if (known === needed) return undefined;
  db.exec(`
    DROP TABLE IF EXISTS vectors;
    PRAGMA application_id = ${APPLICATION};
    CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE VIRTUAL TABLE vectors USING vec0(
      id TEXT PRIMARY KEY, vector FLOAT[${making.dimensions}] DISTANCE_METRIC=cosine
    );
  `);
  db.prepare("INSERT OR REPLACE INTO meta VALUES ('making', ?)").run(needed);
  if (known === undefined) return undefined;
  return `${file}: given vectors of ${known}, allowed those of ${needed}: it is emptied, since they cannot be compared`;
}

/** A search reads every vector once, so that what the page check cannot see (missing ones) shows here. */
function requireWhole(db: DatabaseSync): void {
  const [check] = db.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
  if (check?.quick_check !== "ok") {
    throw new DamagedVectorsError(check?.quick_check.replaceAll(/\s+/g, " ") ?? "no answer");
  }
  try {
    const { dimensions } = knownDimensions.parse(JSON.parse(knownMaking(db)));
    const any = new Float32Array(dimensions).fill(1);
    db.prepare("SELECT id FROM vectors WHERE vector MATCH ? AND k = 1").all(bytesOf(any));
  } catch (error) {
    throw new DamagedVectorsError(messageOf(error));
  }
}

function knownMaking(db: DatabaseSync): string {
  const row = db.prepare("SELECT value FROM meta WHERE key = 'making'").get() as
    | { value: string }
    | undefined;
  if (row === undefined) throw new DamagedVectorsError("it does not say what its vectors are of");
  return row.value;
}

/** As sqlite-vec takes them. */
export function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

function setAside(file: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  for (const part of ["", "-wal", "-shm"]) {
    if (existsSync(file + part)) renameSync(file + part, aside + part);
  }
  return aside;
}
