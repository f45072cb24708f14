import type { Logger } from "pino";
import { again } from "../core/again.ts";
import type { Clock } from "../core/clock.ts";
import type { AlertGrouper } from "../group/alert-grouper.ts";
import { changedSince } from "../state/changes.ts";
import type { ShardState, StateStore } from "../state/types.ts";

export interface FollowOptions {
  readonly store: StateStore;
  readonly grouper: AlertGrouper;
  /** Ids of the shards that the stream has. */
  readonly listShards: (signal: AbortSignal) => Promise<readonly string[]>;
  /** ms between two listings. */
  readonly discoveryIntervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  onTrouble?(text: string | undefined): void;
  /** Called each time that the counts of all shards are taken over. */
  onLook?(): void;
}

/** ms between two looks at few shards. */
const LEAST_PAUSE_MS = 1_000;
/** ms that each shard adds to it, so that what is read a second stays below about 400 KB however many there are. */
const PAUSE_PER_SHARD_MS = 5;
/** No shard's id has a `#`: what else stands among them. */
const isShard = ({ checkpoint }: ShardState) => !checkpoint.shardId.includes("#");

/**
 * Takes over, again and again, what the workers of all shards have counted and committed: one query says which groups changed, and only
 * those are read. What could not be read is read with the next look, since totals only grow.
 */
export class CountFollower {
  readonly #options: FollowOptions;
  /** Commits of each shard whose counts are here. */
  readonly #seen = new Map<string, number>();
  #listedAt = Number.NEGATIVE_INFINITY;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** Runs until `signal` aborts. A store that cannot be read is waited for. */
  run(signal: AbortSignal): Promise<void> {
    return again({
      ...this.#options,
      work: async () => {
        const shards = await this.follow(signal);
        this.#options.onLook?.();
        return Math.max(LEAST_PAUSE_MS, shards * PAUSE_PER_SHARD_MS);
      },
      signal,
      trouble: "counts cannot be read",
      logged: "counts cannot be read",
    });
  }

  /** Takes what is new. @returns how many shards there are */
  async follow(signal: AbortSignal): Promise<number> {
    const { store, grouper } = this.#options;
    const shards = (await store.shards()).filter(isShard);
    for (const { checkpoint } of shards) {
      if (signal.aborted) break;
      const { shardId, changes = { commits: 0, last: [] } } = checkpoint;
      const seen = this.#seen.get(shardId);
      if (seen === changes.commits) continue;
      const changed = seen === undefined ? undefined : changedSince(changes, seen);
      grouper.merge(shardId, await store.loadContributions(shardId, changed), changed);
      this.#seen.set(shardId, changes.commits);
    }
    await this.#forgetGone(shards, signal);
    return shards.length;
  }

  /** Ended shards that the stream doesn't list any more are past its retention: nothing of them is read again. */
  async #forgetGone(shards: readonly ShardState[], signal: AbortSignal): Promise<void> {
    const { store, grouper, clock, discoveryIntervalMs, listShards } = this.#options;
    if (clock.monotonic() - this.#listedAt < discoveryIntervalMs) return;
    const ended = shards.filter(({ checkpoint }) => checkpoint.ended);
    const listed = new Set(ended.length === 0 ? [] : await listShards(signal));
    // An empty listing is no news of any shard.
    for (const { checkpoint } of listed.size > 0 ? ended : []) {
      if (listed.has(checkpoint.shardId)) continue;
      await store.forgetShard(checkpoint.shardId);
      grouper.dropShard(checkpoint.shardId);
      this.#seen.delete(checkpoint.shardId);
    }
    this.#listedAt = clock.monotonic();
  }
}
