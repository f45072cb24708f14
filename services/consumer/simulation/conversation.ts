import type { Logger } from "pino";
import type { Clock } from "../src/core/clock.ts";
import { converse, type ShardWork } from "../src/read/kcl/conversation.ts";
import type { Request, WorkerMessage } from "../src/read/kcl/messages.ts";
import { type LeasePort, SHARD_END } from "./leases.ts";

/** Why a shard is given up: another daemon has its lease. */
export const LOST = "the lease is lost";
/** ms between two checkpoints of KCL: a schedule takes seconds, where a shard is read for days. */
const CHECKPOINT_EVERY_MS = 1_000;

interface Talk {
  readonly shardId: string;
  readonly leases: LeasePort;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The daemon's end of its talk with the process of a shard: lines of JSON there and back. */
export class Conversation {
  readonly #talk: Talk;
  readonly #lines: string[] = [];
  readonly #ended: Promise<void>;
  hasFailed = false;
  #isClosed = false;
  #arrive: () => void = () => undefined;
  #answered: () => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;
  /** The last record that was given. */
  #given: string | undefined;
  /** All of the shard was given. */
  #isAtEnd = false;

  constructor(work: ShardWork, talk: Talk) {
    this.#talk = talk;
    this.#ended = converse({
      lines: this.#read(),
      say: (message) => this.#hear(message),
      work,
      log: talk.log,
      clock: talk.clock,
      checkpointEveryMs: CHECKPOINT_EVERY_MS,
    }).catch((error: unknown) => {
      this.hasFailed = true;
      this.#failed(error);
    });
  }

  /** Resolves when the process says that it is done. @throws what the process ends with */
  ask(request: Request): Promise<void> {
    if (request.action === "processRecords") this.#given = request.records.at(-1)?.sequenceNumber;
    if (request.action === "shardEnded") this.#isAtEnd = true;
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#write(request);
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#arrive();
    return this.#ended;
  }

  async *#read(): AsyncGenerator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else if (this.#isClosed) return;
      else
        await new Promise<void>((resolve) => {
          this.#arrive = resolve;
        });
    }
  }

  #write(message: object): void {
    this.#lines.push(JSON.stringify(message));
    this.#arrive();
  }

  #hear(message: WorkerMessage): void {
    if (message.action === "status") this.#answered();
    else void this.#checkpoint(message.sequenceNumber);
  }

  /** Without a place: all that was given. */
  async #checkpoint(place: string | null): Promise<void> {
    const { shardId, leases } = this.#talk;
    const at = place ?? (this.#isAtEnd ? SHARD_END : this.#given);
    const error = await (at === undefined ? Promise.resolve(true) : leases.checkpoint(shardId, at)).then(
      (isKept) => (isKept ? undefined : "ShutdownException"),
      () => "KinesisClientLibDependencyException",
    );
    this.#write({ action: "checkpoint", error });
  }
}
