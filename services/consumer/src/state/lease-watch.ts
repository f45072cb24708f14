import type { Clock } from "../core/clock.ts";
import type { Lease } from "./types.ts";

/**
 * Tells leases whose owner is gone: those that stood still for their whole duration while this process looked. Measured
 * on its own monotonic clock, so that no clock needs to agree with another and none can jump.
 */
export class LeaseWatch {
  readonly #clock: Clock;
  readonly #durationMs: number;
  readonly #seen = new Map<string, { epoch: number; heartbeat: number; at: number }>();

  constructor(clock: Clock, durationMs: number) {
    this.#clock = clock;
    this.#durationMs = durationMs;
  }

  isExpired(lease: Lease): boolean {
    const now = this.#clock.monotonic();
    const before = this.#seen.get(lease.shardId);
    if (before && before.epoch === lease.epoch && before.heartbeat === lease.heartbeat) {
      return now - before.at >= this.#durationMs;
    }
    this.#seen.set(lease.shardId, { epoch: lease.epoch, heartbeat: lease.heartbeat, at: now });
    return false;
  }
}
