import { StateUnavailableError } from "../src/core/errors.ts";
import type { Network } from "./network.ts";
import type { Life } from "./time.ts";

/** All of a shard is done. */
export const SHARD_END = "SHARD_END";

/** A row of KCL's table. */
export interface KclLease {
  readonly shardId: string;
  /** Empty: nobody. */
  readonly owner: string;
  /** Raised by each renewal and each change of the owner: whoever waits sees by it that the owner is alive. */
  readonly counter: number;
  /** `TRIM_HORIZON`, a sequence number or `SHARD_END`. */
  readonly checkpoint: string;
}

/** As a daemon sees the table. Each call may fail as DynamoDB's do. */
export interface LeasePort {
  list(): Promise<KclLease[]>;
  create(shardId: string): Promise<void>;
  /** Takes what nobody has touched since it was seen. @returns nothing: somebody has */
  take(seen: KclLease): Promise<KclLease | undefined>;
  /** @returns nothing: the lease is another one's */
  renew(shardId: string): Promise<KclLease | undefined>;
  release(shardId: string): Promise<void>;
  /** @returns whether it is kept: the lease was the daemon's own */
  checkpoint(shardId: string, place: string): Promise<boolean>;
  ownerOf(shardId: string): Promise<string | undefined>;
}

const TIMEOUT_MS = 10_000;

/** KCL's table of leases. It says who reads and from where; what is done stands in the consumer's own state. */
export class VirtualLeases {
  readonly #leases = new Map<string, KclLease>();

  /** As when somebody deletes the table: whoever starts next begins at the oldest record. */
  lose(): void {
    this.#leases.clear();
  }

  portOf(life: Life, network: Network): LeasePort {
    const call = <T>(what: string, effect: () => T) =>
      network.call(life, {
        port: "state",
        what: `KCL's table: ${what}`,
        effect,
        failure: (fault) => new StateUnavailableError(`KCL's table: ${fault}`),
        timeoutMs: TIMEOUT_MS,
      });
    const own = (shardId: string) => {
      const lease = this.#leases.get(shardId);
      return lease?.owner === life.name ? lease : undefined;
    };
    const put = (lease: KclLease, change: Partial<KclLease>): KclLease => {
      const changed = { ...lease, ...change, counter: lease.counter + 1 };
      this.#leases.set(lease.shardId, changed);
      return changed;
    };
    return {
      list: () => call("list", () => [...this.#leases.values()]),
      create: (shardId) =>
        call(`create ${shardId}`, () => {
          const fresh = { shardId, owner: "", counter: 0, checkpoint: "TRIM_HORIZON" };
          if (!this.#leases.has(shardId)) this.#leases.set(shardId, fresh);
        }),
      take: (seen) =>
        call(`take ${seen.shardId} of ${seen.owner || "nobody"}`, () => {
          const lease = this.#leases.get(seen.shardId);
          return lease?.counter === seen.counter ? put(lease, { owner: life.name }) : undefined;
        }),
      renew: (shardId) =>
        call(`renew ${shardId}`, () => {
          const lease = own(shardId);
          return lease && put(lease, {});
        }),
      release: (shardId) =>
        call(`release ${shardId}`, () => {
          const lease = own(shardId);
          if (lease) put(lease, { owner: "" });
        }),
      checkpoint: (shardId, place) =>
        call(`checkpoint ${shardId} at ${place}`, () => {
          const lease = own(shardId);
          if (lease) put(lease, { checkpoint: place });
          return lease !== undefined;
        }),
      ownerOf: (shardId) => call(`owner of ${shardId}`, () => this.#leases.get(shardId)?.owner),
    };
  }
}
