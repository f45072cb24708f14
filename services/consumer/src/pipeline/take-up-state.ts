import { asNotified } from "../group/template-miner.ts";
import { identityOf } from "../read/identity.ts";
import type { Parts } from "./parts.ts";
import { takeUpVersions } from "./stages/keep-versions.ts";

/** What the state says of groups and their counts. */
type Known = Pick<Parts, "store" | "miner" | "grouper">;

/**
 * Takes up what the state has counted of a shard. Another process may have found templates that this one has not seen: without them
 * its alerts would say neither the service nor what is wrong.
 * @throws StateUnavailableError
 */
export async function takeUpCounts({ store, miner, grouper }: Known, shardId: string): Promise<void> {
  const contributions = await store.loadContributions(shardId);
  if (contributions.some(({ fingerprint }) => miner.get(fingerprint) === undefined))
    miner.restore(asNotified(await store.loadTemplates(), await store.loadGroups()));
  grouper.dropShard(shardId);
  grouper.restore(contributions, []);
}

/** That this is the stream whose positions the state has. */
export interface Claim {
  /** ms since the epoch. */
  readonly firstReadAt: number;
}

/**
 * Claims the stream for the state; when it was first read.
 * @throws StreamChangedError, StateUnavailableError, or what Kinesis says when the stream cannot be described
 */
export async function claimStream({ stream, store, clock, log }: Parts): Promise<Claim> {
  return store.claimStream(await identityOf(stream, log), clock.now());
}

/** Takes up what the state of a claimed stream holds of templates, groups and versions. @throws StateUnavailableError */
export async function takeUpState(parts: Parts, { firstReadAt }: Claim): Promise<void> {
  const { config, store, miner, grouper } = parts;
  const groups = await store.loadGroups();
  miner.restore(asNotified(await store.loadTemplates(), groups));
  grouper.restore([], groups);
  await takeUpVersions(store.notes, grouper.versions);
  grouper.learnUntil(firstReadAt + config.grouping.learnForMs);
}
