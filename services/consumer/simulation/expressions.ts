import type { AttributeValue } from "@aws-sdk/client-dynamodb";

export type Item = Record<string, AttributeValue>;

/** What the names and values in an expression stand for. */
export interface Names {
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Item;
}

/** Whether a condition holds for an item: comparisons and `attribute_exists`, joined by AND, or by OR. */
export function holds(condition: string, names: Names, item: Item | undefined): boolean {
  if (condition.includes(" OR ")) return condition.split(" OR ").some((one) => holds(one, names, item));
  if (condition.includes(" AND ")) return condition.split(" AND ").every((one) => holds(one, names, item));
  const [, not, asked = ""] = /^attribute_(not_)?exists\((.+)\)$/.exec(condition) ?? [];
  if (asked !== "") return (item?.[nameOf(asked, names)] === undefined) === (not !== undefined);
  const [, left = "", operator = "", right = ""] = /^(\S+) (=|>=|<) (\S+)$/.exec(condition) ?? [];
  const one = item?.[nameOf(left, names)];
  const other = names.ExpressionAttributeValues?.[right];
  if (one === undefined || other === undefined) return false;
  if (operator === "=") return one.S === other.S && one.N === other.N;
  if (operator === ">=") return Number(one.N) >= Number(other.N);
  if (operator === "<") return Number(one.N) < Number(other.N);
  throw new Error(`no condition that the simulated table knows: ${condition}`);
}

/** The item after an update: SET name = :value, … ADD name :value, … */
export function updated(expression: string, names: Names, before: Item): Item {
  const item = { ...before };
  for (const [, kind, list = ""] of expression.matchAll(/(SET|ADD) (.+?)(?= SET | ADD |$)/g)) {
    for (const one of list.split(", ")) {
      const [name = "", value = ""] = one.split(kind === "SET" ? " = " : " ");
      const given = names.ExpressionAttributeValues?.[value];
      if (given === undefined) throw new Error(`no update that the simulated table knows: ${expression}`);
      const key = nameOf(name, names);
      item[key] = kind === "SET" ? given : { N: String(Number(item[key]?.N ?? 0) + Number(given.N)) };
    }
  }
  return item;
}

const nameOf = (name: string, { ExpressionAttributeNames: names }: Names) => names?.[name] ?? name;
