import { createHash } from "node:crypto";
import type { ConsistencyLevelEnum, MilvusClient } from "@zilliz/milvus2-sdk-node";
import { z } from "zod";
import { VectorStoreError } from "../errors.ts";
import { requireEntries, requireIds, requireMaking, requireQuery, similarityOf } from "./checks.ts";
import { Milvus, MilvusError } from "./milvus-client.ts";
import type { MilvusOptions } from "./milvus-options.ts";
import type { VectorEntry, VectorHit, VectorMaking, VectorStore } from "./types.ts";

export interface MilvusVectorStoreOptions extends MilvusOptions {
  readonly making: VectorMaking;
}

/** Vectors, or ids, of one request: below Milvus' limits of 64 MB and of 16,384 rows. */
const BATCH = 200;
const ID_BATCH = 1_000;
const ID_PAGE = 5_000;
const LONGEST_ID = 64;
const METRIC = "COSINE";
/** ConsistencyLevelEnum.Strong; the SDK itself is loaded only when a store is opened. */
const STRONG: ConsistencyLevelEnum.Strong = 0;
/** Milvus' code when there is no such index. */
const NO_INDEX = 700;
const NO_COLLECTION = 100;

const done = z.unknown();
const describedSchema = z.object({
  schema: z.object({
    fields: z.array(
      z.object({
        name: z.string(),
        data_type: z.string(),
        is_primary_key: z.boolean(),
        dim: z.coerce.number().optional(),
      }),
    ),
  }),
});
const indexSchema = z.object({
  index_descriptions: z.array(
    z.object({
      field_name: z.string(),
      params: z.array(z.object({ key: z.string(), value: z.union([z.string(), z.number()]) })),
    }),
  ),
});
const loadSchema = z.object({ state: z.string() });
const idsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });
const hitsSchema = z.object({ results: z.array(z.object({ id: z.string(), score: z.number() })) });

/**
 * Vectors in a collection of Milvus, one for each making. The collection is made when it is first needed, and again when it was
 * dropped; nobody but this store should write to it. Each request has the time limit; a put or delete of many is several requests,
 * of which the first may be done when a later one fails: put or delete all of them again.
 */
export class MilvusVectorStore implements VectorStore {
  readonly #milvus: Milvus;
  readonly #making: VectorMaking;
  readonly #address: string;
  readonly #collection: string;
  #prepared: Promise<void> | undefined;

  /**
   * Checks the options. Milvus need not be there yet: requests fail while it is not.
   * @throws VectorStoreError one of the options is wrong
   */
  static async open({ making, ...options }: MilvusVectorStoreOptions): Promise<MilvusVectorStore> {
    requireMaking(making);
    return new MilvusVectorStore(await Milvus.open(options), making, options.address);
  }

  private constructor(milvus: Milvus, making: VectorMaking, address: string) {
    this.#milvus = milvus;
    this.#making = making;
    this.#address = address;
    this.#collection = collectionOf(making.name);
  }

