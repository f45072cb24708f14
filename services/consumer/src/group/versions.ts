const HOUR_MS = 3_600_000;
const MOST_SERVICES = 2_000;

interface Rollout {
  version: string;
  /** When its first line came, by the consumer's clock. */
  since: number;
  before?: string;
}

/** Which version each service runs, and since when. */
export class Versions {
  readonly #now: () => number;
  readonly #latest = new Map<string, Rollout>();
  /** Versions of each service that were seen: while two run side by side, nothing changes with every line. */
  readonly #seen = new Map<string, Set<string>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Notes that a service has logged. */
  see(service: string, version: string): void {
    const latest = this.#latest.get(service);
    if (latest?.version === version) return;
    const seen = this.#seen.get(service);
    if (seen?.has(version) || (!seen && this.#seen.size >= MOST_SERVICES)) return;
    this.#seen.set(service, new Set([...(seen ?? [])].slice(-20)).add(version));
    this.#latest.set(service, { version, since: this.#now(), ...(latest && { before: latest.version }) });
  }

  /** A version of the service that was seen for the first time in the last hour; the first of all is no change. */
  changeOf(service: string): { version: string; since: number; before: string } | undefined {
    const { version, since, before } = this.#latest.get(service) ?? {};
    if (version === undefined || since === undefined || before === undefined) return undefined;
    return this.#now() - since <= HOUR_MS ? { version, since, before } : undefined;
  }
}
