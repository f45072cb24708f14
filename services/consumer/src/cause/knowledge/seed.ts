import { LEVELS, type Level } from "@cali/log-record";
import { z } from "zod";
import seedFile from "../../../knowledge/seed.json" with { type: "json" };
import { mask } from "../../group/masking.ts";
import { redact } from "../../redact/redact.ts";
import { type Catalog, type CatalogEntry, entrySchema, idOf, VARYING } from "./catalog.ts";

const seedSchema = z.array(
  z.strictObject({
    /** A short name, each once. */
    name: z.string().regex(/^[a-z0-9-]{3,60}$/),
    /** A line of the error; `<*>` stands for words that vary and that no mask knows. */
    pattern: z.string().min(1),
    level: z.enum(LEVELS).optional(),
    errorCode: z.string().optional(),
    cause: z.string(),
    action: z.string(),
    runbook: z.string(),
  }),
);

/** When this edition of the seed was put together; shown as the age of its knowledge. */
const SEED_DATE = "2026-11-23T00:00:00.000Z";

/** What the program knows from the start: an entry of the knowledge base, and its name. */
export interface SeedEntry {
  readonly name: string;
  readonly entry: CatalogEntry;
}

/** Well-known errors with their causes. */
export const SEED: readonly SeedEntry[] = seedSchema.parse(seedFile).map(({ name, ...knowledge }) => ({
  name,
  entry: entrySchema.parse({
    ...knowledge,
    id: idOf(knowledge),
    origin: "seed",
    state: "confirmed",
    createdAt: SEED_DATE,
  }),
}));

const BY_ID = new Map(SEED.map(({ entry }) => [entry.id, entry]));

interface Pattern {
  readonly entry: CatalogEntry;
  readonly words: readonly string[];
}

/** `key=value`, as logfmt writes it. */
const FIELD = /^[a-z_][\w.]*=[^()]+$/;

const PATTERNS: readonly Pattern[] = SEED.map(({ entry }) => ({ entry, words: wordsOf(entry.pattern) }));

/**
 * The id of the seed's entry that a template is of: each word the same, but where the entry's varies; the same error code where
 * the entry has one, and the same gravity where it has a level. Nothing when none is, or several are: a wrong cause is worse.
 */
export function seedIdOf(error: {
  readonly template: string;
  readonly errorCode?: string | undefined;
  readonly level: Level;
}): string | undefined {
  const words = wordsOf(error.template);
  const found = PATTERNS.filter(
    ({ entry, words: pattern }) =>
      (entry.errorCode === undefined || entry.errorCode === error.errorCode) &&
      (entry.level === undefined || isGrave(entry.level) === isGrave(error.level)) &&
      pattern.length === words.length &&
      pattern.every((word, place) => word === "<*>" || word === words[place]),
  );
  return found.length === 1 ? found[0]?.entry.id : undefined;
}

/** The words of a message without the fields behind it: loggers put `error_code=…` and the like after the text. */
function wordsOf(text: string): string[] {
  const words = mask(redact(text)).replaceAll(VARYING, "<*>").toLowerCase().split(" ");
  const last = words.findLastIndex((word) => !FIELD.test(word));
  return words.slice(0, last + 1);
}

const isGrave = (level: Level) => level === "ERROR" || level === "FATAL";

/** A knowledge base that has the seed, too. What people wrote of an error, its rejection too, goes before the seed's. */
export class SeededCatalog implements Catalog {
  readonly #base: Catalog;

  constructor(base: Catalog) {
    this.#base = base;
  }

  async get(id: string): Promise<CatalogEntry | undefined> {
    return (await this.#base.get(id)) ?? BY_ID.get(id);
  }

  async ids(): Promise<ReadonlySet<string>> {
    return new Set([...BY_ID.keys(), ...(await this.#base.ids())]);
  }

  async all(): Promise<CatalogEntry[]> {
    const entries = new Map(
      [...BY_ID.values(), ...(await this.#base.all())].map((entry) => [entry.id, entry]),
    );
    return [...entries.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What was written to it, without what is only in the seed. */
  own(): Promise<CatalogEntry[]> {
    return this.#base.all();
  }

  put(entries: readonly CatalogEntry[]): Promise<void> {
    return this.#base.put(entries);
  }
}
