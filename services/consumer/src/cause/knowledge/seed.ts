import { createHash } from "node:crypto";
import type { Level } from "@cali/log-record";
import formerIds from "../../../knowledge/former-ids.json" with { type: "json" };
import { mask } from "../../group/masking.ts";
import { redact, usesOwnRules } from "../../redact/redact.ts";
import { codesIn, differingCode } from "../embedding/codes.ts";
import { portsIn } from "../signature/event-text.ts";
import { isNamedIn, namesIn, rivalIn } from "../signature/rivals.ts";
import { sizeOfMessage } from "../signature/words.ts";
import { type Catalog, type CatalogEntry, VARYING } from "./catalog.ts";
import { type KnownError, templateOf } from "./known-errors.ts";
import { readKnown } from "./product-files.ts";

/** When this edition of the seed was put together; shown as the age of its knowledge. */
const SEED_DATE = "2026-11-28T00:00:00.000Z";

/** What the program knows from the start: an error of a product, and the entry of the knowledge base that says it. */
export interface SeedEntry extends KnownError {
  readonly entry: CatalogEntry;
}

/** What is read when it is first asked for: the program starts without. */
function lazily<T>(read: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= read();
    return made;
  };
}

const knownErrors = lazily(() => readKnown("errors"));

/** Well-known errors with their causes. */
export const seed = lazily((): readonly SeedEntry[] => knownErrors().products.map(seedEntry));

/** They by the ids of their entries. */
export const seedById = lazily(
  (): ReadonlyMap<string, SeedEntry> => new Map(seed().map((known) => [known.entry.id, known])),
);

function seedEntry(known: KnownError): SeedEntry {
  const { name, patterns, codes, level, cause, action, runbook } = known;
  const [pattern = ""] = patterns;
  const [errorCode, ...others] = codes ?? [];
  // What the files say was checked when they were read.
  const entry: CatalogEntry = {
    id: seededId(name),
    pattern: pattern.replaceAll("**", ""),
    cause,
    action,
    ...(runbook !== undefined && { runbook }),
    ...(errorCode !== undefined && others.length === 0 && { errorCode }),
    ...(level !== undefined && { level }),
    origin: "seed",
    state: "confirmed",
    createdAt: SEED_DATE,
  };
  return { ...known, entry };
}

/** The id of a seed's entry: that of its name, whatever its patterns say; what people said under an earlier id goes on to count. */
function seededId(name: string): string {
  const former = (formerIds as Readonly<Record<string, string>>)[name];
  return former ?? createHash("sha256").update(`seed ${name}`).digest("hex").slice(0, 16);
}

interface Pattern {
  readonly of: SeedEntry;
  readonly text: string;
  /** As they are compared, once they were asked for. */
  words?: readonly string[];
}

const seedPatterns = lazily((): readonly Pattern[] =>
  seed().flatMap((of) => of.patterns.map((text): Pattern => ({ of, text }))),
);
const byWord = lazily(() => new Map(knownErrors().byWord));

/**
 * The id of the seed's entry that a template is of: each word the same, but where the entry's varies; one of its error codes where
 * both have some, and the same gravity where it has a level. Nothing when none is, or several are: a wrong cause is worse.
 */
export function seedIdOf(error: {
  readonly template: string;
  /** Lines of it, where the template has lost what varies. */
  readonly samples?: readonly string[];
  readonly errorCode?: string | undefined;
  readonly level: Level;
}): string | undefined {
  const words = wordsOf(redact(error.template));
  const patterns = seedPatterns();
  const asked = new Set(["", ...error.template.toLowerCase().split(" ")]);
  const found = [...asked]
    .flatMap((word) => byWord().get(word) ?? [])
    .flatMap((number) => patterns[number] ?? [])
    .filter(
      ({ of: { codes, level } }) =>
        (codes === undefined || error.errorCode === undefined || codes.includes(error.errorCode)) &&
        (level === undefined || isGrave(level) === isGrave(error.level)),
    )
    .filter((pattern) => {
      pattern.words ??= wordsOf(redactedOf(templateOf(pattern.text)));
      const known = pattern.words;
      return (
        known.length === words.length && known.every((word, place) => word === "<*>" || word === words[place])
      );
    });
  if (found.length === 0) return undefined;
  // Numbers are masked in a template: what curl says of (7) and (28) is one.
  const codes = codesIn([error.template, ...(error.samples ?? [])].join("\n"));
  const ids = new Set(
    found
      .filter(({ text }) => differingCode(codesIn(text), codes) === undefined)
      .map(({ of }) => of.entry.id),
  );
  const [id, ...others] = ids;
  if (id === undefined || others.length > 0) return undefined;
  // The signature tier tells it as the product's.
  return errorOfProduct(id, [error.template, ...(error.samples ?? [])]) === undefined ? id : undefined;
}

