import { createHash } from "node:crypto";
import { jsonOf, UNKNOWN } from "@cali/log-record";
import { z } from "zod";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_VERSIONS = 20;
/** Parts in which versions are kept: a change rewrites one of them. */
export const PARTS_OF_VERSIONS = 16;
/** 2,000 in all. A part is 220 kB at most, and an item of DynamoDB holds 400. */
const MOST_SERVICES_OF_A_PART = 125;

const keptSchema = z.array(
  z.tuple([z.string(), z.array(z.tuple([z.string(), z.number()])).max(MOST_VERSIONS)]),
);

interface Service {
  readonly part: number;
  /** When the first line of each came, by the consumer's clock. The newest comes last; while two run side by side, nothing changes. */
  versions: Map<string, number>;
  /** When the first line of the newest came. */
  changedAt: number;
}

/** Which version each service runs, and since when. It outlives the process: what is unkept goes into the state. */
export class Versions {
  readonly #now: () => number;
  readonly #services = new Map<string, Service>();
  readonly #parts = Array.from({ length: PARTS_OF_VERSIONS }, () => new Map<string, Service>());
  /** How often each part has changed, of those that the state doesn't hold as they are. */
  readonly #unkept = new Map<number, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Notes that a service has logged. Of a service only so many versions count in an hour: one that has another with every line must
   * not rewrite the state as often.
   */
  see(service: string, version: string): void {
    const known = this.#services.get(service);
    if (known?.versions.has(version) || version === UNKNOWN) return;
    const now = this.#now();
    if (known?.versions.size === MOST_VERSIONS) {
      const [oldest = now] = known.versions.values();
      if (now - oldest <= HOUR_MS) return;
    }
    const added = this.#add(service, version, now);
    if (added) this.#unkept.set(added.part, (this.#unkept.get(added.part) ?? 0) + 1);
  }

  /** A version of the service that was seen for the first time in the last hour; the first of all is no change. */
  changeOf(service: string): { version: string; since: number; before: string } | undefined {
    const [before, newest] = [...(this.#services.get(service)?.versions ?? [])].slice(-2);
    if (before === undefined || newest === undefined) return undefined;
    const [version, since] = newest;
    return this.#now() - since <= HOUR_MS ? { version, since, before: before[0] } : undefined;
  }

  /** Parts with something that the state doesn't hold yet. */
  get unkept(): number[] {
    return [...this.#unkept.keys()];
  }

  /**
   * A part as a text that `restore` takes, and what to call once the text is in the state. What changes meanwhile stays unkept.
   */
  keep(part: number): { text: string; done: () => void } {
    const services = [...(this.#parts[part] ?? [])];
    const changes = this.#unkept.get(part);
    return {
      text: JSON.stringify(services.map(([service, { versions }]) => [service, [...versions]])),
      done: () => {
        if (this.#unkept.get(part) === changes) this.#unkept.delete(part);
      },
    };
  }

  /** Adds what `keep` gave, here or in another replica: the earlier time counts. A text that is none is nothing. */
  restore(text: string): void {
    for (const [service, versions] of keptSchema.safeParse(jsonOf(text)).data ?? []) {
      for (const [version, since] of versions) {
        const known = this.#services.get(service)?.versions.get(version);
        if (known === undefined || since < known) this.#add(service, version, since);
      }
    }
  }

  #add(service: string, version: string, since: number): Service | undefined {
    const known = this.#services.get(service) ?? this.#addService(service);
    if (!known) return undefined;
    const versions = [...known.versions].filter(([one]) => one !== version);
    versions.push([version, since]);
    versions.sort(([, a], [, b]) => a - b);
    known.versions = new Map(versions.slice(-MOST_VERSIONS));
    known.changedAt = Math.max(...known.versions.values());
    return known;
  }

  /**
   * Nothing when its part is full of services that changed within a day. Else the one goes that changed the longest ago: if it still
   * logs, its next line is the first of all.
   */
  #addService(service: string): Service | undefined {
    const number = (createHash("sha256").update(service).digest()[0] ?? 0) % PARTS_OF_VERSIONS;
    const part = this.#parts[number] as Map<string, Service>;
    if (part.size >= MOST_SERVICES_OF_A_PART) {
      const [name, oldest] = [...part].reduce((a, b) => (b[1].changedAt < a[1].changedAt ? b : a));
      if (this.#now() - oldest.changedAt <= DAY_MS) return undefined;
      part.delete(name);
      this.#services.delete(name);
    }
    const added = { part: number, versions: new Map<string, number>(), changedAt: 0 };
    part.set(service, added);
    this.#services.set(service, added);
    return added;
  }
}
