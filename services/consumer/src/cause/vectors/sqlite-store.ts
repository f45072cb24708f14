import type { DatabaseSync, StatementSync } from "node:sqlite";
import { z } from "zod";
import { VectorStoreError } from "../errors.ts";
import { requireEntries, requireIds, requireMaking, requireQuery, similarityOf } from "./checks.ts";
import { bytesOf, isDamage, makingKey, openVectorFile, sqliteCode, type VectorFile } from "./sqlite-file.ts";
import type { VectorEntry, VectorHit, VectorMaking, VectorStore } from "./types.ts";

export interface SqliteVectorStoreOptions extends Omit<VectorFile, "busyTimeoutMs"> {
  /** How long to wait for another process that writes, ms; nothing else runs meanwhile. Default: 2000. */
  readonly busyTimeoutMs?: number;
}

const DEFAULT_BUSY_TIMEOUT_MS = 2_000;
const hits = z.array(z.object({ id: z.string(), distance: z.number() }));

/**
 * Vectors in one SQLite file, by sqlite-vec. A search compares with each, exactly: about 5 ms for 10,000 of 512 dimensions,
 * during which nothing else runs. Each put or delete is one transaction. Several processes of the same making may have the file open.
 */
export class SqliteVectorStore implements VectorStore {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #making: VectorMaking;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file, or makes it. A file of another making is emptied and a damaged one is set aside as `<file>.damaged-<time>`,
   * and reported to `onRebuilt`: nothing is lost that cannot be made again.
   * @throws VectorStoreError sqlite-vec does not run here; another program's database; the disk is full, read-only …
   */
  static async open(options: SqliteVectorStoreOptions): Promise<SqliteVectorStore> {
    requireMaking(options.making);
    try {
      const db = openVectorFile({ busyTimeoutMs: DEFAULT_BUSY_TIMEOUT_MS, ...options });
      return new SqliteVectorStore(db, options);
    } catch (error) {
      throw explained(error, options.file);
    }
  }

  private constructor(db: DatabaseSync, { file, making }: SqliteVectorStoreOptions) {
    this.#db = db;
    this.#file = file;
    this.#making = making;
  }

  async ids(): Promise<ReadonlySet<string>> {
    const rows = this.#transaction("BEGIN", () => this.#sql("SELECT id FROM vectors").all());
    return new Set(rows.map(({ id }) => String(id)));
  }

  async put(entries: readonly VectorEntry[]): Promise<void> {
    const vectors = requireEntries(entries, this.#making);
    this.#transaction("BEGIN IMMEDIATE", () => {
      // In place: sqlite-vec does not use the room of what is deleted before a whole chunk of it is free.
      const update = this.#sql("UPDATE vectors SET vector = ? WHERE id = ?");
      const insert = this.#sql("INSERT INTO vectors (vector, id) VALUES (?, ?)");
      for (const [id, vector] of vectors) {
        const known = this.#sql("SELECT 1 FROM vectors WHERE id = ?").get(id);
        (known ? update : insert).run(bytesOf(vector), id);
      }
    });
  }

  async delete(ids: readonly string[]): Promise<void> {
    requireIds(ids);
    this.#transaction("BEGIN IMMEDIATE", () => {
      for (const id of ids) this.#sql("DELETE FROM vectors WHERE id = ?").run(id);
    });
  }

  async search(vector: Float32Array, limit: number): Promise<VectorHit[]> {
    requireQuery(vector, limit, this.#making);
    const rows = this.#transaction("BEGIN", () =>
      this.#sql("SELECT id, distance FROM vectors WHERE vector MATCH ? AND k = ?").all(
        bytesOf(vector),
        limit,
      ),
    );
    const found = hits.safeParse(rows);
    if (!found.success) throw damaged(this.#file, "a vector in it is no vector");
    return found.data.map(({ id, distance }) => ({ id, similarity: similarityOf(1 - distance) }));
  }

  async close(): Promise<void> {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #sql(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #transaction<T>(begin: "BEGIN" | "BEGIN IMMEDIATE", work: () => T): T {
    try {
      this.#db.exec(begin);
      try {
        this.#requireOwnMaking();
        const result = work();
        this.#db.exec("COMMIT");
        return result;
      } catch (error) {
        // A full disk may have rolled back already.
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    } catch (error) {
      throw explained(error, this.#file);
    }
  }

  /** A process of another making may have emptied the file for itself since. */
  #requireOwnMaking(): void {
    const row = this.#sql("SELECT value FROM meta WHERE key = 'making'").get();
    const own = makingKey(this.#making);
    if (row?.value === own) return;
    throw new VectorStoreError(
      `${this.#file}: given vectors of ${row?.value}, which another process has begun, allowed those of ${own}: ` +
        "stop one of both, or give each a file of its own",
    );
  }
}

function explained(error: unknown, file: string): VectorStoreError {
  const { message } = error as Error;
  if (isDamage(error)) return damaged(file, message);
  if (error instanceof VectorStoreError) return error;
  // SQLITE_BUSY
  if (sqliteCode(error) === 5)
    return new VectorStoreError(`${file}: another process writes to it for too long`);
  return new VectorStoreError(`${file}: the vectors cannot be read or written: ${message}`, { cause: error });
}

function damaged(file: string, what: string): VectorStoreError {
  return new VectorStoreError(
    `${file}: it is damaged (${what}); when it is opened next it is set aside and made anew`,
  );
}
