import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import {
  LeaseLostError,
  StateCorruptError,
  StateInUseError,
  StateUnavailableError,
  StateVersionError,
} from "../core/errors.ts";
import { addTotals, noTotals, type ShardTotals } from "../core/totals.ts";
import type { Contribution, GroupMeta, TemplateState } from "../core/types.ts";
import { SqliteNotes } from "./sqlite-notes.ts";
import { SqliteOutbox } from "./sqlite-outbox.ts";
import {
  type BatchCommit,
  FORGOTTEN_TOTALS,
  type Lease,
  type NotificationCommit,
  type NotificationResult,
  neverNotified,
  requireSameStream,
  type ShardState,
  STATE_VERSION,
  type StateStore,
  type StreamIdentity,
} from "./types.ts";

const SCHEMA = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE shards (
    shard_id TEXT PRIMARY KEY, sequence_number TEXT, ended INTEGER NOT NULL DEFAULT 0, totals TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, owner TEXT NOT NULL DEFAULT '', epoch INTEGER NOT NULL DEFAULT 0,
    heartbeat INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE templates (fingerprint TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE contributions (
    shard_id TEXT, fingerprint TEXT, document TEXT NOT NULL, PRIMARY KEY (shard_id, fingerprint)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE groups (
    fingerprint TEXT PRIMARY KEY, notifications INTEGER NOT NULL, document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox (
    id TEXT PRIMARY KEY, place INTEGER NOT NULL, state TEXT NOT NULL, document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_place ON outbox (place);
`;

/** What later versions of this program added; an earlier one doesn't look at it, so the state's version stays. */
const ADDED = `
  CREATE TABLE IF NOT EXISTS incidents (
    id TEXT PRIMARY KEY, place INTEGER NOT NULL, state TEXT NOT NULL, document TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS incidents_place ON incidents (place);
  CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

interface ShardRow {
  shard_id: string;
  sequence_number: string | null;
  ended: number;
  totals: string;
  attempts: number;
  owner: string;
  epoch: number;
  heartbeat: number;
}

/**
 * The state in one SQLite file, open to this process alone. Every change is one transaction and on disk
 * (WAL, synchronous FULL) when the call returns.
 */
export class SqliteStateStore implements StateStore {
  readonly outbox: SqliteOutbox;
  readonly incidents: SqliteOutbox;
  readonly notes: SqliteNotes;
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file, or makes it and its folder.
   * @throws StateInUseError, StateVersionError, StateCorruptError, StateUnavailableError; the file stays as it is
   */
  constructor(file: string) {
    this.#file = file;
    try {
      mkdirSync(dirname(file), { recursive: true });
      this.#db = new DatabaseSync(file);
    } catch (error) {
      throw this.#explain(error);
    }
    try {
      this.#prepare();
    } catch (error) {
      this.#db.close();
      throw this.#explain(error);
    }
    const transaction = <T>(work: () => T) => this.#transaction(work);
    const sql = (text: string) => this.#sql(text);
    this.outbox = new SqliteOutbox("outbox", transaction, sql);
    this.incidents = new SqliteOutbox("incidents", transaction, sql);
    this.notes = new SqliteNotes(transaction, sql);
  }

  #prepare(): void {
    // Exclusive: a second process on the same file would count everything twice. The lock ends with the process.
    this.#db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    this.#db.exec("BEGIN EXCLUSIVE");
    try {
      const [check] = this.#db.prepare("PRAGMA quick_check(1)").all() as { quick_check: string }[];
      if (check?.quick_check !== "ok") throw this.#corrupt(check?.quick_check ?? "no answer");
      const { user_version: version } = this.#db.prepare("PRAGMA user_version").get() as {
        user_version: number;
      };
      if (version > STATE_VERSION) {
        throw new StateVersionError(
          `${this.#file}: given state of version ${version}, allowed up to ${STATE_VERSION}: ` +
            "it was written by a newer consumer; run that one, or give another file",
        );
      }
      if (version === 0) this.#db.exec(`${SCHEMA} PRAGMA user_version = ${STATE_VERSION};`);
      this.#db.exec(ADDED);
      // Whoever had leases is gone, since this process could open the file.
      this.#db.exec("UPDATE shards SET owner = ''");
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  async claimStream(stream: StreamIdentity, now: number): Promise<{ firstReadAt: number }> {
    return this.#transaction(() => {
      const row = this.#sql("SELECT value FROM meta WHERE key = 'stream'").get() as
        | { value: string }
        | undefined;
      if (row === undefined) {
        const claim = { ...stream, firstReadAt: now };
        this.#sql("INSERT INTO meta VALUES ('stream', ?)").run(JSON.stringify(claim));
        return claim;
      }
      const known = JSON.parse(row.value) as StreamIdentity & { firstReadAt: number };
      requireSameStream(known, stream, this.#file);
      return known;
    });
  }

  async shards(shardId?: string): Promise<ShardState[]> {
    return this.#read(() =>
      this.#sql("SELECT * FROM shards WHERE shard_id <> ? AND shard_id = coalesce(?, shard_id)")
        .all(FORGOTTEN_TOTALS, shardId ?? null)
        .map((row) => shardState(row as unknown as ShardRow)),
    );
  }

  async totals(): Promise<ShardTotals> {
    const rows = this.#read(() => this.#sql("SELECT totals FROM shards").all());
    return rows.map(({ totals }) => JSON.parse(String(totals)) as ShardTotals).reduce(addTotals, noTotals());
  }

  /** This process is the only one, so any lease is its own to take. */
  async acquireLease(shardId: string, owner: string): Promise<Lease> {
    return this.#transaction(() => {
      const row = this.#sql(
        `INSERT INTO shards (shard_id, totals, owner, epoch) VALUES (?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET owner = excluded.owner, epoch = epoch + 1 RETURNING epoch, heartbeat`,
      ).get(shardId, JSON.stringify(noTotals()), owner) as { epoch: number; heartbeat: number };
      return { shardId, owner, epoch: row.epoch, heartbeat: row.heartbeat };
    });
  }

  async renewLease(lease: Lease): Promise<Lease> {
    // Nobody watches this heartbeat, so it is not worth a write to disk.
    return this.#read(() => {
      this.#requireLease(lease);
      return lease;
    });
  }

  async releaseLease(lease: Lease): Promise<void> {
    this.#transaction(() => {
      const { shardId, owner, epoch } = lease;
      this.#sql("UPDATE shards SET owner = '' WHERE shard_id = ? AND owner = ? AND epoch = ?").run(
        shardId,
        owner,
        epoch,
      );
    });
  }

  async loadTemplates(): Promise<TemplateState[]> {
    return this.#documents<TemplateState>("SELECT document FROM templates");
  }

  async loadGroups(): Promise<GroupMeta[]> {
    return this.#documents<GroupMeta>("SELECT document FROM groups");
  }

  async loadContributions(shardId: string, fingerprints?: readonly string[]): Promise<Contribution[]> {
    const all = "SELECT document FROM contributions WHERE shard_id = ?";
    if (fingerprints === undefined) return this.#documents<Contribution>(all, shardId);
    return fingerprints.flatMap((one) =>
      this.#documents<Contribution>(`${all} AND fingerprint = ?`, shardId, one),
    );
  }

  async countAttempt(lease: Lease, before: number): Promise<number> {
    return this.#transaction(() => {
      this.#requireLease(lease);
      this.#sql("UPDATE shards SET attempts = ? WHERE shard_id = ?").run(before + 1, lease.shardId);
      return before + 1;
    });
  }

  async commitBatch({
    lease,
    checkpoint,
    templates,
    contributions,
    leftBehind = [],
  }: BatchCommit): Promise<void> {
    this.#transaction(() => {
      this.#requireLease(lease);
      const { shardId, sequenceNumber = null, ended, totals, attempts } = checkpoint;
      this.#sql(
        "UPDATE shards SET sequence_number = ?, ended = ?, totals = ?, attempts = ? WHERE shard_id = ?",
      ).run(sequenceNumber, ended ? 1 : 0, JSON.stringify(totals), attempts, shardId);
      const template = this.#sql("INSERT OR REPLACE INTO templates VALUES (?, ?)");
      for (const one of templates) template.run(one.fingerprint, JSON.stringify(one));
      const contribution = this.#sql("INSERT OR REPLACE INTO contributions VALUES (?, ?, ?)");
      for (const one of contributions) contribution.run(shardId, one.fingerprint, JSON.stringify(one));
      const gone = this.#sql("DELETE FROM contributions WHERE shard_id = ? AND fingerprint = ?");
      for (const fingerprint of leftBehind) gone.run(shardId, fingerprint);
    });
  }

  async commitNotification({
    meta,
    along = [],
    alert,
    index,
  }: NotificationCommit): Promise<NotificationResult> {
    return this.#transaction(() => {
      const metas = [meta, ...along];
      for (const one of metas) {
        const row = this.#sql("SELECT document FROM groups WHERE fingerprint = ?").get(one.fingerprint);
        const current = row && (JSON.parse((row as { document: string }).document) as GroupMeta);
        if ((current?.notifications ?? 0) !== one.notifications - 1)
          return { committed: false as const, current: current ?? neverNotified(one) };
      }
      const group = this.#sql("INSERT OR REPLACE INTO groups VALUES (?, ?, ?)");
      for (const one of metas) group.run(one.fingerprint, one.notifications, JSON.stringify(one));
      this.outbox.add(alert);
      if (index) this.incidents.add(alert);
      return { committed: true as const };
    });
  }

  async forgetShard(shardId: string): Promise<void> {
    this.#transaction(() => {
      const totals = (id: string): ShardTotals => {
        const row = this.#sql("SELECT totals FROM shards WHERE shard_id = ?").get(id);
        return row ? JSON.parse(String(row.totals)) : noTotals();
      };
      const sum = JSON.stringify(addTotals(totals(FORGOTTEN_TOTALS), totals(shardId)));
      this.#sql("INSERT OR REPLACE INTO shards (shard_id, totals) VALUES (?, ?)").run(FORGOTTEN_TOTALS, sum);
      this.#sql("DELETE FROM shards WHERE shard_id = ?").run(shardId);
      this.#sql("DELETE FROM contributions WHERE shard_id = ?").run(shardId);
    });
  }

  async close(): Promise<void> {
    this.#statements.clear();
    if (this.#db.isOpen) this.#db.close();
  }

  #requireLease({ shardId, owner, epoch }: Lease): void {
    const row = this.#sql("SELECT owner, epoch FROM shards WHERE shard_id = ?").get(shardId);
    if (row?.owner !== owner || row.epoch !== epoch) throw new LeaseLostError(shardId);
  }

  #documents<T>(sql: string, ...values: string[]): T[] {
    return this.#read(() =>
      (this.#sql(sql).all(...values) as { document: string }[]).map((row) => JSON.parse(row.document) as T),
    );
  }

  #sql(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#explain(error);
    }
  }

  #transaction<T>(work: () => T): T {
    return this.#read(() => {
      this.#db.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        this.#db.exec("COMMIT");
        return result;
      } catch (error) {
        // A full disk may have rolled back already.
        if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #corrupt(what: string): StateCorruptError {
    return new StateCorruptError(
      `${this.#file}: the state file is damaged (${what}). Put back a copy of it, or move it and its -wal file away: ` +
        "the consumer then reads the stream from its oldest record again, and notifies old errors once more",
    );
  }

  #explain(error: unknown): unknown {
    const { code, errcode, message } = error as Error & { code?: string; errcode?: number };
    // https://www.sqlite.org/rescode.html: the primary code is the low byte.
    const primary = code === "ERR_SQLITE_ERROR" && errcode !== undefined ? errcode & 0xff : undefined;
    if (primary === 11 || primary === 26) return this.#corrupt(message);
    if (primary === 5) {
      return new StateInUseError(
        `${this.#file}: another process has the state open; stop it or give another file`,
      );
    }
    if (primary !== undefined && [3, 8, 10, 13, 14, 23].includes(primary)) {
      return new StateUnavailableError(`${this.#file}: the state cannot be read or written: ${message}`);
    }
    if (code !== undefined && ["ENOSPC", "EACCES", "EROFS", "ENOTDIR", "EEXIST", "EPERM"].includes(code)) {
      return new StateUnavailableError(`${this.#file}: the state's folder cannot be made: ${message}`);
    }
    return error;
  }
}

function shardState(row: ShardRow): ShardState {
  return {
    checkpoint: {
      shardId: row.shard_id,
      ...(row.sequence_number === null ? {} : { sequenceNumber: row.sequence_number }),
      ended: row.ended === 1,
      totals: JSON.parse(row.totals),
      attempts: row.attempts,
    },
    lease: { shardId: row.shard_id, owner: row.owner, epoch: row.epoch, heartbeat: row.heartbeat },
  };
}
