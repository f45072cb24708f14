import { StateUnavailableError } from "../core/errors.ts";
import { type DynamoTable, type Item, key as keyOf } from "./dynamodb-table.ts";
import type { Notes } from "./types.ts";

const NOTES = "notes";
/** Replicas that begin a period at the same moment; more than that is no coincidence. */
const MOST_TRIES = 5;

/** The notes, in a partition of the table. */
export class DynamoNotes implements Notes {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#table.get(NOTES, key))?.doc?.S;
  }

  async set(key: string, value: string): Promise<void> {
    await this.#table.put({ Item: this.#note(key, value) });
  }

  async claim(key: string, value: string): Promise<string> {
    const Item = this.#note(key, value);
    if (await this.#table.put({ Item, ConditionExpression: "attribute_not_exists(pk)" })) return value;
    return (await this.get(key)) ?? value;
  }

  async count(
    key: string,
    period: number,
    amounts: Readonly<Record<string, number>>,
  ): Promise<Record<string, number>> {
    for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
      const sums = (await this.#add(key, period, amounts)) ?? (await this.#begin(key, period, amounts));
      if (sums) return sums;
    }
    throw new StateUnavailableError(`table ${this.#table.name}: the counters ${key} cannot be written`);
  }

  /** Nothing when the counters are those of an earlier period, or not there. */
  async #add(key: string, period: number, amounts: Readonly<Record<string, number>>) {
    const names = Object.keys(amounts);
    const answer = await this.#table.update({
      Key: keyOf(NOTES, key),
      UpdateExpression: `ADD ${names.map((_, place) => `#n${place} :n${place}`).join(", ")}`,
      ConditionExpression: "#period >= :period",
      ExpressionAttributeNames: {
        "#period": "period",
        ...Object.fromEntries(names.map((name, place) => [`#n${place}`, `n_${name}`])),
      },
      ExpressionAttributeValues: {
        ":period": { N: String(period) },
        ...Object.fromEntries(names.map((name, place) => [`:n${place}`, { N: String(amounts[name] ?? 0) }])),
      },
      ReturnValues: "ALL_NEW",
    });
    return answer && sumsOf(answer.Attributes ?? {});
  }

  /** Nothing when another replica was first. */
  async #begin(key: string, period: number, amounts: Readonly<Record<string, number>>) {
    const counters = Object.entries(amounts).map(([name, amount]) => [`n_${name}`, { N: String(amount) }]);
    const put = await this.#table.put({
      Item: { ...keyOf(NOTES, key), period: { N: String(period) }, ...Object.fromEntries(counters) },
      ConditionExpression: "attribute_not_exists(pk) OR #period < :period",
      ExpressionAttributeNames: { "#period": "period" },
      ExpressionAttributeValues: { ":period": { N: String(period) } },
    });
    return put && { ...amounts };
  }

  #note(key: string, value: string): Item {
    return { ...keyOf(NOTES, key), doc: { S: value } };
  }
}

function sumsOf(item: Item): Record<string, number> {
  const counters = Object.entries(item).filter(([name]) => name.startsWith("n_"));
  return Object.fromEntries(counters.map(([name, value]) => [name.slice(2), Number(value.N ?? 0)]));
}
