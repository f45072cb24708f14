import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { StateUnavailableError } from "../core/errors.ts";
import { type Item, key as keyOf } from "./dynamodb-items.ts";
import type { Notes } from "./types.ts";

const NOTES = "notes";
/** Replicas that begin a period at the same moment; more than that is no coincidence. */
const MOST_TRIES = 5;

/** The notes, in a partition of the table. */
export class DynamoNotes implements Notes {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #call: <T>(work: () => Promise<T>) => Promise<T>;

  constructor(client: DynamoDBClient, table: string, call: <T>(work: () => Promise<T>) => Promise<T>) {
    this.#client = client;
    this.#table = table;
    this.#call = call;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#item(key))?.doc?.S;
  }

  async set(key: string, value: string): Promise<void> {
    const put = new PutItemCommand({ TableName: this.#table, Item: this.#note(key, value) });
    await this.#call(() => this.#client.send(put));
  }

  async claim(key: string, value: string): Promise<string> {
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: this.#note(key, value),
      ConditionExpression: "attribute_not_exists(pk)",
    });
    if (await this.#holds(() => this.#client.send(put))) return value;
    return (await this.get(key)) ?? value;
  }

  async count(
    key: string,
    period: number,
    amounts: Readonly<Record<string, number>>,
  ): Promise<Record<string, number>> {
    for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
      const sums = (await this.#add(key, period, amounts)) ?? (await this.#begin(key, period, amounts));
      if (sums) return sums;
    }
    throw new StateUnavailableError(`table ${this.#table}: the counters ${key} cannot be written`);
  }

  /** Nothing when the counters are those of an earlier period, or not there. */
  async #add(key: string, period: number, amounts: Readonly<Record<string, number>>) {
    const names = Object.keys(amounts);
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: keyOf(NOTES, key),
      UpdateExpression: `ADD ${names.map((_, place) => `#n${place} :n${place}`).join(", ")}`,
      ConditionExpression: "#period >= :period",
      ExpressionAttributeNames: {
        "#period": "period",
        ...Object.fromEntries(names.map((name, place) => [`#n${place}`, `n_${name}`])),
      },
      ExpressionAttributeValues: {
        ":period": { N: String(period) },
        ...Object.fromEntries(names.map((name, place) => [`:n${place}`, { N: String(amounts[name] ?? 0) }])),
      },
      ReturnValues: "ALL_NEW",
    });
    const answer = await this.#holds(() => this.#client.send(update));
    return answer && sumsOf(answer.Attributes ?? {});
  }

  /** Nothing when another replica was first. */
  async #begin(key: string, period: number, amounts: Readonly<Record<string, number>>) {
    const counters = Object.entries(amounts).map(([name, amount]) => [`n_${name}`, { N: String(amount) }]);
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: { ...keyOf(NOTES, key), period: { N: String(period) }, ...Object.fromEntries(counters) },
      ConditionExpression: "attribute_not_exists(pk) OR #period < :period",
      ExpressionAttributeNames: { "#period": "period" },
      ExpressionAttributeValues: { ":period": { N: String(period) } },
    });
    return (await this.#holds(() => this.#client.send(put))) && { ...amounts };
  }

  #note(key: string, value: string): Item {
    return { ...keyOf(NOTES, key), doc: { S: value } };
  }

  async #item(key: string): Promise<Item | undefined> {
    const get = new GetItemCommand({
      TableName: this.#table,
      Key: keyOf(NOTES, key),
      ConsistentRead: true,
    });
    return (await this.#call(() => this.#client.send(get))).Item;
  }

  /** Nothing when the write's condition does not hold. */
  async #holds<T>(write: () => Promise<T>): Promise<T | undefined> {
    return this.#call(async () => {
      try {
        return await write();
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    });
  }
}

function sumsOf(item: Item): Record<string, number> {
  const counters = Object.entries(item).filter(([name]) => name.startsWith("n_"));
  return Object.fromEntries(counters.map(([name, value]) => [name.slice(2), Number(value.N ?? 0)]));
}
