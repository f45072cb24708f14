import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  paginateQuery,
  type QueryCommandInput,
  type QueryCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { resend } from "@cali/base";
import { StateUnavailableError } from "../core/errors.ts";
import type { Lease } from "./types.ts";

export type Item = Record<string, AttributeValue>;

/** The key of an item: its partition and its place in it. */
export const key = (pk: string, sk: string): Item => ({ pk: { S: pk }, sk: { S: sk } });

/** DynamoDB's limits for one call. */
const MOST_GET = 100;
const MOST_WRITES = 25;
/** How what a batch leaves over is asked for again. */
const RETRIED = { tries: 8, firstMs: 50, longestMs: 2_000 };

type Input<Command> = Omit<Command, "TableName">;

/** A table whose items have a partition and a place in it. Each of its calls may throw StateUnavailableError. */
export class DynamoTable {
  readonly name: string;
  readonly #client: DynamoDBClient;

  constructor(client: DynamoDBClient, name: string) {
    this.#client = client;
    this.name = name;
  }

  async get(pk: string, sk: string): Promise<Item | undefined> {
    const get = new GetItemCommand({ TableName: this.name, Key: key(pk, sk), ConsistentRead: true });
    return (await this.#call(() => this.#client.send(get))).Item;
  }

  /** These items of a partition, read consistently; what is not there is left out. */
  async getAll(pk: string, sks: readonly string[]): Promise<Item[]> {
    const items: Item[] = [];
    const keys = sks.map((sk) => key(pk, sk));
    await this.#inBatches("reads are not answered", keys, MOST_GET, async (some) => {
      const get = new BatchGetItemCommand({
        RequestItems: { [this.name]: { Keys: [...some], ConsistentRead: true } },
      });
      const answer = await this.#client.send(get);
      items.push(...(answer.Responses?.[this.name] ?? []));
      return answer.UnprocessedKeys?.[this.name]?.Keys ?? [];
    });
    return items;
  }

  /** All items of a partition, read consistently. */
  async query(pk: string): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.pages(pk, { ConsistentRead: true })) items.push(...(page.Items ?? []));
    return items;
  }

  /** A partition, page by page. */
  async *pages(pk: string, asked: Partial<QueryCommandInput>): AsyncGenerator<QueryCommandOutput> {
    try {
      yield* paginateQuery(
        { client: this.#client },
        {
          ...asked,
          TableName: this.name,
          KeyConditionExpression: "pk = :pk",
          ExpressionAttributeValues: { ":pk": { S: pk } },
        },
      );
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  /** Nothing when its condition does not hold; the same of the next two. */
  put(input: Input<PutItemCommandInput>) {
    const put = new PutItemCommand({ TableName: this.name, ...input });
    return this.#conditional(() => this.#client.send(put));
  }

  update(input: Input<UpdateItemCommandInput>) {
    const update = new UpdateItemCommand({ TableName: this.name, ...input });
    return this.#conditional(() => this.#client.send(update));
  }

  transact(items: TransactWriteItem[]) {
    const transaction = new TransactWriteItemsCommand({ TransactItems: items });
    return this.#conditional(() => this.#client.send(transaction));
  }

  async delete(pk: string, sk: string): Promise<void> {
    const remove = new DeleteItemCommand({ TableName: this.name, Key: key(pk, sk) });
    await this.#call(() => this.#client.send(remove));
  }

  /** Writes that are no part of a transaction. */
  async batch(requests: readonly WriteRequest[]): Promise<void> {
    await this.#inBatches("writes are not taken", requests, MOST_WRITES, async (some) => {
      const write = new BatchWriteItemCommand({ RequestItems: { [this.name]: [...some] } });
      return (await this.#client.send(write)).UnprocessedItems?.[this.name] ?? [];
    });
  }

  destroy(): void {
    this.#client.destroy();
  }

  /** @param send resolves to what was not taken. */
  async #inBatches<T>(
    trouble: string,
    all: readonly T[],
    most: number,
    send: (some: readonly T[]) => Promise<readonly T[]>,
  ): Promise<void> {
    for (let from = 0; from < all.length; from += most) {
      const left = await resend(
        all.slice(from, from + most),
        (some) => this.#call(() => send(some)),
        RETRIED,
      );
      if (left.length > 0)
        throw new StateUnavailableError(`table ${this.name}: ${left.length} ${trouble}: throttled`);
    }
  }

  async #conditional<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#call(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        if (
          error instanceof TransactionCanceledException &&
          error.CancellationReasons?.some(({ Code }) => Code === "ConditionalCheckFailed")
        ) {
          return undefined;
        }
        throw error;
      }
    });
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  #unavailable(error: unknown): StateUnavailableError {
    const { name, message } = error as Error;
    return new StateUnavailableError(`table ${this.name}: ${name}: ${message}`, { cause: error });
  }
}

export function leaseOf(item: Item, shardId: string): Lease {
  return {
    shardId,
    owner: item.owner?.S ?? "",
    epoch: Number(item.epoch?.N ?? 0),
    heartbeat: Number(item.heartbeat?.N ?? 0),
  };
}

/** Cuts writes into chunks of at most so many writes and bytes; no chunk is empty. */
export function chunked(writes: TransactWriteItem[], most: number, mostBytes: number): TransactWriteItem[][] {
  const chunks: TransactWriteItem[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const write of writes) {
    const size = Buffer.byteLength(write.Put?.Item?.doc?.S ?? "") + 500;
    const chunk = chunks.at(-1);
    if (chunk === undefined || chunk.length >= most || bytes + size > mostBytes) {
      chunks.push([write]);
      bytes = size;
    } else {
      chunk.push(write);
      bytes += size;
    }
  }
  return chunks;
}
