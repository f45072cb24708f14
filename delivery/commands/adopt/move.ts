import type { Adoption } from "../../../config/adoption.ts";
import { AdoptError } from "../../core/errors.ts";
import { isOwn, SHARED_PARTS, type SharedPart } from "../../core/shared-state/own.ts";
import { importId } from "../../core/terraform/import-id.ts";
import { addressOf, type StateFile } from "../../core/terraform/state-file.ts";
import { partition } from "./partition.ts";

/** The states of both layouts; what was never written is not there. */
export interface BothLayouts {
  /** The one state. */
  readonly one: StateFile | undefined;
  readonly parts: ReadonlyMap<SharedPart, StateFile>;
}

/** How far a move is, and what is to be written down for its next step. */
export interface NextStep {
  /** undefined: the move is over, or there is nothing to move. */
  readonly adoption: Adoption | undefined;
  readonly objects: number;
  /** Objects that the side that takes them has. */
  readonly taken: number;
  /** Objects that the side that gives them still has. */
  readonly given: number;
  /** Addresses that this code doesn't know, with their state where it is not the one. They stay where they are. */
  readonly staying: readonly string[];
}

type Moved = Adoption["objects"][number];
/** An object that moves, with its type. */
export interface Seen extends Moved {
  readonly type: string;
}

/**
 * What comes next in a move, by where the objects are: imported first, and forgotten when the other side has all of them. It is the
 * same however far an earlier try came, and whichever way that went.
 *
 * @param before what an earlier step wrote; undefined: no move was begun.
 * @throws AdoptError when the states are not those of a move.
 */
export function nextStep(
  to: Adoption["to"],
  { one, parts }: BothLayouts,
  before: Adoption | undefined,
): NextStep {
  if (one === undefined)
    throw new AdoptError("the one state is empty; allowed: a state, which has a lineage");
  if (before && before.lineage !== one.lineage) {
    throw new AdoptError(
      `the one state has the lineage ${one.lineage}; allowed: ${before.lineage}, of the state that the move began with`,
    );
  }
  const shared = divided(one);
  const own = [...parts].map(([part, state]) => ({ part, ...divided(state) }));
  const stray = own.flatMap(({ part, objects }) =>
    objects
      .filter(({ stack }) => stack !== part)
      .map(({ stack, address }) => `${address} is in the state of ${part}; allowed: in that of ${stack}`),
  );
  const separate = own.flatMap(({ objects }) => objects);
  const [taking, giving] = to === "stacks" ? [separate, shared.objects] : [shared.objects, separate];
  const problems = [
    ...stray,
    ...shared.objects.flatMap(({ address, from }) =>
      from !== undefined && address.endsWith("]")
        ? [`${from} has an index where this code has a key; allowed: ${address}, by terraform state mv`]
        : [],
    ),
    ...twice(shared.objects, separate),
    ...(before ? [] : begunElsewhere(taking, giving)),
  ];
  if (problems.length > 0) throw new AdoptError(problems.join("\n"));
  const objects = merged(shared.objects, separate);
  const [taken, given] = [taking.length, giving.length];
  const staying = [
    ...shared.staying,
    ...own.flatMap(({ part, staying: its }) => its.map((address) => `${address} (${part})`)),
  ];
  const counts = { objects: objects.length, taken, given, staying };
  if (given === 0 && taken === objects.length) return { adoption: undefined, ...counts };
  const step = taken === objects.length ? "forget" : "import";
  return { adoption: { to, step, lineage: one.lineage, objects }, ...counts };
}

/** Divides a state into what moves, with the id to import it by, and what stays. @throws AdoptError for what cannot be moved. */
export function divided(state: StateFile): { objects: Seen[]; staying: readonly string[] } {
  const { adopted, staying } = partition(state);
  const ids = adopted.map((one) => [one.from ?? one.address, importId(one)] as const);
  const addresses = Map.groupBy(adopted, ({ address }) => address);
  const problems = [
    ...adopted.flatMap(({ problem }) => problem ?? []),
    ...ids.filter(([, id]) => id === "").map(([address]) => `${address} has no id to import it by`),
    ...[...addresses]
      .filter(([, all]) => all.length > 1)
      .map(([address]) => `${address} is in the state more than once; allowed: once`),
    ...managedTwice(state),
  ];
  if (problems.length > 0) throw new AdoptError(problems.join("\n"));
  const objects = adopted.map((one) => ({
    ...{ stack: one.stack, address: one.address, type: one.type, id: importId(one) },
    ...(one.from !== undefined && { from: one.from }),
  }));
  return { objects, staying };
}

/** An object that moves must not stay under another address: two states would have it. */
function managedTwice({ resources }: StateFile): string[] {
  const all = resources
    .filter(({ mode }) => mode === "managed")
    .flatMap((resource) =>
      resource.instances
        .filter(({ deposed }) => deposed === undefined)
        .map(({ attributes }) => ({
          address: addressOf(resource),
          id: importId({ type: resource.type, attributes }),
          key: `${resource.type} ${importId({ type: resource.type, attributes })}`,
          isOwn: resource.module === undefined && isOwn(resource),
        })),
    );
  return [...Map.groupBy(all, ({ key }) => key)].flatMap(([, same]) => {
    const addresses = new Set(same.map(({ address }) => address));
    const isTwice = addresses.size > 1 && same.some((one) => one.isOwn) && same[0]?.id !== "";
    return isTwice ? [`${[...addresses].join(" and ")} are one object, ${same[0]?.id}`] : [];
  });
}

/** Objects that both layouts have under one address must be the same; and no object has two addresses. */
function twice(shared: readonly Seen[], separate: readonly Seen[]): string[] {
  const byObject = Map.groupBy([...shared, ...separate], ({ type, id }) => `${type} ${id}`);
  const byAddress = Map.groupBy([...shared, ...separate], ({ address }) => address);
  return [
    ...[...byObject].flatMap(([, all]) => {
      const addresses = [...new Set(all.map(({ address }) => address))];
      return addresses.length > 1 ? [`${addresses.join(" and ")} are one object, ${all[0]?.id}`] : [];
    }),
    ...[...byAddress].flatMap(([address, all]) => {
      const ids = [...new Set(all.map(({ id }) => id))];
      return ids.length > 1 ? [`${address} is ${ids.join(" in one state, and in another ")}`] : [];
    }),
  ];
}

/** Without a move that was begun, no object may be where it is to go. */
function begunElsewhere(taking: readonly Seen[], giving: readonly Seen[]): string[] {
  const given = new Set(giving.map(({ address }) => address));
  if (given.size === 0) return [];
  return taking.map(
    ({ stack, address }) =>
      `${address} is in a state that it is to come to already (${stack}), and no move was begun; allowed: an object in one state`,
  );
}

function merged(shared: readonly Seen[], separate: readonly Seen[]): Moved[] {
  // What the one state says goes last: its address may be another.
  const objects = new Map([...separate, ...shared].map((one) => [one.address, one]));
  return SHARED_PARTS.flatMap((part) =>
    [...objects.values()]
      .filter(({ stack }) => stack === part)
      .sort((a, b) => (a.address < b.address ? -1 : 1))
      .map(({ type: _, ...one }) => one),
  );
}
