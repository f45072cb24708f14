/** Contributions that go with a commit besides as many as it writes: what the state holds shrinks, whatever comes. */
const MOST_BESIDES = 25;

/**
 * The groups that were let go and whose contributions are still in the state, by shard. Only shards whose lines are counted here are
 * looked after: what another process counts, it lets go itself.
 */
export class LeftBehind {
  readonly #shards = new Map<string, Set<string>>();

  /** A shard whose lines are counted here brings a group to life, or its contribution is read from the state. */
  revive(shardId: string, fingerprint: string): void {
    const known = this.#shards.get(shardId);
    if (known) known.delete(fingerprint);
    else this.#shards.set(shardId, new Set());
  }

  /** A group was let go. */
  add(fingerprint: string, shardIds: Iterable<string>): void {
    for (const shardId of shardIds) this.#shards.get(shardId)?.add(fingerprint);
  }

  /** Those whose contributions may go with the next commit, which writes the `dirty` ones: these go with a later one. */
  take(shardId: string, dirty: ReadonlyMap<string, unknown> | undefined): string[] {
    const most = MOST_BESIDES + (dirty?.size ?? 0);
    const waiting = this.#shards.get(shardId);
    const taken: string[] = [];
    for (const fingerprint of waiting ?? []) {
      if (taken.length === most) break;
      if (!dirty?.has(fingerprint)) taken.push(fingerprint);
    }
    for (const fingerprint of taken) waiting?.delete(fingerprint);
    return taken;
  }

  dropShard(shardId: string): void {
    this.#shards.delete(shardId);
  }
}
