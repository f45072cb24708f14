import type { StatementSync } from "node:sqlite";
import type { Alert, Outbox, OutboxItem } from "../core/types.ts";

type Sql = (sql: string) => StatementSync;
type Transaction = <T>(work: () => T) => T;

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

  async pending(limit: number): Promise<OutboxItem[]> {
    const rows = this.#transaction(
      () =>
        this.#sql(`SELECT id, state, document FROM ${this.#table} ORDER BY place LIMIT ?`).all(limit) as {
          id: string;
          state: OutboxItem["state"];
          document: string;
        }[],
    );
    return rows.map(({ id, state, document }) => ({ id, state, alert: JSON.parse(document) as Alert }));
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

  async #each(sql: string, ids: readonly string[]): Promise<void> {
    this.#transaction(() => {
      for (const id of ids) this.#sql(sql).run(id);
    });
  }
}
