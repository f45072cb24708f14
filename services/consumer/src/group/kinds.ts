import type { GroupedEvent } from "../core/types.ts";
import { fingerprintOf } from "./template-miner.ts";

const HOUR_MS = 3_600_000;
/** Kinds that are remembered of a service whose kinds are counted together. */
const MOST_MEMBERS = 5_000;
/** Services that are remembered. */
const MOST_SERVICES = 1_000;
/** Services that may have their first kinds in an hour; what more of them say is counted together, as of this service. */
const MOST_NEW_SERVICES = 200;
const MANY_SERVICES = "many services";

interface Kind {
  readonly template: string;
  lines: number;
}

interface Kinds {
  /** When the last new ones came, at most one more than get groups of their own. */
  readonly times: number[];
  /** Those that are counted together, by fingerprint. */
  readonly members: Map<string, Kind>;
  commonest: Kind | undefined;
}

/**
 * A service that makes new kinds of errors without end, such as one that logs a random sentence each time, gets one group for all of
 * them. It has its kinds apart again once they come slowly. So it is with services without end, such as jobs whose names are random.
 */
export class NewKinds {
  readonly #most: number;
  readonly #now: () => number;
  /** By service, and whether they are FATAL. The ones unseen the longest come first. */
  readonly #kinds = new Map<string, Kinds>();
  /** When the last services came that had no kinds before. */
  readonly #newcomers: number[] = [];

  /** @param most new kinds of one service in an hour that get groups of their own */
  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  /** The event as it is to be counted: as it is, or as one of the many new kinds of its service. Only of kinds that have no group. */
  sort(event: GroupedEvent): GroupedEvent {
    const { record, fingerprint, template } = event;
    const now = this.#now();
    const isOfMany = this.#isOneOfMany(record.service, now);
    const service = isOfMany ? MANY_SERVICES : record.service;
    const key = `${service}${record.level === "FATAL" ? " FATAL" : ""}`;
    const kinds = this.#kindsOf(key);
    const member = kinds.members.get(fingerprint);
    if (!member && !isOfMany) {
      kinds.times.push(now);
      if (kinds.times.length > this.#most + 1) kinds.times.shift();
    }
    const areFew = kinds.times.length <= this.#most || now - (kinds.times[0] as number) > HOUR_MS;
    if (areFew && !isOfMany) {
      kinds.members.clear();
      kinds.commonest = undefined;
      return event;
    }
    const kind = member ?? { template, lines: 0 };
    kind.lines++;
    if (!kinds.commonest || kind.lines > kinds.commonest.lines) kinds.commonest = kind;
    if (kinds.members.size < MOST_MEMBERS) kinds.members.set(fingerprint, kind);
    return {
      ...event,
      record: { ...record, service },
      fingerprint: fingerprintOf(key, "new kinds"),
      // Of many errors.
      identity: undefined,
      template: `${kinds.members.size} new kinds in ${service}, most often: ${kinds.commonest.template.slice(0, 200)}`,
      isNew: true,
    };
  }

  /** Whether a service comes after many others that had no kinds before. */
  #isOneOfMany(service: string, now: number): boolean {
    if (this.#kinds.has(service) || this.#kinds.has(`${service} FATAL`)) return false;
    const since = this.#newcomers[0];
    if (this.#newcomers.length === MOST_NEW_SERVICES && now - (since as number) <= HOUR_MS) return true;
    this.#newcomers.push(now);
    if (this.#newcomers.length > MOST_NEW_SERVICES) this.#newcomers.shift();
    return false;
  }

  #kindsOf(key: string): Kinds {
    const kinds = this.#kinds.get(key) ?? { times: [], members: new Map(), commonest: undefined };
    this.#kinds.delete(key);
    this.#kinds.set(key, kinds);
    if (this.#kinds.size > MOST_SERVICES) this.#kinds.delete(this.#kinds.keys().next().value as string);
    return kinds;
  }
}
