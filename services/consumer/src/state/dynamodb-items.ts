import {
  type AttributeValue,
  BatchGetItemCommand,
  type DynamoDBClient,
  paginateQuery,
  type TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import { resend } from "@cali/base";
import { StateUnavailableError } from "../core/errors.ts";
import type { GroupMeta } from "../core/types.ts";
import type { Lease } from "./types.ts";

export type Item = Record<string, AttributeValue>;

/** The key of an item: its partition and its place in it. */
export const key = (pk: string, sk: string): Item => ({ pk: { S: pk }, sk: { S: sk } });

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const document = (value: unknown): AttributeValue => text(JSON.stringify(value));

/** Writes what was notified of a group, unless another replica was first. */
export function groupPut(table: string, meta: GroupMeta): TransactWriteItem {
  const before = meta.notifications - 1;
  return {
    Put: {
      TableName: table,
      Item: {
        ...key("groups", meta.fingerprint),
        notifications: number(meta.notifications),
        doc: document(meta),
      },
      ConditionExpression: before === 0 ? "attribute_not_exists(pk)" : "notifications = :before",
      ...(before > 0 && { ExpressionAttributeValues: { ":before": number(before) } }),
    },
  };
}

/** All items of a partition, read consistently. */
export async function queryAll(client: DynamoDBClient, table: string, pk: string): Promise<Item[]> {
  const items: Item[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      KeyConditionExpression: "pk = :pk",
      ExpressionAttributeValues: { ":pk": { S: pk } },
      ConsistentRead: true,
    },
  );
  for await (const page of pages) items.push(...(page.Items ?? []));
  return items;
}

/** DynamoDB's limit for one BatchGetItem. */
const MOST_GET = 100;

/** These items of a partition, read consistently; what is not there is left out. @throws StateUnavailableError */
export async function getItems(
  client: DynamoDBClient,
  table: string,
  pk: string,
  sks: readonly string[],
): Promise<Item[]> {
  const items: Item[] = [];
  for (let from = 0; from < sks.length; from += MOST_GET) {
    const left = await resend(
      sks.slice(from, from + MOST_GET).map((sk) => key(pk, sk)),
      async (keys) => {
        const request = { [table]: { Keys: [...keys], ConsistentRead: true } };
        const answer = await client.send(new BatchGetItemCommand({ RequestItems: request }));
        items.push(...(answer.Responses?.[table] ?? []));
        return answer.UnprocessedKeys?.[table]?.Keys ?? [];
      },
      { tries: 8, firstMs: 50, longestMs: 2_000 },
    );
    if (left.length > 0)
      throw new StateUnavailableError(`table ${table}: ${left.length} reads are not answered: throttled`);
  }
  return items;
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
