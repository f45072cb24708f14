import type { StatementSync } from "node:sqlite";
import type { Notes } from "./types.ts";

interface Counters {
  readonly period: number;
  readonly sums: Record<string, number>;
}

/** The notes, in the state file. */
export class SqliteNotes implements Notes {
  readonly #transaction: <T>(work: () => T) => T;
  readonly #sql: (sql: string) => StatementSync;

  constructor(transaction: <T>(work: () => T) => T, sql: (sql: string) => StatementSync) {
    this.#transaction = transaction;
    this.#sql = sql;
  }

  async get(key: string): Promise<string | undefined> {
    return this.#transaction(() => this.#value(key));
  }

  async set(key: string, value: string): Promise<void> {
    this.#transaction(() => this.#put(key, value));
  }

  async claim(key: string, value: string): Promise<string> {
    return this.#transaction(() => {
      this.#sql("INSERT OR IGNORE INTO notes VALUES (?, ?)").run(key, value);
      return this.#value(key) ?? value;
    });
  }

  async count(
    key: string,
    period: number,
    amounts: Readonly<Record<string, number>>,
  ): Promise<Record<string, number>> {
    return this.#transaction(() => {
      const text = this.#value(key);
      const known = text === undefined ? undefined : (JSON.parse(text) as Counters);
      const current = known !== undefined && known.period >= period ? known : { period, sums: {} };
      const sums: Record<string, number> = { ...current.sums };
      for (const [name, amount] of Object.entries(amounts)) sums[name] = (sums[name] ?? 0) + amount;
      this.#put(key, JSON.stringify({ period: current.period, sums }));
      return sums;
    });
  }

  #value(key: string): string | undefined {
    const row = this.#sql("SELECT value FROM notes WHERE key = ?").get(key) as { value: string } | undefined;
    return row?.value;
  }

  #put(key: string, value: string): void {
    this.#sql("INSERT OR REPLACE INTO notes VALUES (?, ?)").run(key, value);
  }
}
