import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  type QueryCommandInput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { StateUnavailableError } from "../src/core/errors.ts";
import { DynamoOutbox } from "../src/state/dynamodb-outbox.ts";
import { DynamoTable } from "../src/state/dynamodb-table.ts";
import { alert } from "./support/state-contract.ts";

type Item = Record<string, AttributeValue>;

/** A table, as far as an outbox uses it: items by partition and sort key, a page of a count has one item. */
class MemoryTable {
  readonly items = new Map<string, Item>();
  /** What the next call fails with. */
  failure: Error | undefined;
  readonly queries: QueryCommandInput[] = [];
  calls = 0;

  async send(command: unknown): Promise<object> {
    this.calls++;
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
    if (command instanceof UpdateItemCommand) return this.#update(command);
    if (command instanceof DeleteItemCommand) {
      expect(command.input.TableName).toBe("state");
      this.items.delete(placeOf(command.input.Key));
      return {};
    }
    const { input } = command as { input: QueryCommandInput };
    this.queries.push(input);
    expect(input).toMatchObject({ TableName: "state", KeyConditionExpression: "pk = :pk" });
    const partition = `${input.ExpressionAttributeValues?.[":pk"]?.S}/`;
    const after = input.ExclusiveStartKey ? placeOf(input.ExclusiveStartKey) : "";
    const places = [...this.items.keys()]
      .filter((place) => place.startsWith(partition) && place > after)
      .sort();
    if (input.Select === "COUNT") {
      const [place] = places;
      if (place === undefined) return {};
      return { Count: 1, LastEvaluatedKey: keyOf(this.items.get(place)) };
    }
    return { Items: places.slice(0, input.Limit).map((place) => this.items.get(place)) };
  }

  put({ Put }: ReturnType<DynamoOutbox["put"]>): void {
    expect(Put?.TableName).toBe("state");
    this.items.set(placeOf(Put?.Item), Put?.Item ?? {});
  }

  #update({ input }: UpdateItemCommand): object {
    expect(input.TableName).toBe("state");
    expect(input.UpdateExpression).toBe("SET #state = :state, tries = :next");
    expect(input.ConditionExpression).toBe("tries = :tries");
    expect(input.ExpressionAttributeNames).toEqual({ "#state": "state" });
    const { ":state": state, ":tries": tries, ":next": next } = input.ExpressionAttributeValues ?? {};
    const place = placeOf(input.Key);
    const item = this.items.get(place);
    if (!item || item.tries?.N !== tries?.N) {
      throw new ConditionalCheckFailedException({ message: "no", $metadata: {} });
    }
    this.items.set(place, { ...item, state: state as AttributeValue, tries: next as AttributeValue });
    return {};
  }
}

const placeOf = (key: Item | undefined) => `${key?.pk?.S}/${key?.sk?.S}`;
const keyOf = (item: Item | undefined): Item => ({ pk: item?.pk ?? { S: "" }, sk: item?.sk ?? { S: "" } });

let table: MemoryTable;
beforeEach(() => {
  table = new MemoryTable();
});

function outbox(partition: "outbox" | "incidents" = "outbox"): DynamoOutbox {
  const client = new DynamoDBClient({ region: "eu-north-1" });
  client.send = (command: unknown) => table.send(command);
  return new DynamoOutbox(new DynamoTable(client, "state"), partition);
}

/** An outbox with these alerts, put in one after the other. */
function holding(...ids: readonly string[]): DynamoOutbox {
  const made = outbox();
  for (const [place, id] of ids.entries()) table.put(made.put(alert(id), 1_000 + place));
  return made;
}
const idsOf = async (made: DynamoOutbox, limit = 10) =>
  (await made.pending(limit)).map(({ id, state }) => `${id} ${state}`);

