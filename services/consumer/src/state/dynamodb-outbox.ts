import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { StateUnavailableError } from "../errors.ts";
import type { Alert, Outbox, OutboxItem } from "../types.ts";

type Item = Record<string, AttributeValue>;

const OUTBOX = "outbox";
const keyOf = (place: string): Item => ({ pk: { S: OUTBOX }, sk: { S: place } });

/** The item of an alert that is to be sent, in the order of `now` (ms since the epoch). */
export function outboxItem(alert: Alert, now: number): Item {
  const place = `${String(now).padStart(15, "0")}#${alert.id}`;
  return { ...keyOf(place), state: { S: "pending" }, tries: { N: "0" }, doc: { S: JSON.stringify(alert) } };
}

/**
 * The alerts that wait for Slack, in the table. One replica sends (it holds the sender's lease); should an earlier one
 * wake up late, its claim of an item is refused, since the item's `tries` have moved on.
 */
export class DynamoOutbox implements Outbox {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #call: <T>(work: () => Promise<T>) => Promise<T>;
  /** Key and tries of each item when this replica last looked. */
  readonly #seen = new Map<string, { place: string; tries: number }>();

  constructor(client: DynamoDBClient, table: string, call: <T>(work: () => Promise<T>) => Promise<T>) {
    this.#client = client;
    this.#table = table;
    this.#call = call;
  }

  async pending(limit: number): Promise<OutboxItem[]> {
    const query = new QueryCommand({
      TableName: this.#table,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: OUTBOX } },
      ConsistentRead: true,
      Limit: limit,
    });
    const { Items = [] } = await this.#call(() => this.#client.send(query));
    this.#seen.clear();
    return Items.map((item) => {
      const alert = JSON.parse(item.doc?.S ?? "null") as Alert;
      this.#seen.set(alert.id, { place: item.sk?.S ?? "", tries: Number(item.tries?.N ?? 0) });
      const state = item.state?.S === "sending" ? ("sending" as const) : ("pending" as const);
      return { id: alert.id, state, alert };
    });
  }

  async markSending(ids: readonly string[]): Promise<void> {
    await Promise.all(ids.map((id) => this.#claim(id)));
  }

  async markSent(ids: readonly string[]): Promise<void> {
    await Promise.all(
      ids.map(async (id) => {
        const remove = new DeleteItemCommand({ TableName: this.#table, Key: keyOf(this.#item(id).place) });
        await this.#call(() => this.#client.send(remove));
        this.#seen.delete(id);
      }),
    );
  }

  async size(): Promise<number> {
    let size = 0;
    let start: Item | undefined;
    do {
      const query = new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: OUTBOX } },
        Select: "COUNT",
        ...(start === undefined ? {} : { ExclusiveStartKey: start }),
      });
      const page = await this.#call(() => this.#client.send(query));
      size += page.Count ?? 0;
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return size;
  }

  #item(id: string): { place: string; tries: number } {
    const item = this.#seen.get(id);
    if (item === undefined)
      throw new StateUnavailableError(`alert ${id}: not among those that were looked at`);
    return item;
  }

  async #claim(id: string): Promise<void> {
    const { place, tries } = this.#item(id);
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(place),
      UpdateExpression: "SET #state = :state, tries = :next",
      ConditionExpression: "tries = :tries",
      ExpressionAttributeNames: { "#state": "state" },
      ExpressionAttributeValues: {
        ":state": { S: "sending" },
        ":tries": { N: String(tries) },
        ":next": { N: String(tries + 1) },
      },
    });
    await this.#call(async () => {
      try {
        await this.#client.send(update);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new StateUnavailableError(`alert ${id}: another replica is sending it`);
      }
    });
    this.#seen.set(id, { place, tries: tries + 1 });
  }
}
