import { messageOf } from "@cali/base";
import { type IPolicy, TimeoutStrategy, timeout } from "cockatiel";
import type { Logger } from "pino";
import { backoffMs, type Clock } from "../../core/clock.ts";
import type { Alert } from "../../core/types.ts";
import { agrees } from "../embedding/agreement.ts";
import { EMBEDDING_TEXT_VERSION, embeddingText } from "../embedding/embedding-text.ts";
import type { Embedder } from "../embedding/types.ts";
import type { VectorMaking, VectorStore } from "../vectors/types.ts";
import type { Catalog, CatalogEntry } from "./catalog.ts";
import { KnowledgeCorruptError } from "./object-catalog.ts";

export interface SimilarKnowledgeOptions {
  readonly catalog: Catalog;
  readonly embedder: Embedder;
  /** Opens the store; called again when that failed. @throws VectorStoreError */
  readonly openStore: (making: VectorMaking) => Promise<VectorStore>;
  /** Least similarity of an answer, from 0 to 1. Undefined: none was chosen for this embedder, and nothing is near enough. */
  readonly threshold: number | undefined;
  /** Longest time of a search, the embedding included, ms. */
  readonly timeoutMs: number;
  /** Time between two looks for what came into the knowledge base, ms. */
  readonly refreshMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onTrouble: (text: string | undefined) => void;
}

/** Knowledge of an error that reads much the same. */
interface Similar {
  readonly entry: CatalogEntry & { readonly cause: string; readonly action: string };
  /** From -1 to 1. */
  readonly similarity: number;
}

export interface SimilarAnswer {
  /** The same error in other words: similar enough, and no code, status or level speaks against it. */
  readonly match?: Similar;
  /** The nearest that have a cause and are not just any other error, nearest first, three at most. */
  readonly nearest: readonly Similar[];
}

/** What is looked at of what is near: some of it has no cause, was rejected, or is of another code. */
const LOOKED_AT = 12;
const NEAREST = 3;
/** Share of the threshold below which nothing is near: of unrelated errors, 19 of 20 are less similar (`knowledge/pairs.jsonl`). */
const LEAST_NEAR = 0.9;
/** What is taken for an embedder without a threshold. */
const USUAL_THRESHOLD = 0.75;
/** Entries that are embedded at a time. */
const BATCH = 64;
/** Templates whose vectors are kept: alerts repeat. */
const CACHED = 1_000;

/**
 * Finds what the knowledge base says of errors that read alike. The vectors are made from the knowledge base and follow it, so a store
 * that is lost or emptied fills again.
 */
export class SimilarKnowledge {
  readonly #options: SimilarKnowledgeOptions;
  readonly #making: VectorMaking;
  readonly #limit: IPolicy;
  readonly #vectors = new Map<string, Float32Array>();
  #store: Promise<VectorStore> | undefined;
  #firstLook: Promise<void> | undefined;

