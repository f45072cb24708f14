import { type AttributeValue, DynamoDBClient, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { LeaseLostError, StateVersionError } from "../core/errors.ts";
import { addTotals, noTotals, type ShardTotals } from "../core/totals.ts";
import type { Contribution, GroupMeta, TemplateState } from "../core/types.ts";
import { DynamoNotes } from "./dynamodb-notes.ts";
import { DynamoOutbox } from "./dynamodb-outbox.ts";
import { chunked, DynamoTable, type Item, key, leaseOf } from "./dynamodb-table.ts";
import {
  type BatchCommit,
  type Checkpoint,
  FORGOTTEN_TOTALS,
  freshCheckpoint,
  type Lease,
  type NotificationCommit,
  type NotificationResult,
  neverNotified,
  requireSameStream,
  type ShardState,
  STATE_VERSION,
  type StateStore,
  type StreamIdentity,
} from "./types.ts";

export interface DynamoOptions {
  /** A table with the string keys `pk` (partition) and `sk` (sort). */
  table: string;
  region: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** Wall clock, ms since the epoch, by which what waits is ordered. Default: the system's. */
  now?: () => number;
  /** Sends the commands. Default: AWS's client, made of the options above. */
  client?: DynamoDBClient;
}

/** DynamoDB's limits for one call: 100 items and 4 MiB in a transaction. */
const TRANSACTION_ITEMS = 99;
const TRANSACTION_BYTES = 3_500_000;

const text = (value: string): AttributeValue => ({ S: value });
const number = (value: number): AttributeValue => ({ N: String(value) });
const document = (value: unknown): AttributeValue => text(JSON.stringify(value));
const parse = <T>(item: Item | undefined): T => JSON.parse(item?.doc?.S ?? "null") as T;
const contributionsOf = (shardId: string) => `contributions#${shardId}`;

const clientOf = ({ region, endpoint, credentials }: DynamoOptions) =>
  new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
    }),
    maxAttempts: 3,
  });

/**
 * The state in one DynamoDB table, which several processes may open. A shard's writes are transactions that check its lease, so an
 * owner that lost it writes nothing more; what does not fit into one transaction goes first, the checkpoint last, and a
 * contribution's `upTo` makes the repeat harmless.
 */
export class DynamoStateStore implements StateStore {
  readonly outbox: DynamoOutbox;
  readonly incidents: DynamoOutbox;
  readonly notes: DynamoNotes;
  readonly #table: DynamoTable;
  readonly #now: () => number;

