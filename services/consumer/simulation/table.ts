import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  type PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { holds, type Item, type Names, updated } from "./expressions.ts";
import type { Fault, Network } from "./network.ts";
import type { Life } from "./time.ts";

interface Write extends Names {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly ConditionExpression?: string;
  readonly UpdateExpression?: string;
}

export type Command =
  | BatchGetItemCommand
  | BatchWriteItemCommand
  | DeleteItemCommand
  | GetItemCommand
  | PutItemCommand
  | QueryCommand
  | TransactWriteItemsCommand
  | UpdateItemCommand;

/** Tries of AWS's client, and what it waits between them at most, ms. */
const TRIES = 3;
const RETRY_MS = 100;
const TIMEOUT_MS = 10_000;

/** One DynamoDB table, with as much of DynamoDB as the state store asks for. */
export class VirtualTable {
  /** By partition and place in it. */
  readonly partitions = new Map<string, Map<string, Item>>();
  readonly #onWrite: (item: Item) => void;

  /** @param onWrite is called once a whole command has taken effect, for each item that it put or changed */
  constructor(onWrite: (item: Item) => void) {
    this.#onWrite = onWrite;
  }

  /** AWS's client as a process has it. It tries again by itself, and a transaction that was done once stays so. */
  clientOf(life: Life, network: Network, tamper: (command: Command) => Command): DynamoDBClient {
    const clock = life.clock();
    const send = async (given: Command) => {
      const command = tamper(given);
      let done: { answer: unknown } | undefined;
      const effect = () => {
        if (done && command instanceof TransactWriteItemsCommand) return done.answer;
        done = { answer: this.#apply(command) };
        return done.answer;
      };
      const what = `${command.constructor.name.replace("Command", "")} ${keyOf(command)}`;
      for (let attempt = 1; ; attempt++) {
        try {
          return await network.call(life, { port: "state", what, effect, failure, timeoutMs: TIMEOUT_MS });
        } catch (error) {
          if (attempt === TRIES || !(error instanceof NoAnswer)) throw error;
          await clock.sleep(RETRY_MS * clock.random());
        }
      }
    };
    // AWS's own pages of a query ask for its class.
    return Object.assign(Object.create(DynamoDBClient.prototype) as DynamoDBClient, { send, destroy() {} });
  }

  #apply(command: Command): unknown {
    const { input } = command;
    if (command instanceof GetItemCommand) return { Item: this.#get(command.input.Key as Item) };
    if (command instanceof BatchGetItemCommand) {
      const found = Object.entries(command.input.RequestItems ?? {}).map(([table, { Keys = [] }]) => [
        table,
        Keys.map((key) => this.#get(key as Item)).filter((item) => item !== undefined),
      ]);
      return { Responses: Object.fromEntries(found) };
    }
    if (command instanceof QueryCommand) return this.#query(command);
    if (command instanceof TransactWriteItemsCommand) {
      const writes = (command.input.TransactItems ?? []).map(
        ({ Put, Update, Delete, ConditionCheck }) => (Put ?? Update ?? Delete ?? ConditionCheck) as Write,
      );
      const isAllowed = writes.map((write) => this.#isAllowed(write));
      if (isAllowed.includes(false)) {
        const CancellationReasons = isAllowed.map((is) => ({ Code: is ? "None" : "ConditionalCheckFailed" }));
        throw new TransactionCanceledException({ message: "cancelled", $metadata: {}, CancellationReasons });
      }
      const kinds = (command.input.TransactItems ?? []).map((one) => Object.keys(one)[0]);
      const written = writes.map((write, place) => this.#write(write, kinds[place] === "Delete"));
      for (const item of written) if (item) this.#onWrite(item);
      return {};
    }
    if (command instanceof BatchWriteItemCommand) {
      for (const { PutRequest, DeleteRequest } of Object.values(command.input.RequestItems ?? {}).flat()) {
        if (PutRequest) this.#write({ Item: PutRequest.Item as Item }, false);
        if (DeleteRequest) this.#write({ Key: DeleteRequest.Key as Item }, true);
      }
      return {};
    }
    const write = input as Write;
    if (!this.#isAllowed(write))
      throw new ConditionalCheckFailedException({ message: "the condition does not hold", $metadata: {} });
    const item = this.#write(write, command instanceof DeleteItemCommand);
    if (item) this.#onWrite(item);
    return { Attributes: item };
  }

  #get(key: Item): Item | undefined {
    return this.partitions.get(key.pk?.S ?? "")?.get(key.sk?.S ?? "");
  }

  #isAllowed(write: Write): boolean {
    const { ConditionExpression: condition } = write;
    return condition === undefined || holds(condition, write, this.#get((write.Item ?? write.Key) as Item));
  }

  /** What is written; nothing: it was deleted, or only looked at. */
  #write(write: Write, isDelete: boolean): Item | undefined {
    const { Item, Key, UpdateExpression } = write;
    const key = (Item ?? Key) as Item;
    const pk = key.pk?.S ?? "";
    const partition = this.partitions.get(pk) ?? new Map<string, Item>();
    this.partitions.set(pk, partition);
    if (isDelete) partition.delete(key.sk?.S ?? "");
    if (isDelete || (Item === undefined && UpdateExpression === undefined)) return undefined;
    const item = Item ?? updated(UpdateExpression ?? "", write, this.#get(key) ?? key);
    partition.set(key.sk?.S ?? "", item);
    return item;
  }

  #query({ input }: QueryCommand): unknown {
    const { ExpressionAttributeValues, ExclusiveStartKey, Limit, Select } = input;
    const partition = this.partitions.get(ExpressionAttributeValues?.[":pk"]?.S ?? "");
    const after = ExclusiveStartKey?.sk?.S;
    const places = [...(partition?.keys() ?? [])].filter((sk) => after === undefined || sk > after).sort();
    const page = places.slice(0, Limit);
    const Items = page.map((sk) => partition?.get(sk) as Item);
    const last = page.length < places.length ? Items.at(-1) : undefined;
    return {
      Count: page.length,
      ...(Select === "COUNT" ? {} : { Items }),
      ...(last && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } as Record<string, AttributeValue> }),
    };
  }
}

/** A call that AWS's client makes again. */
class NoAnswer extends Error {}

const failure = (fault: Fault) =>
  Object.assign(
    new NoAnswer(
      fault === "refused" ? "The level of configured throughput was exceeded" : "no answer in time",
    ),
    { name: fault === "refused" ? "ProvisionedThroughputExceededException" : "TimeoutError" },
  );

/** For the trace: the partition, and the place in it. */
function keyOf(command: Command): string {
  const input = command.input as Write & {
    TransactItems?: Record<string, Write>[];
    ExpressionAttributeValues?: Item;
  };
  const [first] = input.TransactItems ?? [];
  const { Key, Item } = first ? (Object.values(first)[0] as Write) : input;
  const key = Key ?? Item;
  const pk = key?.pk ?? input.ExpressionAttributeValues?.[":pk"];
  return `${pk?.S ?? ""} ${key?.sk?.S ?? ""}`.trim();
}
