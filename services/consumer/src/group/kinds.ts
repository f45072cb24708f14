import type { GroupedEvent } from "../core/types.ts";
import { fingerprintOf } from "./template-miner.ts";

const HOUR_MS = 3_600_000;
/** Kinds that are remembered of a service whose kinds are counted together. */
const MOST_MEMBERS = 5_000;
/** Services that are remembered. */
const MOST_SERVICES = 1_000;

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
 * them. It has its kinds apart again once they come slowly.
 */
export class NewKinds {
  readonly #most: number;
  readonly #now: () => number;
  /** By service, and whether they are FATAL. The ones unseen the longest come first. */
  readonly #kinds = new Map<string, Kinds>();

  /** @param most new kinds of one service in an hour that get groups of their own */
  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  /** The event as it is to be counted: as it is, or as one of the many new kinds of its service. Only of kinds that have no group. */
  sort(event: GroupedEvent): GroupedEvent {
    const { record, fingerprint, template } = event;
    const key = `${record.service}${record.level === "FATAL" ? " FATAL" : ""}`;
    const kinds = this.#kindsOf(key);
    const now = this.#now();
    const member = kinds.members.get(fingerprint);
    if (!member) {
      kinds.times.push(now);
      if (kinds.times.length > this.#most + 1) kinds.times.shift();
    }
    if (kinds.times.length <= this.#most || now - (kinds.times[0] as number) > HOUR_MS) {
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
      fingerprint: fingerprintOf(key, "new kinds"),
      // Of many errors.
      identity: undefined,
      template: `${kinds.members.size} new kinds in ${record.service}, most often: ${kinds.commonest.template.slice(0, 200)}`,
      isNew: true,
    };
  }

  #kindsOf(key: string): Kinds {
    const kinds = this.#kinds.get(key) ?? { times: [], members: new Map(), commonest: undefined };
    this.#kinds.delete(key);
    this.#kinds.set(key, kinds);
    if (this.#kinds.size > MOST_SERVICES) this.#kinds.delete(this.#kinds.keys().next().value as string);
    return kinds;
  }
}