  private constructor(options: DynamoOptions) {
    this.#table = new DynamoTable(options.client ?? clientOf(options), options.table);
    this.#now = options.now ?? Date.now;
    this.outbox = new DynamoOutbox(this.#table, "outbox");
    this.incidents = new DynamoOutbox(this.#table, "incidents");
    this.notes = new DynamoNotes(this.#table);
  }

  /** @throws StateVersionError when a newer consumer wrote the table, StateUnavailableError when it cannot be reached */
  static async open(options: DynamoOptions): Promise<DynamoStateStore> {
    const store = new DynamoStateStore(options);
    const version = Number((await store.#table.get("meta", "schema"))?.version?.N ?? 0);
    if (version > STATE_VERSION) {
      throw new StateVersionError(
        `table ${options.table}: given state of version ${version}, allowed up to ${STATE_VERSION}: ` +
          "it was written by a newer consumer; run that one, or give another table",
      );
    }
    if (version < STATE_VERSION) {
      const Item = { ...key("meta", "schema"), version: number(STATE_VERSION) };
      await store.#table.put({ Item });
    }
    return store;
  }

  async claimStream(stream: StreamIdentity, now: number): Promise<{ firstReadAt: number }> {
    const claim = { ...stream, firstReadAt: now };
    const Item = { ...key("meta", "stream"), doc: document(claim) };
    if (await this.#table.put({ Item, ConditionExpression: "attribute_not_exists(pk)" })) return claim;
    const known = parse<StreamIdentity & { firstReadAt: number }>(await this.#table.get("meta", "stream"));
    requireSameStream(known, stream, `table ${this.#table.name}`);
    return known;
  }

  async shards(shardId?: string): Promise<ShardState[]> {
    const items =
      shardId === undefined ? await this.#table.query("shards") : [await this.#table.get("shards", shardId)];
    return items
      .filter((item) => item !== undefined)
      .filter(({ sk }) => sk?.S !== FORGOTTEN_TOTALS)
      .map((item) => {
        const id = item.sk?.S ?? "";
        const checkpoint = parse<ShardState["checkpoint"] | null>(item) ?? freshCheckpoint(id);
        return {
          checkpoint: { ...checkpoint, attempts: Number(item.attempts?.N ?? 0) },
          lease: leaseOf(item, id),
        };
      });
  }

  async totals(): Promise<ShardTotals> {
    const checkpoints = (await this.#table.query("shards")).map((item) => parse<Checkpoint | null>(item));
    return checkpoints.map((one) => one?.totals ?? noTotals()).reduce(addTotals, noTotals());
  }

  async acquireLease(shardId: string, owner: string, seen?: Lease): Promise<Lease | undefined> {
    const answer = await this.#table.update({
      Key: key("shards", shardId),
      UpdateExpression: "SET #owner = :owner ADD epoch :one, heartbeat :one",
      ConditionExpression:
        seen === undefined
          ? "attribute_not_exists(#owner) OR #owner = :none"
          : "epoch = :epoch AND heartbeat = :heartbeat",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: {
        ":owner": text(owner),
        ":one": number(1),
        ...(seen === undefined
          ? { ":none": text("") }
          : { ":epoch": number(seen.epoch), ":heartbeat": number(seen.heartbeat) }),
      },
      ReturnValues: "ALL_NEW",
    });
    return answer && leaseOf(answer.Attributes ?? {}, shardId);
  }

  async renewLease(lease: Lease): Promise<Lease> {
    const answer = await this.#updateOwned(lease, "ADD heartbeat :one", { ":one": number(1) });
    return leaseOf(answer, lease.shardId);
  }

  async releaseLease(lease: Lease): Promise<void> {
    await this.#updateOwned(lease, "SET #owner = :none", { ":none": text("") }).catch((error: unknown) => {
      // Somebody else has it: given back enough.
      if (!(error instanceof LeaseLostError)) throw error;
    });
  }

  async loadTemplates(): Promise<TemplateState[]> {
    return (await this.#table.query("templates")).map((item) => parse<TemplateState>(item));
  }

  async loadGroups(): Promise<GroupMeta[]> {
    return (await this.#table.query("groups")).map((item) => parse<GroupMeta>(item));
  }

  async loadContributions(shardId: string, fingerprints?: readonly string[]): Promise<Contribution[]> {
    const pk = contributionsOf(shardId);
    const items =
      fingerprints === undefined ? await this.#table.query(pk) : await this.#table.getAll(pk, fingerprints);
    return items.map((item) => parse<Contribution>(item));
  }

  async countAttempt(lease: Lease, before: number): Promise<number> {
    await this.#updateOwned(lease, "SET attempts = :attempts", { ":attempts": number(before + 1) });
    return before + 1;
  }

  async commitBatch({
    lease,
    checkpoint,
    templates,
    contributions,
    leftBehind = [],
  }: BatchCommit): Promise<void> {
    await this.#putTemplates(templates);
    const TableName = this.#table.name;
    const pk = contributionsOf(checkpoint.shardId);
    const puts = contributions.map((one) => ({
      Put: { TableName, Item: { ...key(pk, one.fingerprint), doc: document(one) } },
    }));
    const deletes = leftBehind.map((fingerprint) => ({ Delete: { TableName, Key: key(pk, fingerprint) } }));
    const chunks = chunked([...puts, ...deletes], TRANSACTION_ITEMS, TRANSACTION_BYTES);
    const last = chunks.pop() ?? [];
    for (const chunk of chunks) await this.#writeOwned(lease, chunk, { ConditionCheck: this.#owned(lease) });
    const { attempts, ...rest } = checkpoint;
    const owned = this.#owned(lease);
    await this.#writeOwned(lease, last, {
      Update: {
        ...owned,
        // The end gives the lease back.
        UpdateExpression: `SET doc = :doc, attempts = :attempts${checkpoint.ended ? ", #owner = :none" : ""}`,
        ExpressionAttributeValues: {
          ...owned.ExpressionAttributeValues,
          ":doc": document(rest),
          ":attempts": number(attempts),
          ...(checkpoint.ended ? { ":none": text("") } : {}),
        },
      },
    });
  }

  async commitNotification({
    meta,
    along = [],
    alert,
    index,
  }: NotificationCommit): Promise<NotificationResult> {
    const now = this.#now();
    const metas = [meta, ...along];
    const committed = await this.#table.transact([
      ...metas.map((one) => this.#groupPut(one)),
      this.outbox.put(alert, now),
      ...(index ? [this.incidents.put(alert, now)] : []),
    ]);
    if (committed) return { committed: true };
    for (const one of metas) {
      const found = await this.#table.get("groups", one.fingerprint);
      const current = found ? parse<GroupMeta>(found) : neverNotified(one);
      if (current.notifications !== one.notifications - 1) return { committed: false, current };
    }
    return { committed: false, current: neverNotified(meta) };
  }

  async forgetShard(shardId: string): Promise<void> {
    const pk = contributionsOf(shardId);
    const items = await this.#table.query(pk);
    await this.#table.batch(items.map((item) => ({ DeleteRequest: { Key: key(pk, item.sk?.S ?? "") } })));
    const [gone, sum] = [
      await this.#table.get("shards", shardId),
      await this.#table.get("shards", FORGOTTEN_TOTALS),
    ];
    if (gone === undefined) return;
    const checkpoint = parse<Checkpoint | null>(sum) ?? freshCheckpoint(FORGOTTEN_TOTALS);
    const totals = addTotals(checkpoint.totals, parse<Checkpoint | null>(gone)?.totals ?? noTotals());
    // Another replica does the same: whoever comes second leaves it, or tries again at the next listing.
    await this.#table.transact([
      {
        Delete: {
          TableName: this.#table.name,
          Key: key("shards", shardId),
          ConditionExpression: "attribute_exists(pk)",
        },
      },
      {
        Put: {
          TableName: this.#table.name,
          Item: { ...key("shards", FORGOTTEN_TOTALS), doc: document({ ...checkpoint, totals }) },
          ...(sum === undefined
            ? { ConditionExpression: "attribute_not_exists(pk)" }
            : {
                ConditionExpression: "doc = :doc",
                ExpressionAttributeValues: { ":doc": sum.doc ?? text("") },
              }),
        },
      },
    ]);
  }

  async close(): Promise<void> {
    this.#table.destroy();
  }

  /** Writes what was notified of a group, unless another replica was first. */
  #groupPut(meta: GroupMeta): TransactWriteItem {
    const before = meta.notifications - 1;
    return {
      Put: {
        TableName: this.#table.name,
        Item: {
          ...key("groups", meta.fingerprint),
          notifications: number(meta.notifications),
          doc: document(meta),
        },
        ConditionExpression: before === 0 ? "attribute_not_exists(pk)" : "notifications = :before",
        ...(before > 0 && { ExpressionAttributeValues: { ":before": number(before) } }),
      },
    };
  }

