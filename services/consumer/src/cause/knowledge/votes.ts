import { bulkhead } from "cockatiel";
import { z } from "zod";
import type { Notes } from "../../state/types.ts";
import { type Catalog, type CatalogEntry, entrySchema, STATES } from "./catalog.ts";

/** What a person says of an entry. */
export type Vote = "confirmed" | "rejected";

/** An entry with one more vote: confirmed it counts, rejected it counts no more unless more people confirmed it. */
export function withVote(entry: CatalogEntry, vote: Vote, before?: Vote): CatalogEntry {
  const votes = { confirmed: 0, rejected: 0, ...entry.votes };
  if (before !== undefined) votes[before] = Math.max(0, votes[before] - 1);
  votes[vote] += 1;
  const isRejected = vote === "rejected" && votes.rejected >= votes.confirmed;
  const state = vote === "confirmed" ? "confirmed" : isRejected ? "rejected" : entry.state;
  return { ...entry, state, votes };
}

const kept = z.object({
  /** What each person said. */
  users: z.record(z.string(), z.enum(["confirmed", "rejected"])),
  /** What is being written to the entry: a vote that was cut off is finished, and not counted twice. */
  pending: z
    .object({ state: z.enum(STATES), votes: z.object({ confirmed: z.number(), rejected: z.number() }) })
    .optional(),
});
const MOST_USERS = 500;
/** One vote of this process at a time, wherever it was cast. */
const turns = bulkhead(1, Number.POSITIVE_INFINITY);

type Counted = CatalogEntry | "unknown" | "counted" | "full";

/** What people vote in Slack and on the console. Each counts once for an entry, whatever is sent again; the last one counts. */
export class Votes {
  readonly #notes: Notes;
  readonly #catalog: Catalog;

  constructor(notes: Notes, catalog: Catalog) {
    this.#notes = notes;
    this.#catalog = catalog;
  }

  /**
   * Counts a vote; durable when it resolves.
   * @returns what became of it; `unknown`: there is no such entry, `counted`: it was before
   */
  cast(id: string, user: string, vote: Vote): Promise<Counted> {
    return turns.execute(() => this.#cast(id, user, vote));
  }

  async #cast(id: string, user: string, vote: Vote): Promise<Counted> {
    const key = `slack/votes/${id}`;
    const known = kept.safeParse(JSON.parse((await this.#notes.get(key)) ?? "{}"));
    const { users, pending } = known.success ? known.data : { users: {}, pending: undefined };
    const found = await this.#catalog.get(id);
    if (found === undefined) return "unknown";
    let entry = found;
    if (pending !== undefined) {
      entry = entrySchema.parse({ ...found, ...pending });
      await this.#catalog.put([entry]);
      await this.#notes.set(key, JSON.stringify({ users }));
    }
    const before = users[user];
    if (before === vote) return "counted";
    if (before === undefined && Object.keys(users).length >= MOST_USERS) return "full";
    const changed = entrySchema.parse(withVote(entry, vote, before));
    const voted = { ...users, [user]: vote };
    const { state, votes } = changed;
    await this.#notes.set(key, JSON.stringify({ users: voted, pending: { state, votes } }));
    await this.#catalog.put([changed]);
    await this.#notes.set(key, JSON.stringify({ users: voted }));
    return changed;
  }
}
