import type { Logger } from "pino";
import { backoffMs, sleep } from "../core/clock.ts";
import type { StreamIdentity } from "../state/types.ts";
import type { KinesisStream } from "./client.ts";
import { classify } from "./failures.ts";

const TRIES = 5;

/**
 * Which stream this is. A role that may read but not describe it gets it without the time it was made, so a stream that
 * was deleted and made anew is not noticed; whatever else fails is tried a few times.
 * @throws what Kinesis says
 */
export async function identityOf(
  stream: Pick<KinesisStream, "identity" | "name">,
  log: Logger,
): Promise<StreamIdentity> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await stream.identity();
    } catch (error) {
      const { kind, text } = classify(error);
      if (kind === "denied") {
        log.warn(`the stream cannot be described: ${text} (kinesis:DescribeStreamSummary)`);
        return { name: stream.name, createdAt: 0 };
      }
      if (kind === "missing" || attempt === TRIES) throw error;
      log.warn({ attempt }, `the stream cannot be described: ${text}`);
      await sleep(backoffMs(attempt, 500, 5_000));
    }
  }
}
