import { EmbedderError } from "../errors.ts";

/** The vectors with length 1. @throws EmbedderError when one has another dimension, isn't finite, or is zero */
export function unitVectors(vectors: readonly ArrayLike<number>[], dimensions: number): Float32Array[] {
  return vectors.map((vector) => {
    if (vector.length !== dimensions) {
      throw new EmbedderError(`a vector has ${vector.length} dimensions, ${dimensions} were asked for`);
    }
    const unit = Float32Array.from(vector);
    const length = Math.hypot(...unit);
    if (!Number.isFinite(length) || length === 0) {
      throw new EmbedderError("a vector has no direction: it is zero, or holds what is no finite number");
    }
    return unit.map((number) => number / length);
  });
}

/** Cosine of the angle between two vectors of length 1. */
export function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, number, at) => sum + number * (b[at] as number), 0);
}
