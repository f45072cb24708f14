import { createHash } from "node:crypto";
import type { Embedder } from "../../src/cause/embedding/types.ts";
import type { VectorEntry, VectorHit, VectorStore } from "../../src/cause/vectors/types.ts";

/** Vectors in memory, for what is tested around them. */
export class MemoryVectorStore implements VectorStore {
  readonly vectors = new Map<string, Float32Array>();
  /** What every call fails with. */
  failure: Error | undefined;
  /** Calls wait for it. */
  gate: Promise<void> | undefined;
  puts = 0;
  isClosed = false;

  async ids(): Promise<ReadonlySet<string>> {
    await this.#pass();
    return new Set(this.vectors.keys());
  }

  async put(entries: readonly VectorEntry[]): Promise<void> {
    await this.#pass();
    this.puts += entries.length;
    for (const { id, vector } of entries) this.vectors.set(id, vector);
  }

  async delete(ids: readonly string[]): Promise<void> {
    await this.#pass();
    for (const id of ids) this.vectors.delete(id);
  }

  async search(vector: Float32Array, limit: number): Promise<VectorHit[]> {
    await this.#pass();
    return [...this.vectors]
      .map(([id, one]) => ({ id, similarity: one.reduce((sum, x, i) => sum + x * (vector[i] ?? 0), 0) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, limit);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  async #pass(): Promise<void> {
    await this.gate;
    if (this.failure) throw this.failure;
  }
}

const DIMENSIONS = 64;

/** Texts with words in common are near each other. */
export class WordEmbedder implements Embedder {
  readonly name = "words";
  readonly dimensions = DIMENSIONS;
  readonly texts: string[] = [];
  failure: Error | undefined;

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    if (this.failure) throw this.failure;
    this.texts.push(...texts);
    return texts.map(vectorOf);
  }

  async close(): Promise<void> {}
}

function vectorOf(text: string): Float32Array {
  const vector = new Float32Array(DIMENSIONS);
  for (const word of text.split(" ")) {
    const place = createHash("sha256").update(word).digest()[0] ?? 0;
    vector[place % DIMENSIONS] = (vector[place % DIMENSIONS] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((x) => x / length);
}
