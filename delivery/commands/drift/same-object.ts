import type { Plan } from "../../core/plan-json/model.ts";
import { canonical, isEmpty, isMap, type Node, Sensitive } from "../../core/plan-json/node.ts";
import { inline } from "../../core/plan-json/text.ts";
import { type Finding, fingerprintOf, type Words } from "./finding.ts";

/** An object that a state has. */
export interface Holding {
  /** The stack, or the key of a state that no stack has. */
  readonly stack: string;
  readonly address: string;
  readonly type: string;
  readonly attributes: ReadonlyMap<string, Node>;
}

/** Values that Terraform makes and keeps: ids repeat (every `random_password` has the id `none`), and there is nothing to fight over. */
const ONLY_IN_STATES = /^(random|time|tls|local|archive)_/;

/**
 * What distinguishes objects whose ids are unique only within something: a log stream's id is its name, a Helm release's too. Where
 * two objects both have one of these and it differs, they are two.
 */
const SCOPES = [
  "arn",
  "region",
  "namespace",
  "cluster_name",
  "function_name",
  "rest_api_id",
  "api_id",
  "service_namespace",
  "scalable_dimension",
];

/** Types whose ids a provider makes up for each state anew (AWS before 6.0): by what else it is known which object it is. */
const KNOWN_BY: ReadonlyMap<string, readonly string[]> = new Map([
  ["aws_iam_role_policy_attachment", ["role", "policy_arn"]],
]);

/** What is kept of an object to compare it. */
export const IDENTIFYING: ReadonlySet<string> = new Set(["id", ...SCOPES, ...[...KNOWN_BY.values()].flat()]);

/** The objects of a stack's state, as it was when it was planned. */
export function holdingsOfPlan(stack: string, { resources }: Plan): Holding[] {
  return resources.flatMap(({ address, type, mode, importing, deposed, before }): Holding[] => {
    const isHeld = mode === "managed" && !importing && deposed === undefined && isMap(before);
    return isHeld ? [{ stack, address, type, attributes: before }] : [];
  });
}

/** Objects that are in two places, of two states or of one: each would be changed, or destroyed, by both. */
export function sameObjects(holdings: readonly Holding[]): Finding[] {
  const sorted = [...holdings].sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const byId = Map.groupBy(sorted.filter(isComparable), ({ type, attributes }) =>
    JSON.stringify([type, identityOf(type, attributes).map((value) => canonical(value))]),
  );
  return [...byId.values()].flatMap(apart).filter(isSeveral).map(findingOf);
}

const placeOf = ({ stack, address }: Holding) => JSON.stringify([stack, address]);

function identityOf(type: string, attributes: Holding["attributes"]): Node[] {
  return (KNOWN_BY.get(type) ?? ["id"]).map((name) => attributes.get(name) ?? null);
}

function isComparable({ type, attributes }: Holding): boolean {
  if (ONLY_IN_STATES.test(type)) return false;
  return identityOf(type, attributes).every(
    (value) => (typeof value === "string" && value !== "") || value instanceof Sensitive,
  );
}

/** Holdings of one type and id by the object that they are. */
function apart(holdings: readonly Holding[]): Holding[][] {
  const objects: Holding[][] = [];
  for (const holding of holdings) {
    const same = objects.find((members) => members.every((member) => agree(member, holding)));
    if (same) same.push(holding);
    else objects.push([holding]);
  }
  return objects;
}

function agree(a: Holding, b: Holding): boolean {
  return SCOPES.every((scope) => {
    const one: Node | undefined = a.attributes.get(scope);
    const other: Node | undefined = b.attributes.get(scope);
    return isEmpty(one) || isEmpty(other) || canonical(one) === canonical(other);
  });
}

const isSeveral = (holdings: readonly Holding[]) => new Set(holdings.map(placeOf)).size > 1;

function findingOf(holdings: readonly Holding[]): Finding {
  const [{ stack, address, type, attributes } = { stack: "", address: "", type: "", attributes: new Map() }] =
    holdings;
  const places = holdings.map((one, place): Words => {
    const before = place === 0 ? "" : place === holdings.length - 1 ? " and by " : ", ";
    return [before, { value: one.address }, " in ", { value: one.stack }];
  });
  const id = identityOf(type, attributes)
    .map((value) => inline(value))
    .join(" ");
  return {
    kind: "same-object",
    stack,
    key: address,
    words: [{ value: type }, " ", { value: id }, " is held by ", ...places.flat()],
    lines: [],
    fingerprint: fingerprintOf([type, id, holdings.map(placeOf)]),
  };
}
