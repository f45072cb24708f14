import { messageOf, parseJson } from "@cali/base";
import type { Logger } from "pino";
import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import type { AlertGrouper } from "../group/alert-grouper.ts";
import type { ObjectStore } from "../state/objects/types.ts";

/** Folder of the silences that people asked for. */
export const SILENCES = "incidents/silences/";

const silenceSchema = z.strictObject({
  fingerprint: z.string().regex(/^[0-9a-f]{8,64}$/),
  /** From when and until when, ms since the epoch. */
  from: z.number(),
  until: z.number(),
});
type GroupSilence = z.output<typeof silenceSchema>;

/** Silences a group, instead of any silence that it had. */
export async function putSilence(objects: ObjectStore, silence: GroupSilence): Promise<void> {
  await objects.put(keyOf(silence), Buffer.from(JSON.stringify(silence)));
}

/**
 * Silences a group, unless it is silent for as long already.
 * @returns whether it is silent for longer now
 */
export async function silenceForAtLeast(objects: ObjectStore, silence: GroupSilence): Promise<boolean> {
  const known = silenceSchema.safeParse(parseJson((await objects.get(keyOf(silence))) ?? "")).data;
  if (known !== undefined && known.from <= silence.from && known.until >= silence.until) return false;
  await putSilence(objects, silence);
  return true;
}

/** The group of an alert, with which its id begins; nothing: it is no alert's id. */
export const fingerprintOf = (alert: string): string | undefined =>
  /^([0-9a-f]{8,64})(?:-[0-9a-z]+-[0-9]+)?$/.exec(alert)?.[1];

const keyOf = ({ fingerprint }: GroupSilence) => `${SILENCES}${fingerprint}.json`;

export interface SilenceReaderOptions {
  readonly objects: ObjectStore;
  readonly grouper: AlertGrouper;
  readonly clock: Clock;
  readonly log: Logger;
  /** Time between two looks, ms. */
  readonly refreshMs: number;
}

/** Has the grouper keep the silences that people ask for. Those that are over go. */
export class SilenceReader {
  readonly #options: SilenceReaderOptions;
  /** By key, with when the object was written. */
  readonly #known = new Map<string, { modified: number; silence: GroupSilence | undefined }>();

  constructor(options: SilenceReaderOptions) {
    this.#options = options;
  }

  /** Runs until `signal` aborts. While the objects cannot be read, what was known counts. */
  async run(signal: AbortSignal): Promise<void> {
    const { refreshMs, clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#refresh();
      } catch (error) {
        log.warn({ reason: messageOf(error) }, "silences cannot be read");
      }
      await clock.sleep(refreshMs, signal);
    }
  }

  async #refresh(): Promise<void> {
    const { objects, grouper, clock } = this.#options;
    const found = new Map<string, GroupSilence | undefined>();
    for await (const { key, modified } of objects.list(SILENCES)) {
      const known = this.#known.get(key);
      const silence = known?.modified === modified.getTime() ? known.silence : await this.#read(key);
      this.#known.set(key, { modified: modified.getTime(), silence });
      if (silence !== undefined && silence.until <= clock.now()) await objects.delete(key);
      else found.set(key, silence);
    }
    const before = this.#known.size;
    for (const key of this.#known.keys()) if (!found.has(key)) this.#known.delete(key);
    if (before > 0) grouper.silence([...found.values()].filter((silence) => silence !== undefined));
  }

  /** @returns nothing for an object that is no silence */
  async #read(key: string): Promise<GroupSilence | undefined> {
    const text = Buffer.from((await this.#options.objects.get(key)) ?? []).toString();
    try {
      return silenceSchema.parse(JSON.parse(text));
    } catch (error) {
      this.#options.log.warn({ key, reason: messageOf(error) }, "an object is no silence");
      return undefined;
    }
  }
}
