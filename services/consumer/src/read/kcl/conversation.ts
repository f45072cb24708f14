import type { Logger } from "pino";
import type { Clock } from "../../core/clock.ts";
import {
  checkpointAt,
  type DaemonMessage,
  KclProtocolError,
  type KclRecord,
  parseMessage,
  type Request,
  statusOf,
  type WorkerMessage,
} from "./messages.ts";

/** The work on one shard, as KCL's daemon asks for it. A failure ends the process, and the daemon with it: both are started anew. */
export interface ShardWork {
  initialize(request: Extract<Request, { action: "initialize" }>): Promise<void>;
  /**
   * Resolves when every effect of the records is durable.
   * @returns whether a checkpoint may be made after them; false: another worker has the shard
   */
  process(records: readonly KclRecord[], behindMs: number): Promise<boolean>;
  /** The shard's end is durable then. @returns as `process` */
  end(): Promise<boolean>;
}

export interface ConversationOptions {
  readonly lines: AsyncIterable<string>;
  readonly say: (message: WorkerMessage) => void;
  readonly work: ShardWork;
  readonly log: Logger;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /**
   * ms between two checkpoints while records come. What is done stands in our own state, with each commit; KCL's checkpoint only says from
   * where it reads after a restart, and what is read again is recognized. Default: 10 s
   */
  readonly checkpointEveryMs?: number;
}

const CHECKPOINT_EVERY_MS = 10_000;
/** Waits between the tries of a checkpoint that has to be. */
const RETRY_MS = [200, 1_000, 3_000];
/** Java exceptions after which a checkpoint may work later. */
const PASSING = new Set(["ThrottlingException", "KinesisClientLibDependencyException"]);

/**
 * Answers the daemon, one request after the other, until it closes our input.
 * @throws KclProtocolError, and what the work throws
 */
export async function converse(options: ConversationOptions): Promise<void> {
  const { lines, say, work, log, clock, checkpointEveryMs = CHECKPOINT_EVERY_MS } = options;
  const input = lines[Symbol.asyncIterator]();
  let checkpointedAt = clock.monotonic();
  let isOurs = true;

  const next = async (): Promise<DaemonMessage | undefined> => {
    const { value, done } = await input.next();
    return done ? undefined : parseMessage(value);
  };

  /** @returns the name of what went wrong; nothing: the checkpoint is made */
  const checkpoint = async (place?: KclRecord): Promise<string | undefined> => {
    say(checkpointAt(place));
    const answer = await next();
    if (answer === undefined) return "EndOfInput";
    if (answer.action !== "checkpoint")
      throw new KclProtocolError(
        `standard input: given ${answer.action}, allowed the answer to a checkpoint`,
      );
    return answer.error ?? undefined;
  };

  /** Where the next worker or the shard's children wait for it. */
  const finalCheckpoint = async (): Promise<void> => {
    for (let attempt = 0; ; attempt++) {
      const error = await checkpoint();
      if (error === undefined) return;
      const wait = PASSING.has(error) ? RETRY_MS[attempt] : undefined;
      if (wait === undefined) {
        // The next worker begins at the last checkpoint, and skips what our state has.
        log.warn({ error }, "the last checkpoint of the shard was not taken");
        return;
      }
      await clock.sleep(wait);
    }
  };

  const answer = async (request: Request): Promise<void> => {
    switch (request.action) {
      case "initialize":
        return work.initialize(request);
      case "processRecords": {
        const { records, millisBehindLatest } = request;
        isOurs = await work.process(records, millisBehindLatest ?? 0);
        const last = records.at(-1);
        if (!isOurs || last === undefined || clock.monotonic() - checkpointedAt < checkpointEveryMs) return;
        const error = await checkpoint(last);
        if (error !== undefined) log.warn({ error }, "KCL's checkpoint waits");
        checkpointedAt = clock.monotonic();
        return;
      }
      case "shardEnded":
        isOurs = await work.end();
        return isOurs ? finalCheckpoint() : undefined;
      case "shutdownRequested":
        // All that was given is durable: each request was answered after its commit.
        return isOurs ? finalCheckpoint() : undefined;
      case "leaseLost":
        return undefined;
    }
  };

  for (let request = await next(); request !== undefined; request = await next()) {
    if (request.action === "checkpoint")
      throw new KclProtocolError("standard input: given an answer to a checkpoint, allowed a request");
    await answer(request);
    say(statusOf(request.action));
  }
}
