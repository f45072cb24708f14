import { LEVELS } from "@cali/log-record";
import { z } from "zod";
import type { Alert } from "../../core/types.ts";
import type { Notes } from "../../state/types.ts";

const incidentSchema = z.object({
  id: z.string(),
  services: z.array(z.string()),
  fingerprints: z.array(z.string()),
  level: z.enum(LEVELS),
  /** Alerts that were sent, and the lines they count. */
  alerts: z.number(),
  lines: z.number(),
  /** When the last alert was sent, or a line of one was logged since; ms since the epoch. */
  lastAt: z.number(),
  /** Where its first message is kept. */
  slot: z.number(),
});
/** An incident that was notified and goes on. */
export type NotifiedIncident = z.output<typeof incidentSchema>;

const MOST = 100;
const MOST_NAMES = 50;

export interface IncidentBoardOptions {
  readonly notes: Notes;
  /** Which sender's it is. */
  readonly name: string;
  /** Time without a line after which an incident is resolved, ms. */
  readonly resolvedAfterMs: number;
  /** ms since the epoch. */
  readonly now: () => number;
  /** When the last line of each group was logged, by its fingerprint, ms since the epoch. */
  readonly lastLines: () => Promise<ReadonlyMap<string, number>>;
}

/** What Slack was notified of and goes on, kept with the state: one replica sends at a time, and the next goes on with it. */
export class IncidentBoard {
  readonly #options: IncidentBoardOptions;

  constructor(options: IncidentBoardOptions) {
    this.#options = options;
  }

  /** The first message of an incident, as it was kept. */
  async first(id: string): Promise<string | undefined> {
    const incident = (await this.#load()).find((one) => one.id === id);
    // A slot may have been another's.
    const text = incident && (await this.#options.notes.get(this.#slotKey(incident.slot)));
    return text?.startsWith(`${id}\n`) ? text.slice(id.length + 1) : undefined;
  }

  /** Keeps the first message of an incident, for `first`. */
  async keepFirst(id: string, text: string): Promise<void> {
    const incidents = await this.#load();
    const incident = incidents.find((one) => one.id === id) ?? this.#add(incidents, id);
    await this.#options.notes.set(this.#slotKey(incident.slot), `${id}\n${text}`);
    await this.#save(incidents);
  }

  /** Notes that alerts were sent. */
  async note(alerts: readonly Alert[]): Promise<void> {
    const incidents = await this.#load();
    for (const { incident: of, service, fingerprint, along = [], level, count } of alerts) {
      if (of === undefined) continue;
      const incident = incidents.find((one) => one.id === of.id) ?? this.#add(incidents, of.id);
      incident.services = union(incident.services, service);
      for (const one of [fingerprint, ...along]) incident.fingerprints = union(incident.fingerprints, one);
      if (LEVELS.indexOf(level) > LEVELS.indexOf(incident.level)) incident.level = level;
      incident.alerts++;
      incident.lines += count;
      incident.lastAt = this.#options.now();
    }
    await this.#save(incidents);
  }

  /** The incidents that have been quiet. The next call gives each again until it is `resolved`. */
  async quiet(): Promise<NotifiedIncident[]> {
    const { now, resolvedAfterMs, lastLines } = this.#options;
    const incidents = await this.#load();
    const silent = incidents.filter(({ lastAt }) => now() - lastAt >= resolvedAfterMs);
    if (silent.length === 0) return [];
    const lines = await lastLines();
    const found: NotifiedIncident[] = [];
    let isChanged = false;
    for (const incident of silent) {
      const last = Math.max(0, ...incident.fingerprints.map((fingerprint) => lines.get(fingerprint) ?? 0));
      const lastLine = Math.min(now(), last);
      if (now() - lastLine >= resolvedAfterMs) found.push(incident);
      else {
        incident.lastAt = lastLine;
        isChanged = true;
      }
    }
    if (isChanged) await this.#save(incidents);
    return found;
  }

  /** Notes that an incident is over. */
  async resolved(id: string): Promise<void> {
    await this.#save((await this.#load()).filter((one) => one.id !== id));
  }

  #add(incidents: NotifiedIncident[], id: string): NotifiedIncident {
    while (incidents.length >= MOST) incidents.shift();
    const taken = new Set(incidents.map(({ slot }) => slot));
    let slot = 0;
    while (taken.has(slot)) slot++;
    const lastAt = this.#options.now();
    const made = {
      id,
      services: [],
      fingerprints: [],
      level: "WARN" as const,
      alerts: 0,
      lines: 0,
      lastAt,
      slot,
    };
    incidents.push(made);
    return made;
  }

  get #key(): string {
    return `slack/incidents/${this.#options.name}`;
  }

  #slotKey(slot: number): string {
    return `slack/first/${this.#options.name}/${slot}`;
  }

  async #load(): Promise<NotifiedIncident[]> {
    const text = await this.#options.notes.get(this.#key);
    const known = z.array(incidentSchema).safeParse(JSON.parse(text ?? "[]"));
    return known.success ? known.data : [];
  }

  async #save(incidents: readonly NotifiedIncident[]): Promise<void> {
    await this.#options.notes.set(this.#key, JSON.stringify(incidents));
  }
}

const union = (names: readonly string[], name: string) =>
  names.includes(name) || names.length >= MOST_NAMES ? [...names] : [...names, name];
