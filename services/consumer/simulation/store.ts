import { StateUnavailableError } from "../src/core/errors.ts";
import type { ShardWork } from "../src/read/kcl/conversation.ts";
import { DynamoStateStore } from "../src/state/dynamodb.ts";
import type { SqliteStateStore } from "../src/state/sqlite.ts";
import type { BatchCommit, Checkpoint, NotificationCommit, StateStore } from "../src/state/types.ts";
import type { Checks } from "./checks.ts";
import type { Item } from "./expressions.ts";
import type { Network } from "./network.ts";
import type { ProcessPorts } from "./process.ts";
import { type Command, VirtualTable } from "./table.ts";
import type { Life } from "./time.ts";

/** What a test may put between a process and its ports, to see that the checks notice. */
export interface Tamper {
  /** Of each command to DynamoDB. */
  readonly command?: (command: Command) => Command;
  /** Of all that a process talks to. */
  readonly ports?: (ports: ProcessPorts, life: Life) => ProcessPorts;
  /** Of what a shard's process does for KCL. */
  readonly work?: (work: ShardWork) => ShardWork;
}

/** The state of a schedule, which outlives its processes. */
export interface StateWorld {
  /** As a process sees it. @throws StateUnavailableError */
  open(life: Life, network: Network): Promise<StateStore>;
}

const TIMEOUT_MS = 10_000;

/** A DynamoDB table, behind the store that the consumer has for it. */
export function tableWorld(checks: Checks, { command = (one) => one }: Tamper): StateWorld {
  const table = new VirtualTable((item) => {
    const pk = item.pk?.S ?? "";
    if (pk === "shards" && item.doc !== undefined) onShard(item);
    if (pk === "outbox" && item.tries?.N === "0") checks.onAlert(parse(item));
  });
  const seen = new Map<string, string>();
  const onShard = (item: Item) => {
    const document = item.doc?.S ?? "";
    const shardId = item.sk?.S ?? "";
    // Leases and attempts are written beside it.
    if (seen.get(shardId) === document) return;
    seen.set(shardId, document);
    const counts = table.partitions.get(`contributions#${shardId}`)?.values() ?? [];
    const counted = [...counts].reduce((sum, one) => sum + parse<{ count: number }>(one).count, 0);
    checks.onCheckpoint(parse<Checkpoint>(item), counted);
  };
  return {
    open: (life, network) =>
      DynamoStateStore.open({
        table: "state",
        region: "us-east-1",
        now: life.clock().now,
        client: table.clientOf(life, network, command),
      }),
  };
}

/** A file, behind the store that the consumer has for it. */
export function fileWorld(checks: Checks, file: SqliteStateStore): StateWorld {
  const observed = {
    async commitBatch(commit: BatchCommit) {
      await file.commitBatch(commit);
      const { shardId } = commit.checkpoint;
      const contributions = await file.loadContributions(shardId);
      checks.onCheckpoint(
        commit.checkpoint,
        contributions.reduce((sum, { count }) => sum + count, 0),
      );
    },
    async commitNotification(commit: NotificationCommit) {
      const result = await file.commitNotification(commit);
      if (result.committed) checks.onAlert(commit.alert);
      return result;
    },
    // It outlives the process.
    async close() {},
  };
  return {
    open: async (life, network) => {
      const port = <T extends object>(target: T, over: object, name: string): T =>
        new Proxy(target, {
          get(_, key) {
            const method = Reflect.get(over, key) ?? Reflect.get(target, key);
            if (typeof method === "object") return port(method as object, {}, String(key));
            if (typeof method !== "function") return method;
            return (...given: unknown[]) =>
              network.call(life, {
                port: "state",
                what: `${name} ${String(key)}`,
                timeoutMs: TIMEOUT_MS,
                failure: (fault) => new StateUnavailableError(fault),
                effect: () => {
                  const done = (method as (...given: unknown[]) => Promise<unknown>).apply(target, given);
                  // Nobody waits for it when the answer is lost.
                  done.catch(() => undefined);
                  return done;
                },
              });
          },
        });
      return port<StateStore>(file, observed, "state");
    },
  };
}

const parse = <T>(item: Item): T => JSON.parse(item.doc?.S ?? "null") as T;
