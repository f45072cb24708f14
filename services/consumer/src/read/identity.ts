import pRetry from "p-retry";
import type { Logger } from "pino";
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
  try {
    return await pRetry(() => stream.identity(), {
      retries: TRIES - 1,
      minTimeout: 500,
      maxTimeout: 5_000,
      randomize: true,
      shouldRetry({ error, attemptNumber: attempt }) {
        const { kind, text } = classify(error);
        if (kind === "denied" || kind === "missing") return false;
        log.warn({ attempt }, `the stream cannot be described: ${text}`);
        return true;
      },
    });
  } catch (error) {
    const { kind, text } = classify(error);
    if (kind !== "denied") throw error;
    log.warn(`the stream cannot be described: ${text} (kinesis:DescribeStreamSummary)`);
    return { name: stream.name, createdAt: 0 };
  }
}
