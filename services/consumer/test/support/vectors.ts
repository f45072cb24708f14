import type { VectorMaking } from "../../src/cause/vectors/types.ts";

export const MAKING: VectorMaking = { name: "test-embedder/1", dimensions: 8 };

/** Any direction, of length 1. */
export function direction(random: () => number, dimensions = MAKING.dimensions): Float32Array {
  return unit(Array.from({ length: dimensions }, () => random() - 0.5));
}

export function unit(parts: readonly number[]): Float32Array {
  const length = Math.hypot(...parts);
  return Float32Array.from(parts, (part) => part / length);
}

/** Along one axis. */
export const axis = (place: number) =>
  unit(Array.from({ length: MAKING.dimensions }, (_, i) => (i === place ? 1 : 0)));

export function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, part, i) => sum + part * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