  constructor(options: SimilarKnowledgeOptions) {
    const { embedder, timeoutMs } = options;
    this.#options = options;
    this.#making = {
      name: `${embedder.name}-${EMBEDDING_TEXT_VERSION}`,
      dimensions: embedder.dimensions,
    };
    this.#limit = timeout(timeoutMs, TimeoutStrategy.Aggressive);
  }

  /**
   * What is known of errors like this one.
   * @throws VectorStoreError, EmbedderError, TaskCancelledError (too slow), ObjectStoreError, KnowledgeCorruptError
   */
  find(error: Pick<Alert, "template" | "samples" | "errorCode" | "level">): Promise<SimilarAnswer> {
    return this.#limit.execute(() => this.#find(error));
  }

  async #find({
    template,
    samples,
    errorCode,
    level,
  }: Pick<Alert, "template" | "samples" | "errorCode" | "level">): Promise<SimilarAnswer> {
    const { catalog, threshold } = this.#options;
    const text = embeddingText(template);
    if (text === "") return { nearest: [] };
    // What was never looked for is not there: an answer of an empty store would say "unknown" without a reason.
    await this.#firstLook;
    const store = await this.#openStore();
    const hits = await store.search(await this.#vectorOf(text), LOOKED_AT);
    const entries = await Promise.all(hits.map(({ id }) => catalog.get(id)));
    const near = hits.flatMap(({ similarity }, place): Similar[] => {
      const entry = entries[place];
      return entry && hasCause(entry) ? [{ entry, similarity }] : [];
    });
    const texts = [template, ...samples];
    const match = near.find(
      ({ entry, similarity }) =>
        threshold !== undefined && similarity >= threshold && agrees(entry, { texts, errorCode, level }),
    );
    const least = LEAST_NEAR * (threshold ?? USUAL_THRESHOLD);
    const nearest = near.filter(({ similarity }) => similarity >= least).slice(0, NEAREST);
    return { ...(match && { match }), nearest };
  }

  /** Follows the knowledge base until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { refreshMs, clock, log, onTrouble } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const look = this.refresh();
      this.#firstLook ??= look.catch(() => {});
      try {
        await look;
        onTrouble(undefined);
        failures = 0;
      } catch (error) {
        failures++;
        onTrouble(`similar errors may be missed: ${messageOf(error)}`);
        log.warn({ err: error, failures }, "the knowledge base's vectors are not up to date");
      }
      await clock.sleep(failures > 0 ? backoffMs(clock, failures, 1_000, refreshMs) : refreshMs, signal);
    }
  }

  /**
   * Makes the vectors of what came into the knowledge base, and removes those of what left it.
   * @throws VectorStoreError, EmbedderError, ObjectStoreError; what was done stays
   */
  async refresh(): Promise<void> {
    const { catalog, log } = this.#options;
    const store = await this.#openStore();
    const [expected, held] = await Promise.all([catalog.ids(), store.ids()]);
    const gone = [...held].filter((id) => !expected.has(id));
    if (gone.length > 0) await store.delete(gone);
    const missing = [...expected].filter((id) => !held.has(id));
    for (let from = 0; from < missing.length; from += BATCH) {
      await this.#add(store, missing.slice(from, from + BATCH));
    }
    if (gone.length + missing.length > 0) {
      log.info(
        { added: missing.length, removed: gone.length },
        "the knowledge base's vectors are up to date",
      );
    }
  }

  async close(): Promise<void> {
    const store = await this.#store?.catch(() => undefined);
    await Promise.all([store?.close(), this.#options.embedder.close()]);
  }

  async #add(store: VectorStore, ids: readonly string[]): Promise<void> {
    const entries = await Promise.all(ids.map((id) => this.#read(id)));
    const texts = entries.flatMap((entry) => {
      const text = entry && embeddingText(entry.pattern);
      return entry && text ? [{ id: entry.id, text }] : [];
    });
    if (texts.length === 0) return;
    const vectors = await this.#options.embedder.embed(texts.map(({ text }) => text));
    await store.put(texts.map(({ id }, place) => ({ id, vector: vectors[place] as Float32Array })));
  }

  /** An entry that is damaged must not keep the others out. */
  async #read(id: string): Promise<CatalogEntry | undefined> {
    const { catalog, log } = this.#options;
    try {
      return await catalog.get(id);
    } catch (error) {
      if (!(error instanceof KnowledgeCorruptError)) throw error;
      log.warn({ err: error }, "an entry of the knowledge base is not looked for");
      return undefined;
    }
  }

  async #vectorOf(text: string): Promise<Float32Array> {
    const known = this.#vectors.get(text);
    if (known) return known;
    const [vector] = await this.#options.embedder.embed([text]);
    // The oldest goes first; an embedder answers with one vector for each text.
    if (this.#vectors.size >= CACHED) this.#vectors.delete(this.#vectors.keys().next().value as string);
    this.#vectors.set(text, vector as Float32Array);
    return vector as Float32Array;
  }

  #openStore(): Promise<VectorStore> {
    this.#store ??= this.#options.openStore(this.#making).catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }
}

const hasCause = (entry: CatalogEntry): entry is Similar["entry"] =>
  entry.state !== "rejected" && entry.cause !== undefined && entry.action !== undefined;
