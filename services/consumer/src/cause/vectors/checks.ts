import { VectorStoreError } from "../errors.ts";
import type { VectorEntry, VectorMaking } from "./types.ts";

/** What every store takes as an id: it is safe in any query language, and fits Milvus' key. */
const ID = /^[A-Za-z0-9._:-]{1,64}$/;
/** How far from 1 the length of a vector of length 1 may be: 32-bit floats of some thousand dimensions stay far below. */
const LENGTH_TOLERANCE = 1e-3;
/** sqlite-vec gives no more neighbours than this; Milvus would give 16,384. */
const MOST_HITS = 4_096;
/** sqlite-vec takes no more; Milvus would take 32,768. */
export const MOST_DIMENSIONS = 8_192;

/** @throws VectorStoreError */
export function requireMaking({ name, dimensions }: VectorMaking): void {
  if (Number.isInteger(dimensions) && dimensions >= 2 && dimensions <= MOST_DIMENSIONS) return;
  throw new VectorStoreError(
    `dimensions of ${name}: given ${dimensions}, allowed a whole number from 2 to ${MOST_DIMENSIONS}`,
  );
}

/** @throws VectorStoreError for a vector of other dimensions, one that is not of length 1, or an id no store takes */
export function requireEntries(
  entries: readonly VectorEntry[],
  making: VectorMaking,
): ReadonlyMap<string, Float32Array> {
  requireIds(entries.map(({ id }) => id));
  for (const { id, vector } of entries) requireVector(vector, making, `the vector of ${id}`);
  return new Map(entries.map(({ id, vector }) => [id, vector]));
}

/** @throws VectorStoreError */
export function requireIds(ids: readonly string[]): void {
  const wrong = ids.find((id) => !ID.test(id));
  if (wrong === undefined) return;
  throw new VectorStoreError(
    `id of a vector: given ${JSON.stringify(wrong.slice(0, 100))}, allowed 1 to 64 of A-Z a-z 0-9 . _ : -`,
  );
}

/** @throws VectorStoreError */
export function requireQuery(vector: Float32Array, limit: number, making: VectorMaking): void {
  requireVector(vector, making, "the vector to search for");
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_HITS) {
    throw new VectorStoreError(
      `limit of a search: given ${limit}, allowed a whole number from 1 to ${MOST_HITS}`,
    );
  }
}

/** A cosine that rounding brought just outside of -1 to 1 comes back. */
export function similarityOf(cosine: number): number {
  return Math.min(1, Math.max(-1, cosine));
}

function requireVector(vector: Float32Array, { name, dimensions }: VectorMaking, what: string): void {
  if (vector.length !== dimensions) {
    throw new VectorStoreError(
      `${what}: given ${vector.length} dimensions, allowed ${dimensions}: the store is of ${name}`,
    );
  }
  const length = Math.sqrt(vector.reduce((sum, part) => sum + part * part, 0));
  if (Math.abs(length - 1) <= LENGTH_TOLERANCE) return;
  throw new VectorStoreError(`${what}: given a length of ${length}, allowed 1`);
}
