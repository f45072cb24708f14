import { NamedError, parseJson } from "@cali/base";
import type { ObjectStore } from "../../state/objects/types.ts";
import { type Catalog, type CatalogEntry, entrySchema } from "./catalog.ts";

/** Where the knowledge base is: `knowledge/<id>.json`. */
const KNOWLEDGE = "knowledge/";

/** An object of the knowledge base is none; the message names it. */
export class KnowledgeCorruptError extends NamedError {}

const CONCURRENCY = 16;
const keyOf = (id: string) => `${KNOWLEDGE}${id}.json`;

/** The knowledge base as objects, one for each entry: every replica and every command sees the same. */
export class ObjectCatalog implements Catalog {
  readonly #objects: ObjectStore;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** @throws ObjectStoreError, KnowledgeCorruptError */
  async get(id: string): Promise<CatalogEntry | undefined> {
    const body = await this.#objects.get(keyOf(id));
    return body === undefined ? undefined : read(id, body);
  }

  /** @throws ObjectStoreError */
  async ids(): Promise<ReadonlySet<string>> {
    const ids = new Set<string>();
    for await (const { key } of this.#objects.list(KNOWLEDGE)) {
      ids.add(key.slice(KNOWLEDGE.length).replace(/\.json$/, ""));
    }
    return ids;
  }

  /** @throws ObjectStoreError, KnowledgeCorruptError */
  async all(): Promise<CatalogEntry[]> {
    const ids = [...(await this.ids())];
    const entries: CatalogEntry[] = [];
    for (let from = 0; from < ids.length; from += CONCURRENCY) {
      const some = await Promise.all(ids.slice(from, from + CONCURRENCY).map((id) => this.get(id)));
      entries.push(...some.filter((entry) => entry !== undefined));
    }
    return entries;
  }

  /** @throws ObjectStoreError; what was written before it stays, and writing all again completes it */
  async put(entries: readonly CatalogEntry[]): Promise<void> {
    for (let from = 0; from < entries.length; from += CONCURRENCY) {
      await Promise.all(
        entries
          .slice(from, from + CONCURRENCY)
          .map((entry) =>
            this.#objects.put(keyOf(entry.id), Buffer.from(JSON.stringify(entrySchema.parse(entry)))),
          ),
      );
    }
  }
}

function read(id: string, body: Uint8Array): CatalogEntry {
  const value = parseJson(body);
  if (value === undefined) {
    throw new KnowledgeCorruptError(
      `${keyOf(id)}: given no JSON, allowed an entry; remove it or put it back`,
    );
  }
  const entry = entrySchema.safeParse(value);
  if (entry.success && entry.data.id === id) return entry.data;
  const issue = entry.error?.issues[0];
  throw new KnowledgeCorruptError(
    `${keyOf(id)}: ${issue ? `${issue.path.join(".")}: ${issue.message}` : "id: given another one"}; remove it or put it back`,
  );
}