describe("alerts that wait to leave", () => {
  it("are put under their time, in full, as nobody has tried them", () => {
    expect(outbox().put({ ...alert("a"), errorCode: "DB-42" }, 1_234)).toEqual({
      Put: {
        TableName: "state",
        Item: {
          pk: { S: "outbox" },
          sk: { S: "000000000001234#a" },
          state: { S: "pending" },
          tries: { N: "0" },
          doc: { S: JSON.stringify({ ...alert("a"), errorCode: "DB-42" }) },
        },
      },
    });
  });

  it("come in the order in which they were put, whatever their ids, so many at once", async () => {
    const made = outbox();
    for (const [id, now] of [
      ["a", 10_000],
      ["b", 9_999],
      ["c", 100],
    ] as const)
      table.put(made.put(alert(id), now));
    expect(await made.pending(10)).toEqual([
      { id: "c", state: "pending", alert: alert("c") },
      { id: "b", state: "pending", alert: alert("b") },
      { id: "a", state: "pending", alert: alert("a") },
    ]);
    expect(await idsOf(made, 2)).toEqual(["c pending", "b pending"]);
    expect(table.queries[0]).toMatchObject({ ConsistentRead: true, Limit: 10 });
    expect(table.queries[0]).not.toHaveProperty("Select");
    expect(table.calls).toBe(2);
  });

  it("are of one partition: those of the incidents are others", async () => {
    const made = holding("a");
    const incidents = outbox("incidents");
    table.put(incidents.put(alert("i"), 1));
    expect(await idsOf(made)).toEqual(["a pending"]);
    expect(await idsOf(incidents)).toEqual(["i pending"]);
    expect([await made.size(), await incidents.size()]).toEqual([1, 1]);
  });

  it("are counted over every page, without reading them", async () => {
    expect(await outbox().size()).toBe(0);
    expect(await holding("a", "b", "c").size()).toBe(3);
    expect(table.queries.at(-1)).toMatchObject({ Select: "COUNT" });
  });
});

describe("sending", () => {
  it("is noted before it begins, and the alert is gone after it", async () => {
    const made = holding("a", "b", "c");
    await made.pending(10);
    await made.markSending(["a", "b"]);
    expect(await idsOf(outbox())).toEqual(["a sending", "b sending", "c pending"]);
    await made.markSent(["a", "b"]);
    expect(await idsOf(made)).toEqual(["c pending"]);
    // Each look, claim, and removal can be tried again by itself.
    expect(table.calls).toBe(7);
  });

  it("may be noted again by the one that began it", async () => {
    const made = holding("a");
    await made.pending(10);
    await made.markSending(["a"]);
    await made.markSending(["a"]);
    expect([...table.items.values()][0]?.tries).toEqual({ N: "2" });
  });

  it("goes on after a restart with what was begun and not seen to end", async () => {
    const made = holding("a");
    await made.pending(10);
    await made.markSending(["a"]);
    const next = outbox();
    expect(await next.pending(10)).toEqual([{ id: "a", state: "sending", alert: alert("a") }]);
    await next.markSending(["a"]);
    await next.markSent(["a"]);
    expect(await next.size()).toBe(0);
  });

  it("is refused to a replica that looked before another one claimed the alert", async () => {
    const late = holding("a");
    await late.pending(10);
    const other = outbox();
    await other.pending(10);
    await other.markSending(["a"]);
    const refused = late.markSending(["a"]);
    await expect(refused).rejects.toThrow(StateUnavailableError);
    await expect(refused).rejects.toThrow("alert a: another replica is sending it");
    // It is the other's, and leaves as the other says.
    await other.markSent(["a"]);
    expect(await other.size()).toBe(0);
  });

  it("is refused of an alert that was not looked at, or has left", async () => {
    const made = holding("a");
    const unknown = "alert a: not among those that were looked at";
    await expect(made.markSending(["a"])).rejects.toThrow(unknown);
    await expect(made.markSent(["a"])).rejects.toThrow(StateUnavailableError);
    await made.pending(10);
    await made.markSent(["a"]);
    await expect(made.markSending(["a"])).rejects.toThrow(unknown);
    table.put(made.put(alert("b"), 1));
    await made.pending(10);
    table.items.clear();
    await made.pending(10);
    await expect(made.markSending(["b"])).rejects.toThrow("alert b: another replica is sending it");
  });

  it("fails as DynamoDB does, and another failure of a claim is not taken for another replica", async () => {
    const made = holding("a");
    await made.pending(10);
    table.failure = new Error("throttled");
    await expect(made.markSending(["a"])).rejects.toThrow("throttled");
    table.failure = new Error("gone");
    await expect(made.pending(10)).rejects.toThrow("gone");
    await made.markSending(["a"]);
    expect(await idsOf(made)).toEqual(["a sending"]);
  });
});
