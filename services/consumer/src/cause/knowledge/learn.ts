import type { NewError } from "../../notify/new-errors.ts";
import { NEW_ERRORS, newErrorSchema } from "../../notify/new-errors.ts";
import type { ObjectStore } from "../../state/objects/types.ts";
import { type Catalog, type CatalogEntry, idOf } from "./catalog.ts";
import { seedIdOf } from "./seed.ts";

/** What a day's new errors came to. */
export interface LearnReport {
  readonly date: string;
  /** New errors read, and objects that are none. */
  readonly read: number;
  readonly unreadable: number;
  /** Errors that differ by more than what varies. */
  readonly groups: number;
  /** Of these: in the base already, rejected before, proposed now. */
  readonly known: number;
  readonly rejected: number;
  readonly proposed: number;
}

/** Objects read at a time. */
const CONCURRENCY = 16;

/**
 * Folds a day's new errors into proposals: errors that differ only in what varies, or in the service that logged them, are one. What
 * is in the base already, confirmed, proposed or rejected, stays as it is, so the same day again changes nothing. What the seed knows
 * in words that vary is not proposed.
 *
 * @throws ObjectStoreError, and what the base throws; then nothing is written
 */
export async function learnDay(objects: ObjectStore, catalog: Catalog, date: string): Promise<LearnReport> {
  const { errors, unreadable } = await newErrorsOf(objects, date);
  const groups = grouped(errors);
  const stateOf = new Map((await catalog.all()).map(({ id, state }) => [id, state]));
  const proposals = [...groups.values()].map(proposalOf);
  const knownState = ({ id, pattern: template, errorCode, level = "ERROR" }: CatalogEntry) =>
    stateOf.get(id) ?? stateOf.get(seedIdOf({ template, errorCode, level }) ?? "");
  const fresh = proposals.filter((proposal) => knownState(proposal) === undefined);
  const rejected = proposals.filter((proposal) => knownState(proposal) === "rejected").length;
  if (fresh.length > 0) await catalog.put(fresh);
  return {
    date,
    read: errors.length,
    unreadable,
    groups: proposals.length,
    known: proposals.length - fresh.length - rejected,
    rejected,
    proposed: fresh.length,
  };
}

async function newErrorsOf(
  objects: ObjectStore,
  date: string,
): Promise<{ errors: NewError[]; unreadable: number }> {
  const keys: string[] = [];
  for await (const { key } of objects.list(`${NEW_ERRORS}dt=${date}/`)) keys.push(key);
  const errors: NewError[] = [];
  let unreadable = 0;
  for (let from = 0; from < keys.length; from += CONCURRENCY) {
    const bodies = await Promise.all(keys.slice(from, from + CONCURRENCY).map((key) => objects.get(key)));
    for (const body of bodies) {
      const error = body && parse(body);
      if (error) errors.push(error);
      else unreadable++;
    }
  }
  return { errors, unreadable };
}

function parse(body: Uint8Array): NewError | undefined {
  try {
    return newErrorSchema.safeParse(JSON.parse(Buffer.from(body).toString())).data;
  } catch {
    return undefined;
  }
}

/** By the id of the knowledge that they are to become, in the order of the objects' keys. */
function grouped(errors: readonly NewError[]): Map<string, NewError[]> {
  const groups = new Map<string, NewError[]>();
  for (const error of errors) {
    const id = idOf({ pattern: error.template, errorCode: error.errorCode });
    const group = groups.get(id);
    if (group) group.push(error);
    else groups.set(id, [error]);
  }
  return groups;
}

/** A pure function of the day's objects: the same every time. */
function proposalOf(group: readonly NewError[]): CatalogEntry {
  const [first, ...others] = group as [NewError, ...NewError[]];
  const earliest = others.reduce((a, b) => (b.firstSeen < a.firstSeen ? b : a), first);
  const { template: pattern, errorCode, level, firstSeen } = earliest;
  const proposal = group.find(({ found }) => found?.proposal)?.found?.proposal;
  return {
    id: idOf({ pattern, errorCode }),
    pattern: pattern.slice(0, 2_000).trim() || "(an empty line)",
    ...(proposal && { cause: proposal.cause, action: proposal.action }),
    ...(proposal?.link !== undefined && { runbook: proposal.link }),
    origin: proposal ? "llm" : "learned",
    state: "proposed",
    ...(errorCode !== undefined && { errorCode }),
    level,
    createdAt: new Date(firstSeen).toISOString(),
  };
}
