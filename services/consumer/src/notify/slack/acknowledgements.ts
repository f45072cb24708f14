import { z } from "zod";
import type { Notes } from "../../state/types.ts";

const schema = z.array(z.object({ incident: z.string(), user: z.string(), at: z.number() }));
/** Who acknowledged an incident, and when (ms since the epoch). */
export type Acknowledgement = z.output<typeof schema>[number];

const KEY = "slack/acknowledged";
/** The oldest go: as many as are shown as going on, for each of a few webhooks. */
const MOST = 500;

/** The incidents that people acknowledged, kept with the state. One at a time writes. */
export class Acknowledgements {
  readonly #notes: Notes;

  constructor(notes: Notes) {
    this.#notes = notes;
  }

  /** Notes who acknowledged an incident; the first one counts. @returns whether it is new */
  async add(given: Acknowledgement): Promise<boolean> {
    const all = await this.#load();
    if (all.some(({ incident }) => incident === given.incident)) return false;
    await this.#notes.set(KEY, JSON.stringify([...all, given].slice(-MOST)));
    return true;
  }

  async of(id: string): Promise<Acknowledgement | undefined> {
    return (await this.#load()).find(({ incident }) => incident === id);
  }

  async #load(): Promise<Acknowledgement[]> {
    return schema.safeParse(JSON.parse((await this.#notes.get(KEY)) ?? "[]")).data ?? [];
  }
}
