import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { StateUnavailableError } from "../core/errors.ts";
import type { Alert, Outbox, OutboxItem } from "../core/types.ts";
import { type DynamoTable, key } from "./dynamodb-table.ts";

/** Many times what all senders together look at. */
const MOST_SEEN = 100_000;

/**
 * Alerts that wait to leave, in a partition of the table. One replica sends (it holds the sender's lease); should an earlier one
 * wake up late, its claim of an item is refused, since the item's `tries` have moved on.
 */
export class DynamoOutbox implements Outbox {
  readonly #table: DynamoTable;
  readonly #partition: "outbox" | "incidents";
  /** Key and tries of each item when this replica last looked; those that were looked at the longest ago come first. */
  readonly #seen = new Map<string, { place: string; tries: number }>();

  constructor(table: DynamoTable, partition: "outbox" | "incidents") {
    this.#table = table;
    this.#partition = partition;
  }

  /** What puts an alert into it, in the order of `now` (ms since the epoch); for the transaction that claims the notification. */
  put(alert: Alert, now: number): TransactWriteItem {
    const place = `${String(now).padStart(15, "0")}#${alert.id}`;
    const document = { state: { S: "pending" }, tries: { N: "0" }, doc: { S: JSON.stringify(alert) } };
    return { Put: { TableName: this.#table.name, Item: { ...key(this.#partition, place), ...document } } };
  }

  async pending(limit: number, takes: (alert: Alert) => boolean = () => true): Promise<OutboxItem[]> {
    const items: OutboxItem[] = [];
    for await (const page of this.#table.pages(this.#partition, { ConsistentRead: true, Limit: limit })) {
      for (const item of page.Items ?? []) {
        const alert = JSON.parse(item.doc?.S ?? "null") as Alert;
        if (items.length === limit || !takes(alert)) continue;
        this.#note(alert.id, { place: item.sk?.S ?? "", tries: Number(item.tries?.N ?? 0) });
        const state = item.state?.S === "sending" ? ("sending" as const) : ("pending" as const);
        items.push({ id: alert.id, state, alert });
      }
      if (items.length === limit) break;
    }
    return items;
  }

  async markSending(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#claim(id)));
  }

  async markSent(ids: readonly string[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        await this.#table.delete(this.#partition, this.#item(id).place);
        this.#seen.delete(id);
      }),
    );
  }

  async size(): Promise<number> {
    let size = 0;
    for await (const { Count = 0 } of this.#table.pages(this.#partition, { Select: "COUNT" })) size += Count;
    return size;
  }

  #note(id: string, seen: { place: string; tries: number }): void {
    this.#seen.delete(id);
    this.#seen.set(id, seen);
    // What another replica has sent is never asked for again.
    if (this.#seen.size > MOST_SEEN) this.#seen.delete(this.#seen.keys().next().value as string);
  }

  #item(id: string): { place: string; tries: number } {
    const item = this.#seen.get(id);
    if (item === undefined)
      throw new StateUnavailableError(`alert ${id}: not among those that were looked at`);
    return item;
  }

  async #claim(id: string): Promise<void> {
    const { place, tries } = this.#item(id);
    const claimed = await this.#table.update({
      Key: key(this.#partition, place),
      UpdateExpression: "SET #state = :state, tries = :next",
      ConditionExpression: "tries = :tries",
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: {
        ":state": { S: "sending" },
        ":tries": { N: String(tries) },
        ":next": { N: String(tries + 1) },
      },
    });
    if (!claimed) throw new StateUnavailableError(`alert ${id}: another replica is sending it`);
    this.#note(id, { place, tries: tries + 1 });
  }
}