  #owned(lease: Lease) {
    return {
      TableName: this.#table.name,
      Key: key("shards", lease.shardId),
      ConditionExpression: "#owner = :owner AND epoch = :epoch",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: { ":owner": text(lease.owner), ":epoch": number(lease.epoch) } as Item,
    };
  }

  async #updateOwned(lease: Lease, expression: string, values: Item): Promise<Item> {
    const owned = this.#owned(lease);
    const answer = await this.#table.update({
      ...owned,
      UpdateExpression: expression,
      ExpressionAttributeValues: { ...owned.ExpressionAttributeValues, ...values },
      ReturnValues: "ALL_NEW",
    });
    if (answer === undefined) throw new LeaseLostError(lease.shardId);
    return answer.Attributes ?? {};
  }

  async #writeOwned(lease: Lease, writes: TransactWriteItem[], guard: TransactWriteItem): Promise<void> {
    if (!(await this.#table.transact([guard, ...writes]))) throw new LeaseLostError(lease.shardId);
  }

  /** Not part of the transaction: the same template may come from several replicas, and either's state is right. */
  async #putTemplates(templates: readonly TemplateState[]): Promise<void> {
    await this.#table.batch(
      templates.map((one) => ({
        PutRequest: { Item: { ...key("templates", one.fingerprint), doc: document(one) } },
      })),
    );
  }
}