  async ids(): Promise<ReadonlySet<string>> {
    const all = new Set<string>();
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page: string[] = await this.#idsAfter(after);
      for (const id of page) all.add(id);
      after = page.length === ID_PAGE ? page.at(-1) : undefined;
    }
    return all;
  }

  async put(entries: readonly VectorEntry[]): Promise<void> {
    const vectors = [...requireEntries(entries, this.#making)];
    for (const batch of batches(vectors, BATCH)) {
      const data = batch.map(([id, vector]) => ({ id, vector: [...vector] }));
      await this.#run(() =>
        this.#milvus.request(done, (client) => client.upsert({ collection_name: this.#collection, data })),
      );
    }
  }

  async delete(ids: readonly string[]): Promise<void> {
    requireIds(ids);
    for (const batch of batches(ids, ID_BATCH)) {
      await this.#run(() =>
        this.#milvus.request(done, (client) =>
          client.delete({ collection_name: this.#collection, ids: batch }),
        ),
      );
    }
  }

  async search(vector: Float32Array, limit: number): Promise<VectorHit[]> {
    requireQuery(vector, limit, this.#making);
    const { results } = await this.#run(() =>
      this.#milvus.request(hitsSchema, (client) =>
        client.search({
          collection_name: this.#collection,
          anns_field: "vector",
          data: [...vector],
          limit,
          metric_type: METRIC,
          output_fields: ["id"],
          // Finds what any replica put before.
          consistency_level: STRONG,
        }),
      ),
    );
    return results
      .map(({ id, score }) => ({ id, similarity: similarityOf(score) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, limit);
  }

  async close(): Promise<void> {
    await this.#milvus.close();
  }

  /** A page of ids in their order: the iteration that Milvus' own clients do. */
  async #idsAfter(after: string): Promise<string[]> {
    const { data } = await this.#run(() =>
      this.#milvus.request(idsSchema, (client) =>
        client.query({
          collection_name: this.#collection,
          expr: `id > "${after}"`,
          output_fields: ["id"],
          limit: ID_PAGE,
          params: { iterator: "True", reduce_stop_for_best: "True" },
          consistency_level: STRONG,
        }),
      ),
    );
    const ids = data.map(({ id }) => id);
    // What it would skip otherwise were put again and again, and never deleted.
    if (ids.some((id, place) => id <= (ids[place - 1] ?? after))) {
      throw new VectorStoreError(`Milvus at ${this.#address}: its answer has ids in no order`);
    }
    return ids;
  }

  /** Makes sure of the collection, and does the work; both again when Milvus says that it isn't ready (any more). */
  #run<T>(work: () => Promise<T>): Promise<T> {
    return this.#milvus.run(async () => {
      try {
        await this.#prepare();
        return await work();
      } catch (error) {
        if (error instanceof MilvusError && error.unprepared) this.#prepared = undefined;
        throw error;
      }
    });
  }

  #prepare(): Promise<void> {
    this.#prepared ??= this.#makeCollection().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  /** Each step may be done already, by another replica just now too. */
  async #makeCollection(): Promise<void> {
    const collection_name = this.#collection;
    const described = async () => (await this.#describe()) !== undefined;
    await this.#ensure(described, (client) =>
      client.createCollection({
        collection_name,
        description: `Vectors of ${this.#making.name}`,
        consistency_level: "Strong",
        fields: [
          { name: "id", data_type: "VarChar", is_primary_key: true, max_length: LONGEST_ID },
          { name: "vector", data_type: "FloatVector", dim: this.#making.dimensions },
        ],
      }),
    );
    this.#requireOwn(await this.#describe());
    await this.#ensure(
      () => this.#hasIndex(),
      (client) =>
        client.createIndex({
          collection_name,
          field_name: "vector",
          index_type: "AUTOINDEX",
          metric_type: METRIC,
        }),
    );
    await this.#milvus.request(done, (client) => client.loadCollection({ collection_name }));
    const { state } = await this.#milvus.request(loadSchema, (client) =>
      client.getLoadState({ collection_name }),
    );
    if (state !== "LoadStateLoaded") {
      throw new MilvusError(`Milvus at ${this.#address}: it is still loading collection ${collection_name}`, {
        transient: true,
      });
    }
  }

  async #ensure(
    isThere: () => Promise<boolean>,
    make: (client: MilvusClient) => Promise<unknown>,
  ): Promise<void> {
    if (await isThere()) return;
    try {
      await this.#milvus.request(done, make);
    } catch (error) {
      if (await isThere()) return;
      // Another replica may be in the middle of making it.
      throw error instanceof MilvusError
        ? new MilvusError(error.message, {
            ...(error.code !== undefined && { code: error.code }),
            transient: true,
          })
        : error;
    }
  }

  async #describe(): Promise<z.output<typeof describedSchema> | undefined> {
    try {
      return await this.#milvus.request(describedSchema, (client) =>
        client.describeCollection({ collection_name: this.#collection }),
      );
    } catch (error) {
      if (error instanceof MilvusError && error.code === NO_COLLECTION) return undefined;
      throw error;
    }
  }

  async #hasIndex(): Promise<boolean> {
    try {
      const { index_descriptions: indexes } = await this.#milvus.request(indexSchema, (client) =>
        client.describeIndex({ collection_name: this.#collection }),
      );
      const index = indexes.find(({ field_name: field }) => field === "vector");
      const metric = index?.params.find(({ key }) => key === "metric_type")?.value;
      if (index && metric !== METRIC) throw this.#foreign(`an index of ${metric}`, `one of ${METRIC}`);
      return index !== undefined;
    } catch (error) {
      if (error instanceof MilvusError && error.code === NO_INDEX) return false;
      throw error;
    }
  }

  #requireOwn(described: z.output<typeof describedSchema> | undefined): void {
    const fields = described?.schema.fields ?? [];
    const { dimensions } = this.#making;
    const id = fields.find(({ name }) => name === "id");
    const vector = fields.find(({ name }) => name === "vector");
    if (fields.length !== 2 || id?.data_type !== "VarChar" || !id.is_primary_key || !vector) {
      const given = fields.map(({ name, data_type: type }) => `${name} (${type})`).join(", ") || "no fields";
      throw this.#foreign(given, "id (VarChar, primary key), vector (FloatVector)");
    }
    if (vector.data_type !== "FloatVector" || vector.dim !== dimensions) {
      throw this.#foreign(
        `vectors of ${vector.dim} dimensions (${vector.data_type})`,
        `${dimensions} (FloatVector)`,
      );
    }
  }

  #foreign(given: string, allowed: string): VectorStoreError {
    return new VectorStoreError(
      `Milvus at ${this.#address}: collection ${this.#collection}: given ${given}, allowed ${allowed}: ` +
        "drop the collection, and its vectors are made again, or give another database",
    );
  }
}

/** Milvus allows letters, digits and _, 255 of them; the hash distinguishes what looks the same without the rest. */
function collectionOf(name: string): string {
  const readable = name.replaceAll(/[^A-Za-z0-9]+/g, "_").slice(0, 100);
  return `cali_${readable}_${createHash("sha256").update(name).digest("hex").slice(0, 12)}`;
}

function* batches<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
