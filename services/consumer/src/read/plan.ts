import type { Lease, ShardState } from "../state/types.ts";
import type { ShardInfo } from "./client.ts";

/**
 * The shards that may be read now: not yet ended, and every parent's end committed, so that the records of a key keep
 * their order over a split or merge. A parent that Kinesis no longer lists is past the stream's retention: nothing of it
 * is left to wait for.
 */
export function readableShards(listed: ShardInfo[], states: ShardState[]): string[] {
  const ended = new Set(states.filter((s) => s.checkpoint.ended).map((s) => s.checkpoint.shardId));
  const known = new Set(listed.map((shard) => shard.shardId));
  return listed
    .filter(({ shardId }) => !ended.has(shardId))
    .filter(({ parents }) => parents.every((parent) => ended.has(parent) || !known.has(parent)))
    .map(({ shardId }) => shardId);
}

export interface LeasePlan {
  /** Shards to take now. `seen` is the lease to take over: expired, or another replica's one too many. */
  take: { shardId: string; seen?: Lease }[];
}

/**
 * Which leases this replica should take: free and expired ones up to its fair share, and, when it still has less than
 * its share and another has more, one of the others'. One at a time, so that replicas that start together settle.
 */
export function planLeases(
  readable: string[],
  leases: Map<string, Lease>,
  me: string,
  isExpired: (lease: Lease) => boolean,
): LeasePlan {
  const load = new Map<string, string[]>([[me, []]]);
  const free: { shardId: string; seen?: Lease }[] = [];
  for (const shardId of readable) {
    const lease = leases.get(shardId);
    if (lease === undefined || lease.owner === "") free.push({ shardId });
    else if (isExpired(lease)) free.push({ shardId, seen: lease });
    else load.set(lease.owner, [...(load.get(lease.owner) ?? []), shardId]);
  }
  const mine = load.get(me)?.length ?? 0;
  const share = Math.ceil(readable.length / load.size);
  const take = free.slice(0, Math.max(0, share - mine));
  if (take.length === 0 && free.length === 0) {
    const [busiest = []] = [...load.values()].sort((a, b) => b.length - a.length);
    const shardId = busiest[0];
    // A difference of one is as even as it gets.
    if (shardId !== undefined && busiest.length - mine >= 2)
      take.push({ shardId, seen: leases.get(shardId) });
  }
  return { take };
}
