import { z } from "zod";
import { EMBEDDING_TEXT_VERSION } from "../src/cause/embedding/embedding-text.ts";
import type { Thresholds } from "../src/cause/embedding/thresholds.ts";
import { drawCurves } from "./curve.ts";
import { chooseThreshold, editionOf, measured, type Pair, qualityAt } from "./pairs.ts";

/** What embedders find of the pairs, by the embedder's name: kept, so that a choice can be made again without them. */
export const similaritiesSchema = z.record(
  z.string(),
  z.strictObject({ edition: z.string(), similarities: z.array(z.number().min(-1.001).max(1.001)) }),
);
export type Similarities = z.output<typeof similaritiesSchema>;

/** What the script writes, from the pairs and what embedders find of them. What was found of other pairs is left out. */
export function report(
  pairs: readonly Pair[],
  found: Similarities,
): { thresholds: Thresholds; picture: string } {
  const edition = editionOf(pairs);
  const embedders = Object.entries(found)
    .filter(([, each]) => each.edition === edition)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { similarities }]) => {
      const ofPairs = measured(pairs, similarities);
      return { name, pairs: ofPairs, threshold: chooseThreshold(ofPairs) };
    });
  const thresholds = embedders.map(({ name, pairs: ofPairs, threshold }) => {
    const half = (which: Pair["half"]) =>
      qualityAt(
        ofPairs.filter((pair) => pair.half === which),
        threshold,
      );
    const text = EMBEDDING_TEXT_VERSION;
    return [name, { threshold, text, edition, choosing: half("choose"), heldOut: half("held-out") }] as const;
  });
  return { thresholds: Object.fromEntries(thresholds), picture: drawCurves(embedders) };
}
