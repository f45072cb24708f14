import { createHash } from "node:crypto";
import type { SlackMessage, Webhook } from "@cali/slack";
import type { ObjectStore } from "../state/objects/types.ts";

export interface Post {
  readonly objects: ObjectStore;
  readonly webhook: Webhook;
  /** `quality`, `digest`. */
  readonly report: string;
  readonly date: string;
  readonly message: SlackMessage;
  /** Post even what was posted. */
  readonly force: boolean;
}

/**
 * Posts a day's report once: a run that is repeated with the same result posts nothing, one with another result posts
 * that. The mark is written after the post, so a crash in between makes the next run post again: twice is better than
 * never.
 *
 * @returns whether it was posted now.
 * @throws SlackPostError, ObjectStoreError
 */
export async function postOnce({ objects, webhook, report, date, message, force }: Post): Promise<boolean> {
  const id = createHash("sha256").update(JSON.stringify(message)).digest("hex");
  const key = `reports/${report}/dt=${date}.posted`;
  const mark = await objects.get(key);
  if (!force && mark && Buffer.from(mark).toString("utf8") === id) return false;
  await webhook.post(message);
  await objects.put(key, Buffer.from(id), { contentType: "text/plain" });
  return true;
}
