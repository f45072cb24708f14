/** What a store keeps: the vector of an entry of the knowledge base. */
export interface VectorEntry {
  readonly id: string;
  /** Of length 1. */
  readonly vector: Float32Array;
}

export interface VectorHit {
  readonly id: string;
  /** Cosine of the angle between both, from -1 to 1; 1 is the same direction. */
  readonly similarity: number;
}

/**
 * Vectors of one embedder, and the nearest of them. It holds nothing that cannot be made again from the knowledge base.
 * Each method throws VectorStoreError when the store cannot be reached, is too slow, or holds something else.
 */
export interface VectorStore {
  /** The ids of all it holds. */
  ids(): Promise<ReadonlySet<string>>;
  /** One of the same id is replaced. A search that begins afterwards finds them. */
  put(entries: readonly VectorEntry[]): Promise<void>;
  /** Ids that are not there are no failure. */
  delete(ids: readonly string[]): Promise<void>;
  /** The nearest, nearest first, `limit` of them at most. */
  search(vector: Float32Array, limit: number): Promise<VectorHit[]>;
  close(): Promise<void>;
}

/** What the vectors of a store are made with: vectors of different makings cannot be compared. */
export interface VectorMaking {
  /** Name of the embedder and of the text it was given; another name is another store. */
  readonly name: string;
  readonly dimensions: number;
}
