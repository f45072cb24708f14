import { createHash } from "node:crypto";
import { DeleteItemCommand, type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteObjectCommand, GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { parseJson } from "@cali/base";
import { z } from "zod";
import type { StateBackend } from "../../../config/state-backend.ts";
import { awsRequest, unlessCode } from "../aws/request.ts";

/** Where states and locks are, and who asks. */
export interface BackendClients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
  readonly backend: StateBackend;
}

/** What Terraform writes of who has a lock (https://github.com/hashicorp/terraform/blob/v1.11.4/internal/states/statemgr/locker.go). */
const lockSchema = z.object({
  /** It can be pasted into a shell. */
  ID: z.string().regex(/^[\w-]{1,64}$/),
  /** `<bucket>/<key>` of the state. */
  Path: z.string().default(""),
  Operation: z.string().default(""),
  Who: z.string().default("somebody"),
  Created: z.iso
    .datetime({ precision: undefined })
    .or(z.string().refine((text) => !Number.isNaN(Date.parse(text)))),
});
export type Lock = z.output<typeof lockSchema>;

/** The texts of a state's lock: one in the table, one beside the state. None: nobody has it. An item without a text locks, too. */
export async function lockTexts(clients: BackendClients, key: string): Promise<string[]> {
  const [inTable, inBucket] = await Promise.all([
    readItem(clients, `${clients.backend.bucket}/${key}`, "Info"),
    readObject(clients, `${key}.tflock`),
  ]);
  return [inTable, inBucket?.toString("utf8")].filter((text) => text !== undefined);
}

/** What a lock is called: its ID, or a digest of a text that Terraform didn't write. */
export function lockId(text: string): string {
  return parseLock(text)?.ID ?? `sha256:${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;
}

/** undefined: it is not what Terraform writes. */
export function parseLock(text: string): Lock | undefined {
  return lockSchema.safeParse(parseJson(text)).data;
}

/**
 * Takes a lock away, in both places, unless it is another one by now.
 *
 * @param text as it was read.
 */
export async function deleteLock(clients: BackendClients, key: string, text: string): Promise<void> {
  const { s3, dynamodb, backend } = clients;
  const id = `${backend.bucket}/${key}`;
  if ((await readItem(clients, id, "Info")) === text) {
    await awsRequest("dynamodb:DeleteItem", `table ${backend.lockTable}`, () =>
      dynamodb.send(
        new DeleteItemCommand({
          TableName: backend.lockTable,
          Key: { LockID: { S: id } },
          ExpressionAttributeNames: { "#info": "Info" },
          ConditionExpression: text === "" ? "attribute_not_exists(#info) OR #info = :info" : "#info = :info",
          ExpressionAttributeValues: { ":info": { S: text } },
        }),
      ),
    );
  }
  const Key = `${key}.tflock`;
  if ((await readObject(clients, Key))?.toString("utf8") === text) {
    await awsRequest("s3:DeleteObject", `s3://${backend.bucket}/${Key}`, () =>
      s3.send(new DeleteObjectCommand({ Bucket: backend.bucket, Key })),
    );
  }
}

/** An object of the states' bucket; undefined: there is none. @throws AwsRequestError */
export async function readObject({ s3, backend }: BackendClients, Key: string): Promise<Buffer | undefined> {
  const answer = await unlessCode(
    "NoSuchKey",
    awsRequest("s3:GetObject", `s3://${backend.bucket}/${Key}`, () =>
      s3.send(new GetObjectCommand({ Bucket: backend.bucket, Key })),
    ),
  );
  return answer && Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
}

/** A text of an item of the lock table; undefined: there is no such item. @throws AwsRequestError */
export async function readItem(
  { dynamodb, backend }: BackendClients,
  id: string,
  attribute: string,
): Promise<string | undefined> {
  const { Item } = await awsRequest("dynamodb:GetItem", `table ${backend.lockTable}`, () =>
    dynamodb.send(
      new GetItemCommand({ TableName: backend.lockTable, Key: { LockID: { S: id } }, ConsistentRead: true }),
    ),
  );
  return Item && (Item[attribute]?.S ?? "");
}
