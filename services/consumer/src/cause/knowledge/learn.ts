import { parseJson } from "@cali/base";
import type { ObjectStore } from "../../state/objects/types.ts";
import type { NewError } from "../new-errors.ts";
import { NEW_ERRORS, newErrorSchema } from "../new-errors.ts";
import { wordsOf } from "../signature/words.ts";
import { type Catalog, type CatalogEntry, idOf } from "./catalog.ts";
import { KnownSignatures } from "./known-signatures.ts";
import { seedIdOf } from "./seed.ts";

/** What a day's new errors came to. */
export interface LearnReport {
  readonly date: string;
  /** New errors read, and objects that are none. */
  readonly read: number;
  readonly unreadable: number;
  /** Errors that differ by more than what varies. */
  readonly groups: number;
  /** Of these: known to the base or the seed already, rejected before, proposed now, and more than are proposed in a day. */
  readonly known: number;
  readonly rejected: number;
  readonly proposed: number;
  readonly left: number;
  /** What is proposed now, the most seen first. */
  readonly proposals: readonly CatalogEntry[];
}

/** Objects read at a time. */
const CONCURRENCY = 16;
/** More in a day nobody reads. */
const MOST_IN_A_DAY = 10;
const MOST_SERVICES = 20;

/**
 * Folds a day's new errors into proposals, the most seen first, ten at most: errors that differ only in what varies, or in the service
 * that logged them, are one. What is in the base already, confirmed, proposed or rejected, stays as it is, so the same day again
 * changes nothing. What the seed or the base knows by template or by signature is not proposed.
 *
 * @throws ObjectStoreError, and what the base throws; then nothing is written
 */
export async function learnDay(objects: ObjectStore, catalog: Catalog, date: string): Promise<LearnReport> {
  const { errors, unreadable } = await newErrorsOf(objects, date);
  const groups = [...grouped(errors).values()];
  const base = await catalog.all();
  const stateOf = await knownStates(catalog, base);
  const states = groups.map(stateOf);
  const fresh = groups
    .filter((_, place) => states[place] === undefined)
    .map((group) => proposalOf(group, date));
  const room = Math.max(0, MOST_IN_A_DAY - base.filter(({ seen }) => seen?.date === date).length);
  const proposals = fresh.sort(byMostSeen).slice(0, room);
  if (proposals.length > 0) await catalog.put(proposals);
  const rejected = states.filter((state) => state === "rejected").length;
  return {
    date,
    read: errors.length,
    unreadable,
    groups: groups.length,
    known: groups.length - fresh.length - rejected,
    rejected,
    proposed: proposals.length,
    left: fresh.length - proposals.length,
    proposals,
  };
}

/** In what state something is known already: by its template, or by a signature that its template or lines have. */
async function knownStates(
  catalog: Catalog,
  base: readonly CatalogEntry[],
): Promise<(group: readonly NewError[]) => CatalogEntry["state"] | undefined> {
  const stateOf = new Map(base.map(({ id, state }) => [id, state]));
  const signatures = new KnownSignatures(catalog);
  await signatures.refresh();
  const recognized = ({ template, samples, errorCode }: NewError) =>
    signatures.find({ texts: [template, ...samples], errorCode }).find(({ against }) => against === undefined)
      ?.id;
  return (group) => {
    const ids = group.flatMap((error) => {
      const { template, samples, errorCode, level } = error;
      return [
        idOf({ pattern: template, errorCode }),
        seedIdOf({ template, samples, errorCode, level }),
        recognized(error),
      ];
    });
    return ids.map((id) => stateOf.get(id ?? "")).find((state) => state !== undefined);
  };
}

/** What has a cause first among those that were seen as often. */
const byMostSeen = (a: CatalogEntry, b: CatalogEntry) =>
  (b.seen?.count ?? 0) - (a.seen?.count ?? 0) ||
  (b.seen?.services.length ?? 0) - (a.seen?.services.length ?? 0) ||
  Number(b.cause !== undefined) - Number(a.cause !== undefined) ||
  (a.id < b.id ? -1 : 1);

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
      const error = body && newErrorSchema.safeParse(parseJson(body)).data;
      if (error) errors.push(error);
      else unreadable++;
    }
  }
  return { errors, unreadable };
}

/** By the words of their templates and their error codes, in the order of the objects' keys. */
function grouped(errors: readonly NewError[]): Map<string, NewError[]> {
  return Map.groupBy(errors, ({ template, errorCode }) => {
    const words = wordsOf(template).map(({ text }) => text);
    return JSON.stringify([words.length > 0 ? words : template, errorCode]);
  });
}

/** A pure function of the day's objects: the same every time. */
function proposalOf(group: readonly NewError[], date: string): CatalogEntry {
  const [first, ...others] = group as [NewError, ...NewError[]];
  const earliest = others.reduce((a, b) => (b.firstSeen < a.firstSeen ? b : a), first);
  const { template: pattern, errorCode, level, firstSeen } = earliest;
  const proposal = group.find(({ found }) => found?.proposal)?.found?.proposal;
  const services = [...new Set(group.map(({ service }) => service))].sort().slice(0, MOST_SERVICES);
  return {
    id: idOf({ pattern, errorCode }),
    pattern: pattern.slice(0, 2_000).trim() || "(an empty line)",
    ...(proposal && { cause: proposal.cause, action: proposal.action }),
    ...(proposal?.link !== undefined && { runbook: proposal.link }),
    origin: proposal ? "llm" : "learned",
    state: "proposed",
    ...(errorCode !== undefined && { errorCode }),
    level,
    seen: { date, count: group.reduce((sum, { count }) => sum + count, 0), services },
    createdAt: new Date(firstSeen).toISOString(),
  };
}
