import { LeaseLostError } from "../core/errors.ts";
import { type Checkpoint, freshCheckpoint, type Lease, type StateStore } from "./types.ts";

/** Another process may take it at the same moment. */
const TRIES = 10;

/**
 * Takes a shard from whoever has it, for a process that is to read it: from then on no other one commits anything of it.
 * @returns the right to commit, and what was committed before it was taken
 * @throws LeaseLostError when others were faster each time
 */
export async function takeShard(
  store: Pick<StateStore, "acquireLease" | "shards">,
  shardId: string,
  owner: string,
): Promise<{ lease: Lease; checkpoint: Checkpoint }> {
  const find = async () =>
    (await store.shards(shardId)).find(({ checkpoint }) => checkpoint.shardId === shardId);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const held = (await find())?.lease;
    const seen = held === undefined || held.owner === "" ? undefined : held;
    const lease = await store.acquireLease(shardId, owner, seen);
    // Read after it was taken: nobody else adds to it now.
    if (lease !== undefined)
      return { lease, checkpoint: (await find())?.checkpoint ?? freshCheckpoint(shardId) };
  }
  throw new LeaseLostError(shardId);
}