const ofProducts = lazily(() =>
  seed().flatMap(({ entry: { id }, product, unless, instead }) =>
    instead ? [{ id, product, unless, ...instead, of: new Set(instead.of.map(seededId)) }] : [],
  ),
);
/** Where servers listen that no entry is of. */
const OTHER_PORTS = [3000, 5000, 8000, 8080, 8081, 8443];
const portsOfServers = lazily(
  () => new Set([...OTHER_PORTS, ...ofProducts().flatMap(({ port }) => port ?? [])]),
);
/** The address of a server that speaks HTTP. */
const URL = /\bhttps?:\/\/[^\s"'`,]+/gi;

/**
 * The product's error that one which any server may have is: by what the texts say, by the product's port, or by its name where they
 * name no other port or URL. Undefined: it is nobody's, or could be several's.
 */
export function errorOfProduct(id: string, texts: readonly string[]): string | undefined {
  const text = texts.join("\n").slice(0, 16_000);
  const lower = text.toLowerCase();
  const isSaid = (words: string) => lower.includes(words.toLowerCase());
  const near = ofProducts().filter(({ of, unless }) => of.has(id) && !unless?.some(isSaid));
  if (near.length === 0) return undefined;
  const ports = portsIn(text);
  const names = namesIn(text);
  const urls = namesIn([...text.matchAll(URL)].join(" "));
  const saying = near.filter(({ says }) => says?.some(isSaid));
  const atPort = near.filter(
    ({ port, product }) => port !== undefined && ports.has(port) && rivalIn(names, product) === undefined,
  );
  const isOfOther = [...ports].some((port) => portsOfServers().has(port));
  const named = near.filter(
    ({ port, product }) =>
      port !== undefined &&
      !isOfOther &&
      isNamedIn(names, product) &&
      (urls.size === 0 || isNamedIn(urls, product)),
  );
  const [own, ...others] = [saying, atPort, named].find((found) => found.length > 0) ?? [];
  return others.length > 0 ? undefined : own?.id;
}

const redactedTemplates = lazily(() => new Map(knownErrors().redacted));

/** A pattern's template without what is secret; by the usual rules that is known. */
const redactedOf = (template: string) =>
  usesOwnRules() ? redact(template) : (redactedTemplates().get(template) ?? template);

/** The words of a message without the fields behind it. */
function wordsOf(redacted: string): string[] {
  const words = mask(redacted).replaceAll(VARYING, "<*>").toLowerCase().split(" ");
  return words.slice(0, sizeOfMessage(words));
}

const isGrave = (level: Level) => level === "ERROR" || level === "FATAL";

/** A knowledge base that has the seed, too. What people wrote of an error, its rejection too, goes before the seed's. */
export class SeededCatalog implements Catalog {
  readonly #base: Catalog;

  constructor(base: Catalog) {
    this.#base = base;
  }

  async get(id: string): Promise<CatalogEntry | undefined> {
    return (await this.#base.get(id)) ?? seedById().get(id)?.entry;
  }

  async ids(): Promise<ReadonlySet<string>> {
    return new Set([...seedById().keys(), ...(await this.#base.ids())]);
  }

  async all(): Promise<CatalogEntry[]> {
    const entries = new Map(
      [...seed().map((known) => known.entry), ...(await this.#base.all())].map((entry) => [entry.id, entry]),
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

/** The knowledge base of a program without one of its own; what is written to it is lost. */
export const SEED_ALONE: Catalog = new SeededCatalog({
  get: async () => undefined,
  ids: async () => new Set(),
  all: async () => [],
  put: async () => {},
});
