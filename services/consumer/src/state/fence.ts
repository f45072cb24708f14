import { messageOf } from "@cali/base";
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { LeaseLostError } from "../core/errors.ts";
import { LeaseWatch } from "./lease-watch.ts";
import type { Lease, StateStore } from "./types.ts";

/** Its place among the shards, whose ids have no `#`; earlier versions had the lease of who sends there. */
export const FENCE = "#sender";

const UNASKED = "waiting for the state";

export interface FenceOptions {
  store: StateStore;
  /** Unique among the processes and over restarts. */
  owner: string;
  /** ms without a renewal after which a process that waits takes over. */
  leaseDurationMs: number;
  /**
   * Whether to wait for those that have shards, too: earlier versions shared the shards among replicas, and only one of those had the
   * fence. Default: no.
   */
  waitsForShards?: boolean;
  /**
   * Works until `signal` aborts, when the fence is lost or `stop` was called.
   * @param confirm makes sure that the fence is still this process's. @throws LeaseLostError when it is not
   */
  work(signal: AbortSignal, confirm: () => Promise<void>): Promise<void>;
  clock: Clock;
  log: Logger;
}

/**
 * Lets one process at a time work on a state; another one waits, and takes over when the first has given the fence back or has not
 * renewed it for long. Whoever lost it without knowing is shut out of the shards by their epochs (`take-shard.ts`).
 */
export class Fence {
  readonly #options: FenceOptions;
  readonly #watch: LeaseWatch;
  readonly #stopping = new AbortController();
  #waiting: string | undefined = UNASKED;

  constructor(options: FenceOptions) {
    this.#options = options;
    this.#watch = new LeaseWatch(options.clock, options.leaseDurationMs);
  }

  /** What this process waits for; nothing: it is at work. */
  get waiting(): string | undefined {
    return this.#waiting;
  }

  /** Runs until `stop`. */
  async run(): Promise<void> {
    const { leaseDurationMs, clock, log } = this.#options;
    while (!this.#stopping.signal.aborted) {
      try {
        const lease = await this.#acquire();
        if (lease) await this.#lead(lease);
      } catch (error) {
        this.#wait(`the state: ${messageOf(error)}`);
        log.warn({ err: error }, "work pauses");
      }
      await clock.sleep(leaseDurationMs / 4, this.#stopping.signal);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  #wait(what: string): void {
    const text = `waiting for ${what}`;
    if (text !== this.#waiting) this.#options.log.info(text);
    this.#waiting = text;
  }

  async #acquire(): Promise<Lease | undefined> {
    const { store, owner, waitsForShards = false } = this.#options;
    const leases = (await store.shards()).flatMap(({ lease }) =>
      lease && lease.owner !== "" ? [lease] : [],
    );
    // All are watched, so that they count as given up together.
    const held = leases.filter((lease) => lease.owner !== owner && !this.#watch.isExpired(lease));
    const holder = held.find(({ shardId }) => waitsForShards || shardId === FENCE);
    if (holder === undefined) {
      const seen = leases.find(({ shardId }) => shardId === FENCE);
      const lease = await store.acquireLease(FENCE, owner, seen);
      if (lease !== undefined) return lease;
    }
    this.#wait(`${holder?.owner ?? "another process"}, which has this state, to end`);
    return undefined;
  }

  async #lead(first: Lease): Promise<void> {
    const { store, work, leaseDurationMs, clock, log } = this.#options;
    const stopping = this.#stopping.signal;
    const leading = new AbortController();
    const end = () => leading.abort();
    stopping.addEventListener("abort", end);
    if (stopping.aborted) end();
    let lease = first;
    let renewedAt = clock.monotonic();
    const renew = async () => {
      try {
        lease = await store.renewLease(lease);
        renewedAt = clock.monotonic();
      } catch (error) {
        // The others may think it gone by then.
        const late = clock.monotonic() - renewedAt >= leaseDurationMs * 0.75;
        if (error instanceof LeaseLostError || late) end();
        throw error;
      }
    };
    this.#waiting = undefined;
    log.info({ epoch: lease.epoch }, "this process works on the state");
    const working = work(leading.signal, renew).finally(end);
    // It ends with `leading`, below; a failure is thrown there.
    working.catch(() => undefined);
    while (!leading.signal.aborted) {
      await clock.sleep(leaseDurationMs / 4, leading.signal);
      if (leading.signal.aborted) break;
      await renew().catch((error: unknown) => log.warn({ err: error }, "the fence is not renewed"));
    }
    stopping.removeEventListener("abort", end);
    try {
      await working;
    } finally {
      this.#waiting = UNASKED;
      await store.releaseLease(lease).catch(() => undefined);
    }
  }
}
