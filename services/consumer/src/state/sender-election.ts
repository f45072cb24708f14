import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { LeaseLostError } from "../core/errors.ts";
import { LeaseWatch } from "./lease-watch.ts";
import type { Lease, StateStore } from "./types.ts";

/** No shard's id has a `#`. */
const SENDER_LEASE = "#sender";

export interface SenderElectionOptions {
  store: StateStore;
  owner: string;
  leaseDurationMs: number;
  /** Sends until `signal` aborts. */
  send(signal: AbortSignal): Promise<void>;
  clock: Clock;
  log: Logger;
}

/**
 * Lets one replica at a time send: Slack's limit of one message a second is per webhook, and an alert that one sender has
 * left half sent must be recognized by the next.
 */
export class SenderElection {
  readonly #options: SenderElectionOptions;
  readonly #watch: LeaseWatch;
  readonly #stopping = new AbortController();

  constructor(options: SenderElectionOptions) {
    this.#options = options;
    this.#watch = new LeaseWatch(options.clock, options.leaseDurationMs);
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    const { leaseDurationMs, clock, log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        const lease = await this.#acquire();
        if (lease) await this.#lead(lease);
      } catch (error) {
        log.warn({ err: error }, "sending pauses");
      }
      await clock.sleep(leaseDurationMs / 4, this.#stopping.signal);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #acquire(): Promise<Lease | undefined> {
    const { store, owner } = this.#options;
    const states = await store.shards();
    const lease = states.find((state) => state.checkpoint.shardId === SENDER_LEASE)?.lease;
    if (lease === undefined || lease.owner === "") return store.acquireLease(SENDER_LEASE, owner);
    const free = lease.owner === owner || this.#watch.isExpired(lease);
    return free ? store.acquireLease(SENDER_LEASE, owner, lease) : undefined;
  }

  async #lead(first: Lease): Promise<void> {
    const { store, send, leaseDurationMs, clock, log } = this.#options;
    const signal = this.#stopping.signal;
    const leading = new AbortController();
    const end = () => leading.abort();
    signal.addEventListener("abort", end);
    const sending = send(leading.signal).finally(end);
    // It ends with `leading`, below; a failure is thrown there.
    sending.catch(() => undefined);
    let lease = first;
    let renewedAt = clock.monotonic();
    while (!leading.signal.aborted) {
      await clock.sleep(leaseDurationMs / 4, leading.signal);
      if (leading.signal.aborted) break;
      try {
        lease = await store.renewLease(lease);
        renewedAt = clock.monotonic();
      } catch (error) {
        // The others may think it gone by then.
        const late = clock.monotonic() - renewedAt >= leaseDurationMs * 0.75;
        if (error instanceof LeaseLostError || late) end();
        log.warn({ err: error }, "the sender's lease is not renewed");
      }
    }
    signal.removeEventListener("abort", end);
    try {
      await sending;
    } finally {
      await store.releaseLease(lease).catch(() => undefined);
    }
  }
}
