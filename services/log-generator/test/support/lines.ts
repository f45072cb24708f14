import { type GeneratedLine, type GenerateOptions, generate } from "../../src/generate.ts";

export const START = Date.parse("2026-01-25T00:00:00.000Z");
export const PLACE = { platform: "eks", environment: "dev" } as const;

/** Lines of a stream that differs from the usual one in the given options. */
export function makeLines(options: Partial<GenerateOptions> = {}): GeneratedLine[] {
  return [...generate({ seed: "1", start: START, rate: 100, count: 1_000, ...options })];
}
