import type { Plan } from "./model.ts";
import { canonical, isList, isMap, type Node, TextDocument } from "./node.ts";

/** A policy that lets everybody in, which wasn't there before. */
export interface Exposure {
  readonly address: string;
  /** The attribute that holds the policy. */
  readonly attribute: string;
  /** The statement names conditions, which may narrow it. */
  readonly hasCondition: boolean;
}

/** The statements that a plan adds with `Principal: "*"`: everybody on the internet, unless a condition says less. */
export function exposuresIn({ resources }: Pick<Plan, "resources">): Exposure[] {
  return resources.flatMap(({ address, action, before, after }) => {
    if (!["create", "update", "replace"].includes(action) || !isMap(after)) return [];
    const old = new Set(statements(before).map((statement) => canonical(statement)));
    return [...after].flatMap(([attribute, value]) =>
      statements(value)
        .filter((statement) => isForEverybody(statement) && !old.has(canonical(statement)))
        .map((statement) => ({
          address,
          attribute,
          hasCondition: isMap(statement) && statement.has("Condition"),
        })),
    );
  });
}

/** Every statement of every policy document in a value. */
function statements(node: Node | undefined): Node[] {
  if (node instanceof TextDocument) return statements(node.content);
  if (isList(node)) return node.flatMap(statements);
  if (!isMap(node)) return [];
  const own = node.get("Statement");
  if (own !== undefined) return isList(own) ? [...own] : [own];
  return [...node.values()].flatMap(statements);
}

function isForEverybody(statement: Node): boolean {
  if (!isMap(statement) || statement.get("Effect") !== "Allow") return false;
  const principal = statement.get("Principal");
  const given: readonly (Node | undefined)[] = isMap(principal) ? [...principal.values()] : [principal];
  return given.some((names) => (isList(names) ? names.includes("*") : names === "*"));
}
