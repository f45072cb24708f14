import {
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { resend } from "@cali/base";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { LeaseLostError, StateUnavailableError, StateVersionError } from "../core/errors.ts";
import { addTotals, noTotals, type ShardTotals } from "../core/totals.ts";
import type { Contribution, GroupMeta, TemplateState } from "../core/types.ts";
import {
  chunked,
  document,
  getItems,
  groupPut,
  type Item,
  key,
  leaseOf,
  number,
  queryAll,
  text,
} from "./dynamodb-items.ts";
import { DynamoNotes } from "./dynamodb-notes.ts";
import { DynamoOutbox } from "./dynamodb-outbox.ts";
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

/** DynamoDB's limits for one call: 100 items and 4 MiB in a transaction, 25 in a batch. */
const TRANSACTION_ITEMS = 99;
const TRANSACTION_BYTES = 3_500_000;
const BATCH_ITEMS = 25;

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
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #now: () => number;

  private constructor(options: DynamoOptions) {
    this.#table = options.table;
    this.#now = options.now ?? Date.now;
    this.#client = options.client ?? clientOf(options);
    const call = <T>(work: () => Promise<T>) => this.#call(work);
    const { table } = options;
    this.outbox = new DynamoOutbox(this.#client, { table, partition: "outbox" }, call);
    this.incidents = new DynamoOutbox(this.#client, { table, partition: "incidents" }, call);
    this.notes = new DynamoNotes(this.#client, table, call);
  }

  /** @throws StateVersionError when a newer consumer wrote the table, StateUnavailableError when it cannot be reached */
  static async open(options: DynamoOptions): Promise<DynamoStateStore> {
    const store = new DynamoStateStore(options);
    const version = Number((await store.#get("meta", "schema"))?.version?.N ?? 0);
    if (version > STATE_VERSION) {
      throw new StateVersionError(
        `table ${options.table}: given state of version ${version}, allowed up to ${STATE_VERSION}: ` +
          "it was written by a newer consumer; run that one, or give another table",
      );
    }
    if (version < STATE_VERSION) {
      const Item = { ...key("meta", "schema"), version: number(STATE_VERSION) };
      await store.#call(() => store.#client.send(new PutItemCommand({ TableName: store.#table, Item })));
    }
    return store;
  }

  async claimStream(stream: StreamIdentity, now: number): Promise<{ firstReadAt: number }> {
    const claim = { ...stream, firstReadAt: now };
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: { ...key("meta", "stream"), doc: document(claim) },
      ConditionExpression: "attribute_not_exists(pk)",
    });
    if (await this.#conditional(() => this.#client.send(put))) return claim;
    const known = parse<StreamIdentity & { firstReadAt: number }>(await this.#get("meta", "stream"));
    requireSameStream(known, stream, `table ${this.#table}`);
    return known;
  }

  async shards(shardId?: string): Promise<ShardState[]> {
    const items = shardId === undefined ? await this.#query("shards") : [await this.#get("shards", shardId)];
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
    const checkpoints = (await this.#query("shards")).map((item) => parse<Checkpoint | null>(item));
    return checkpoints.map((one) => one?.totals ?? noTotals()).reduce(addTotals, noTotals());
  }

  async acquireLease(shardId: string, owner: string, seen?: Lease): Promise<Lease | undefined> {
    const update = new UpdateItemCommand({
      TableName: this.#table,
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
    const answer = await this.#conditional(() => this.#client.send(update));
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
    return (await this.#query("templates")).map((item) => parse<TemplateState>(item));
  }

  async loadGroups(): Promise<GroupMeta[]> {
    return (await this.#query("groups")).map((item) => parse<GroupMeta>(item));
  }

  async loadContributions(shardId: string, fingerprints?: readonly string[]): Promise<Contribution[]> {
    const pk = contributionsOf(shardId);
    const items =
      fingerprints === undefined
        ? await this.#query(pk)
        : await this.#call(() => getItems(this.#client, this.#table, pk, fingerprints));
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
    const TableName = this.#table;
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
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [
        ...metas.map((one) => groupPut(this.#table, one)),
        this.outbox.put(alert, now),
        ...(index ? [this.incidents.put(alert, now)] : []),
      ],
    });
    if (await this.#conditional(() => this.#client.send(transaction))) return { committed: true };
    for (const one of metas) {
      const found = await this.#get("groups", one.fingerprint);
      const current = found ? parse<GroupMeta>(found) : neverNotified(one);
      if (current.notifications !== one.notifications - 1) return { committed: false, current };
    }
    return { committed: false, current: neverNotified(meta) };
  }

  async forgetShard(shardId: string): Promise<void> {
    const pk = contributionsOf(shardId);
    const items = await this.#query(pk);
    await this.#batch(items.map((item) => ({ DeleteRequest: { Key: key(pk, item.sk?.S ?? "") } })));
    const [gone, sum] = [await this.#get("shards", shardId), await this.#get("shards", FORGOTTEN_TOTALS)];
    if (gone === undefined) return;
    const checkpoint = parse<Checkpoint | null>(sum) ?? freshCheckpoint(FORGOTTEN_TOTALS);
    const totals = addTotals(checkpoint.totals, parse<Checkpoint | null>(gone)?.totals ?? noTotals());
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [
        {
          Delete: {
            TableName: this.#table,
            Key: key("shards", shardId),
            ConditionExpression: "attribute_exists(pk)",
          },
        },
        {
          Put: {
            TableName: this.#table,
            Item: { ...key("shards", FORGOTTEN_TOTALS), doc: document({ ...checkpoint, totals }) },
            ...(sum === undefined
              ? { ConditionExpression: "attribute_not_exists(pk)" }
              : {
                  ConditionExpression: "doc = :doc",
                  ExpressionAttributeValues: { ":doc": sum.doc ?? text("") },
                }),
          },
        },
      ],
    });
    // Another replica does the same: whoever comes second leaves it, or tries again at the next listing.
    await this.#conditional(() => this.#client.send(transaction));
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  async #get(pk: string, sk: string): Promise<Item | undefined> {
    const get = new GetItemCommand({ TableName: this.#table, Key: key(pk, sk), ConsistentRead: true });
    return (await this.#call(() => this.#client.send(get))).Item;
  }

  #query(pk: string): Promise<Item[]> {
    return this.#call(() => queryAll(this.#client, this.#table, pk));
  }

  #owned(lease: Lease) {
    return {
      TableName: this.#table,
      Key: key("shards", lease.shardId),
      ConditionExpression: "#owner = :owner AND epoch = :epoch",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: { ":owner": text(lease.owner), ":epoch": number(lease.epoch) } as Item,
    };
  }

  async #updateOwned(lease: Lease, expression: string, values: Item): Promise<Item> {
    const owned = this.#owned(lease);
    const update = new UpdateItemCommand({
      ...owned,
      UpdateExpression: expression,
      ExpressionAttributeValues: { ...owned.ExpressionAttributeValues, ...values },
      ReturnValues: "ALL_NEW",
    });
    const answer = await this.#conditional(() => this.#client.send(update));
    if (answer === undefined) throw new LeaseLostError(lease.shardId);
    return answer.Attributes ?? {};
  }

  async #writeOwned(lease: Lease, writes: TransactWriteItem[], guard: TransactWriteItem): Promise<void> {
    const transaction = new TransactWriteItemsCommand({ TransactItems: [guard, ...writes] });
    if (!(await this.#conditional(() => this.#client.send(transaction))))
      throw new LeaseLostError(lease.shardId);
  }

  /** Not part of the transaction: the same template may come from several replicas, and either's state is right. */
  async #putTemplates(templates: readonly TemplateState[]): Promise<void> {
    await this.#batch(
      templates.map((one) => ({
        PutRequest: { Item: { ...key("templates", one.fingerprint), doc: document(one) } },
      })),
    );
  }

  async #batch(requests: NonNullable<BatchWriteItemCommandInput["RequestItems"]>[string]): Promise<void> {
    for (let from = 0; from < requests.length; from += BATCH_ITEMS) {
      const left = await resend(
        requests.slice(from, from + BATCH_ITEMS),
        async (writes) => {
          const write = new BatchWriteItemCommand({ RequestItems: { [this.#table]: [...writes] } });
          return (await this.#call(() => this.#client.send(write))).UnprocessedItems?.[this.#table] ?? [];
        },
        { tries: 8, firstMs: 50, longestMs: 2_000 },
      );
      if (left.length > 0)
        throw new StateUnavailableError(
          `table ${this.#table}: ${left.length} writes are not taken: throttled`,
        );
    }
  }

  /** Nothing when the write's condition does not hold. */
  async #conditional<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.#call(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        if (
          error instanceof TransactionCanceledException &&
          error.CancellationReasons?.some(({ Code }) => Code === "ConditionalCheckFailed")
        ) {
          return undefined;
        }
        throw error;
      }
    });
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { name, message } = error as Error;
      throw new StateUnavailableError(`table ${this.#table}: ${name}: ${message}`, { cause: error });
    }
  }
}
