import { StreamChangedError } from "../core/errors.ts";
import { noTotals, type ShardTotals } from "../core/totals.ts";
import type { Alert, Contribution, GroupMeta, Outbox, TemplateState } from "../core/types.ts";
import type { Changes } from "./changes.ts";

/** How far a shard is processed. It only moves past records whose every effect is durable. */
export interface Checkpoint {
  shardId: string;
  /** The last Kinesis record that is done; nothing: none yet. */
  sequenceNumber?: string;
  /** The shard is closed (split or merged) and all of it is done: its children may start. */
  ended: boolean;
  totals: ShardTotals;
  /** Processes that died while they worked on what follows; `pipeline.ts` says what it is for. */
  attempts: number;
  /** Undefined: nobody follows the counts. */
  changes?: Changes;
}

/** The right to work on a shard, or to be the one that works (the fence). `epoch` grows with every change of owner; a commit with an old one is refused. */
export interface Lease {
  shardId: string;
  owner: string;
  epoch: number;
  /** Grows with every renewal of the fence. Who sees it stand still for the lease's duration takes it over. */
  heartbeat: number;
}

/** A shard as the store knows it. `lease.owner` is empty when it was given back. */
export interface ShardState {
  checkpoint: Checkpoint;
  lease?: Lease;
}

/** What one batch of a shard changes, or the end of the shard. */
export interface BatchCommit {
  lease: Lease;
  checkpoint: Checkpoint;
  templates: readonly TemplateState[];
  contributions: readonly Contribution[];
  /** Groups that were let go: the shard's contributions to them are dropped. Default: none. */
  leftBehind?: readonly string[];
}

export interface NotificationCommit {
  /** The group after the notification; its `notifications` is one more than before. */
  meta: GroupMeta;
  /** Other groups that the alert tells of, after it, likewise. Default: none. */
  along?: readonly GroupMeta[];
  /** Goes into the outbox. */
  alert: Alert;
  /** Whether it goes into `incidents`, too. Default: no. */
  index?: boolean;
}

/** `committed: false`: another replica was first with one of the groups, and this is what it left. */
export type NotificationResult = { committed: true } | { committed: false; current: GroupMeta };

/** A group that a state has nothing of. */
export const neverNotified = (meta: GroupMeta): GroupMeta => ({
  ...meta,
  notifications: 0,
  notifiedTotals: {},
});

/** Small texts and counters by key, kept with the state and shared by its replicas. */
export interface Notes {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  /** Sets it unless it is there; what it is then, for every replica. */
  claim(key: string, value: string): Promise<string>;
  /**
   * Adds to the counters under a key; the sums. They are those of one period: a later one begins at 0, and what comes late for an
   * earlier one counts in the later.
   */
  count(
    key: string,
    period: number,
    amounts: Readonly<Record<string, number>>,
  ): Promise<Record<string, number>>;
}

/**
 * The consumer's durable state. Every method resolves only when its change is durable, and throws
 * `StateUnavailableError` when the store cannot be reached or written (try again; nothing happened, or it is harmless
 * to repeat) and `LeaseLostError` when another replica owns the shard.
 */
export interface StateStore {
  /** Alerts that wait for Slack. */
  readonly outbox: Outbox;
  /** Alerts that wait to be indexed. */
  readonly incidents: Outbox;
  readonly notes: Notes;
  /**
   * Remembers, the first time, which stream this state belongs to and when it was first read.
   * @throws StreamChangedError when it belongs to another one of that name (deleted and created anew).
   */
  claimStream(stream: StreamIdentity, now: number): Promise<{ firstReadAt: number }>;
  /** All of them, or only this one. */
  shards(shardId?: string): Promise<ShardState[]>;
  /** What became of the payloads of all shards, those that were forgotten too. */
  totals(): Promise<ShardTotals>;
  /** Takes a shard nobody works on, or (with `seen`) one whose owner was last seen so. Nothing: somebody was faster. */
  acquireLease(shardId: string, owner: string, seen?: Lease): Promise<Lease | undefined>;
  renewLease(lease: Lease): Promise<Lease>;
  releaseLease(lease: Lease): Promise<void>;
  loadTemplates(): Promise<TemplateState[]>;
  loadGroups(): Promise<GroupMeta[]>;
  /** @param fingerprints of which groups. Default: all that the shard has brought something to */
  loadContributions(shardId: string, fingerprints?: readonly string[]): Promise<Contribution[]>;
  /** Notes one attempt more than the checkpoint had, and returns them. The same again, after an answer that was lost, changes nothing. */
  countAttempt(lease: Lease, before: number): Promise<number>;
  commitBatch(commit: BatchCommit): Promise<void>;
  commitNotification(commit: NotificationCommit): Promise<NotificationResult>;
  /** Drops an ended shard that the stream no longer lists, with its contributions; its totals stay in `totals`. */
  forgetShard(shardId: string): Promise<void>;
  close(): Promise<void>;
}

export interface StreamIdentity {
  /** Name or ARN. */
  name: string;
  /** ms since the epoch; 0 when Kinesis does not say. */
  createdAt: number;
}

/** Under which key among the shards the totals are kept of those that were forgotten. No shard's id has a `#`. */
export const FORGOTTEN_TOTALS = "#forgotten";

/** Version of what is written. A store with a newer one is refused: this program could misread it. */
export const STATE_VERSION = 1;

/** The checkpoint of a shard nobody has read. */
export const freshCheckpoint = (shardId: string): Checkpoint => ({
  shardId,
  ended: false,
  totals: noTotals(),
  attempts: 0,
});

/** @throws StreamChangedError */
export function requireSameStream(known: StreamIdentity, given: StreamIdentity, store: string): void {
  const recreated = known.createdAt !== 0 && given.createdAt !== 0 && known.createdAt !== given.createdAt;
  if (known.name === given.name && !recreated) return;
  const shown = ({ name, createdAt }: StreamIdentity) =>
    `${name}${createdAt === 0 ? "" : ` made ${new Date(createdAt).toISOString()}`}`;
  throw new StreamChangedError(
    `${store}: given the stream ${shown(given)}, allowed the one this state belongs to, ${shown(known)}. ` +
      "Its checkpoints mean nothing in another stream: give this one a state of its own",
  );
}
