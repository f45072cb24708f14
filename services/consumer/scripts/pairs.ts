import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { agrees } from "../src/cause/embedding/agreement.ts";
import { EMBEDDING_TEXT_VERSION, embeddingText } from "../src/cause/embedding/embedding-text.ts";
import type { Embedder } from "../src/cause/embedding/types.ts";
import { cosine } from "../src/cause/embedding/vectors.ts";

/** Two lines of errors, and whether they are the same error; `a` is written as the knowledge base would have it. */
const pairSchema = z.strictObject({
  a: z.string().min(1),
  b: z.string().min(1),
  same: z.boolean(),
  why: z.string().min(1),
  /** What it is for. All pairs of an error are in one half. */
  half: z.enum(["choose", "held-out"]),
});
export type Pair = z.output<typeof pairSchema>;

const PAIRS_FILE = new URL("../knowledge/pairs.jsonl", import.meta.url);

/** The labelled pairs. @throws ZodError, SyntaxError when a line is none */
export function readPairs(): Pair[] {
  return readFileSync(PAIRS_FILE, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => pairSchema.parse(JSON.parse(line)));
}

/** Says which pairs, and which texts made of them, similarities belong to. */
export function editionOf(pairs: readonly Pair[]): string {
  const data = JSON.stringify([
    EMBEDDING_TEXT_VERSION,
    pairs.map(({ a, b }) => [a, b, embeddingText(a), embeddingText(b)]),
  ]);
  return createHash("sha256").update(data).digest("hex").slice(0, 16);
}

/** Decimals of a similarity that is kept: what lies behind them differs between machines. */
const DECIMALS = 3;

/** How similar an embedder finds the texts of each pair, in their order. @throws EmbedderError */
export async function similaritiesOf(pairs: readonly Pair[], embedder: Embedder): Promise<number[]> {
  const texts = [...new Set(pairs.flatMap(({ a, b }) => [embeddingText(a), embeddingText(b)]))];
  const vectors = new Map<string, Float32Array>();
  for (let from = 0; from < texts.length; from += 100) {
    const some = texts.slice(from, from + 100);
    const ofSome = await embedder.embed(some);
    for (const [at, text] of some.entries()) vectors.set(text, ofSome[at] as Float32Array);
  }
  const vectorOf = (text: string) => vectors.get(embeddingText(text)) as Float32Array;
  return pairs.map(({ a, b }) => Number(cosine(vectorOf(a), vectorOf(b)).toFixed(DECIMALS)));
}

/** A pair as the vector tier sees it. */
export interface Measured {
  readonly half: Pair["half"];
  readonly same: boolean;
  readonly similarity: number;
  readonly agrees: boolean;
}

export const measured = (pairs: readonly Pair[], similarities: readonly number[]): Measured[] =>
  pairs.map(({ a, b, same, half }, at) => ({
    half,
    same,
    similarity: similarities[at] as number,
    agrees: agrees({ pattern: a }, { texts: [b] }),
  }));

/** Share of different pairs that may be taken for the same. */
export const MOST_FALSE_HITS = 0.005;
/** Thresholds that come into question: below, texts have nothing to do with each other. */
export const THRESHOLDS: readonly number[] = Array.from({ length: 101 }, (_, at) => (500 + 5 * at) / 1_000);

export interface Quality {
  readonly same: number;
  readonly different: number;
  /** Pairs that are the same, and taken for it. */
  readonly hits: number;
  /** Pairs that are different, and taken for the same. */
  readonly falseHits: number;
  /** Of what is the same, the share that is found. */
  readonly recall: number;
  /** Of what is taken for the same, the share that is. */
  readonly precision: number;
  /** Of what is different, the share that is taken for the same. */
  readonly falseHitRate: number;
}

/** What a threshold makes of pairs; without agreement when that is asked for. */
export function qualityAt(
  pairs: readonly Measured[],
  threshold: number,
  { agreement = true }: { agreement?: boolean } = {},
): Quality {
  const isHit = (pair: Measured) => pair.similarity >= threshold && (pair.agrees || !agreement);
  const count = (fits: (pair: Measured) => boolean) => pairs.filter(fits).length;
  const same = count((pair) => pair.same);
  const different = pairs.length - same;
  const hits = count((pair) => pair.same && isHit(pair));
  const falseHits = count((pair) => !pair.same && isHit(pair));
  const share = (part: number, whole: number) => (whole === 0 ? 0 : Number((part / whole).toFixed(4)));
  return {
    same,
    different,
    hits,
    falseHits,
    recall: share(hits, same),
    precision: share(hits, hits + falseHits),
    falseHitRate: share(falseHits, different),
  };
}

/** The lowest threshold with few enough false hits among the pairs that are for choosing; 1 finds nothing but equals. */
export function chooseThreshold(pairs: readonly Measured[]): number {
  const choosing = pairs.filter(({ half }) => half === "choose");
  return THRESHOLDS.find((threshold) => qualityAt(choosing, threshold).falseHitRate <= MOST_FALSE_HITS) ?? 1;
}
