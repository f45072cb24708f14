import { messageOf, parseJson } from "@cali/base";
import type { Logger } from "pino";
import { backoffMs, type Clock } from "../../core/clock.ts";
import type { Outbox } from "../../core/types.ts";
import type { ObjectStore } from "../../state/objects/types.ts";
import { type Incident, incidentOf, incidentSchema } from "./document.ts";
import { OpenSearchError } from "./errors.ts";
import type { BulkResult, IncidentIndex } from "./incident-index.ts";

export interface IndexerOptions {
  /** Alerts that wait to be indexed. */
  readonly waiting: Outbox;
  readonly objects: ObjectStore;
  readonly index: Pick<IncidentIndex, "bulk">;
  /** Most incidents in one call. */
  readonly batch: number;
  /** Most incidents that wait in the state. */
  readonly maxWaiting: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when incidents wait, with the reason, and with nothing when they go again. */
  readonly onTrouble?: (text: string | undefined) => void;
  readonly onIndexed?: (count: number) => void;
  readonly onRefused?: (count: number) => void;
}

/** Where incidents wait that are too many for the state: `<alert id>.json`. */
export const WAITING_INCIDENTS = "incidents/waiting/";
/** Where incidents go that OpenSearch will never take: `<alert id>.json`, with the reason. */
export const REFUSED_INCIDENTS = "incidents/refused/";

const POLL_MS = 500;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;

/** Incidents to index, and how to let go of those that are indexed or kept elsewhere. */
interface Batch {
  readonly incidents: readonly Incident[];
  done(ids: readonly string[]): Promise<void>;
}

/**
 * Indexes the incidents that wait, in bulk. One leaves only when OpenSearch has it, so none is lost while that is down; an
 * incident's id is its alert's, so one that is indexed again changes nothing. Only what was not taken is sent again.
 */
export class IncidentIndexer {
  readonly #options: IndexerOptions;
  /** Incidents in a call: fewer when that was too large. */
  #batch: number;
  /** Whether incidents may wait as objects. */
  #mayHaveSpilled = true;

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#batch = options.batch;
  }

  /** Runs until `signal` aborts; a call in flight is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, onTrouble } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const count = await this.#round();
        if (failures > 0) onTrouble?.(undefined);
        failures = 0;
        await clock.sleep(count > 0 ? 0 : POLL_MS, signal);
      } catch (error) {
        failures++;
        const reason = messageOf(error);
        onTrouble?.(`incidents wait: ${reason}`);
        const waitMs = backoffMs(clock, failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS);
        log.warn({ reason, failures, waitMs: Math.round(waitMs) }, "incidents wait for OpenSearch");
        await this.#makeRoom().catch((cause: unknown) =>
          log.warn({ err: cause }, "incidents stay in the state"),
        );
        await clock.sleep(waitMs, signal);
      }
    }
  }

  /** Indexes what waits longest; how many that were. */
  async #round(): Promise<number> {
    const { onIndexed, onRefused } = this.#options;
    const fromState = await this.#fromState();
    const batch = fromState.incidents.length > 0 ? fromState : await this.#fromObjects();
    const { incidents } = batch;
    if (incidents.length === 0) return 0;
    const result = await this.#bulk(incidents);
    if (result === undefined) return incidents.length;
    for (const { id, reason } of result.refused) {
      await this.#keepRefused(id, reason, JSON.stringify(incidents.find(({ alert_id }) => alert_id === id)));
    }
    await batch.done([...result.indexed, ...result.refused.map(({ id }) => id)]);
    if (result.indexed.length > 0) onIndexed?.(result.indexed.length);
    if (result.refused.length > 0) onRefused?.(result.refused.length);
    const [first] = result.failed;
    if (first) {
      const which = `${result.failed.length} of ${incidents.length} are not taken now`;
      throw new OpenSearchError("unavailable", `${which}: ${first.reason}`);
    }
    return incidents.length;
  }

  /** Nothing: it was too large as a whole, and the next one is smaller. */
  async #bulk(incidents: readonly Incident[]): Promise<BulkResult | undefined> {
    try {
      const result = await this.#options.index.bulk(incidents);
      this.#batch = Math.min(this.#options.batch, this.#batch * 2);
      return result;
    } catch (error) {
      if (!(error instanceof OpenSearchError) || error.kind !== "too-large") throw error;
      if (incidents.length > 1) {
        this.#batch = Math.ceil(incidents.length / 2);
        return undefined;
      }
      const refused = incidents.map(({ alert_id: id }) => ({ id, reason: error.message }));
      return { indexed: [], refused, failed: [] };
    }
  }

  async #fromState(): Promise<Batch> {
    const { waiting } = this.#options;
    const items = await waiting.pending(this.#batch);
    return {
      incidents: items.map(({ alert }) => incidentOf(alert)),
      done: (ids) => waiting.markSent(ids),
    };
  }

  async #fromObjects(): Promise<Batch> {
    const { objects } = this.#options;
    const incidents: Incident[] = [];
    const done = async (ids: readonly string[]) => {
      for (const id of ids) await objects.delete(`${WAITING_INCIDENTS}${id}.json`);
    };
    if (!this.#mayHaveSpilled) return { incidents, done };
    for await (const { key } of objects.list(WAITING_INCIDENTS)) {
      if (incidents.length >= this.#batch) return { incidents, done };
      const text = Buffer.from((await objects.get(key)) ?? []).toString();
      const incident = incidentSchema.safeParse(parseJson(text)).data;
      if (incident !== undefined && key === `${WAITING_INCIDENTS}${incident.alert_id}.json`) {
        incidents.push(incident);
        continue;
      }
      const id = key.slice(WAITING_INCIDENTS.length).replace(/\.json$/, "");
      await this.#keepRefused(id, "it is no incident", JSON.stringify(text));
      await objects.delete(key);
    }
    this.#mayHaveSpilled = incidents.length > 0;
    return { incidents, done };
  }

  async #keepRefused(id: string, reason: string, document: string): Promise<void> {
    const { objects, log } = this.#options;
    log.error({ alertId: id, reason }, "OpenSearch refuses an incident");
    const body = `{"reason":${JSON.stringify(reason)},"incident":${document}}`;
    await objects.put(`${REFUSED_INCIDENTS}${id}.json`, Buffer.from(body));
  }

  /** What is too much for the state waits as objects: the oldest go. */
  async #makeRoom(): Promise<void> {
    const { waiting, objects, maxWaiting, batch } = this.#options;
    for (let surplus = (await waiting.size()) - maxWaiting; surplus > 0; ) {
      const items = await waiting.pending(Math.min(surplus, batch));
      if (items.length === 0) return;
      this.#mayHaveSpilled = true;
      for (const { id, alert } of items) {
        const body = Buffer.from(JSON.stringify(incidentOf(alert)));
        await objects.put(`${WAITING_INCIDENTS}${id}.json`, body);
      }
      await waiting.markSent(items.map(({ id }) => id));
      surplus -= items.length;
    }
  }
}
