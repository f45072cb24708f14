import type { StatementSync } from "node:sqlite";
import type { Alert, Outbox, OutboxItem } from "../core/types.ts";

type Sql = (sql: string) => StatementSync;
type Transaction = <T>(work: () => T) => T;

interface Row {
  readonly id: string;
  readonly place: number;
  readonly state: OutboxItem["state"];
  readonly document: string;
}

/** Alerts that wait to leave, in a table of the state file. */
export class SqliteOutbox implements Outbox {
  readonly #transaction: Transaction;
  readonly #sql: Sql;
  readonly #table: "outbox" | "incidents";

  constructor(table: "outbox" | "incidents", transaction: Transaction, sql: Sql) {
    this.#table = table;
    this.#transaction = transaction;
    this.#sql = sql;
  }

  /** Inside the transaction that claims the notification. */
  add(alert: Alert): void {
    this.#sql(
      `INSERT INTO ${this.#table} SELECT ?, COALESCE(MAX(place), 0) + 1, 'pending', ? FROM ${this.#table}`,
    ).run(alert.id, JSON.stringify(alert));
  }

  async pending(limit: number, takes: (alert: Alert) => boolean = () => true): Promise<OutboxItem[]> {
    const items: OutboxItem[] = [];
    let rows: Row[];
    let after = -1;
    do {
      rows = this.#page(after, limit);
      for (const { id, state, document } of rows) {
        const alert = JSON.parse(document) as Alert;
        if (items.length < limit && takes(alert)) items.push({ id, state, alert });
      }
      after = rows.at(-1)?.place ?? after;
    } while (rows.length === limit && items.length < limit);
    return items;
  }

  markSending(ids: readonly string[]): Promise<void> {
    return this.#each(`UPDATE ${this.#table} SET state = 'sending' WHERE id = ?`, ids);
  }

  markSent(ids: readonly string[]): Promise<void> {
    return this.#each(`DELETE FROM ${this.#table} WHERE id = ?`, ids);
  }

  async size(): Promise<number> {
    const row = this.#transaction(() => this.#sql(`SELECT COUNT(*) AS size FROM ${this.#table}`).get());
    return Number(row?.size ?? 0);
  }

  #page(after: number, limit: number): Row[] {
    const sql = `SELECT id, place, state, document FROM ${this.#table} WHERE place > ? ORDER BY place LIMIT ?`;
    return this.#transaction(() => this.#sql(sql).all(after, limit) as unknown as Row[]);
  }

  async #each(sql: string, ids: readonly string[]): Promise<void> {
    this.#transaction(() => {
      for (const id of ids) this.#sql(sql).run(id);
    });
  }
}
