import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { initializedBackend } from "../terraform/initialized.ts";
import { holderOf, isOfHere, sightHere } from "./holder.ts";
import { type BackendClients, deleteLock, lockTexts, parseLock } from "./lock.ts";

/** As Terraform shows who has the lock that it was refused (`LockInfo` in the file that `lock.ts` names), in text and in JSON. */
const HOLDER_ID = /Lock Info:[\s\S]{0,40}?\bID:\s+([\w-]{1,64})/;
/** A Terraform beside this one shows its state's key only after its `init`. */
const LOOK_FOR_MS = 20_000;
const POLL_MS = 1_000;

/** When a Terraform ran, ms since the epoch. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

/**
 * Gives back the lock that a Terraform was refused because it had taken it itself: when AWS's answer is lost, the SDK in it asks again, and is
 * refused by its own lock; nobody gives that one back (`lockWithDynamoDB` and `lockWithFile` in
 * https://github.com/hashicorp/terraform/blob/v1.11.4/internal/backend/remote-state/s3/client.go). Such a lock stands in one of its two places
 * alone, is of this user on this machine and of the time in which that Terraform ran, and nothing works any more that could have taken it.
 *
 * @param folder which that Terraform, ended by now, worked in.
 * @param said by it.
 * @returns the lock's ID; undefined: it is, or may be, somebody else's, and stays.
 * @throws AwsRequestError
 */
export async function giveBackOwnLock(folder: string, said: string, span: Span): Promise<string | undefined> {
  const [, id] = HOLDER_ID.exec(said) ?? [];
  const { bucket, key, region, dynamodb_table, use_path_style } = initializedBackend(folder) ?? {};
  if (id === undefined || !bucket || !key || !region || !dynamodb_table) return undefined;
  const s3 = new S3Client({ region, forcePathStyle: use_path_style ?? false });
  const dynamodb = new DynamoDBClient({ region });
  const clients: BackendClients = {
    ...{ s3, dynamodb },
    backend: { bucket, region, lockTable: dynamodb_table, kmsKeyArn: null },
  };
  try {
    const until = performance.now() + LOOK_FOR_MS;
    for (;;) {
      const [text, ...more] = await lockTexts(clients, key);
      const lock = text === undefined ? undefined : parseLock(text);
      if (text === undefined || lock?.ID !== id || more.length > 0 || !isOfHere(lock)) return undefined;
      const taken = Date.parse(lock.Created);
      if (taken < span.from || taken > span.until) return undefined;
      if (holderOf(lock, await sightHere(new Date())).state === "dead") {
        await deleteLock(clients, key, text);
        return id;
      }
      if (performance.now() >= until) return undefined;
      await sleep(POLL_MS);
    }
  } finally {
    for (const client of [s3, dynamodb]) client.destroy();
  }
}
