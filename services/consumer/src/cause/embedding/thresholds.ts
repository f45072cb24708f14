import { z } from "zod";
import thresholdsFile from "../../../knowledge/thresholds.json" with { type: "json" };
import { EMBEDDING_TEXT_VERSION } from "./embedding-text.ts";

const share = z.number().min(0).max(1);
const quality = z.strictObject({
  same: z.int(),
  different: z.int(),
  hits: z.int(),
  falseHits: z.int(),
  recall: share,
  precision: share,
  falseHitRate: share,
});

/** What `npm run thresholds` has measured, by the embedder's name. */
export const thresholdsSchema = z.record(
  z.string(),
  z.strictObject({
    /** Least similarity of a hit. */
    threshold: share,
    /** How the embedded texts were made. */
    text: z.string(),
    /** Of the pairs. */
    edition: z.string(),
    choosing: quality,
    heldOut: quality,
  }),
);
export type Thresholds = z.output<typeof thresholdsSchema>;

const THRESHOLDS = thresholdsSchema.parse(thresholdsFile);

/** Least similarity of a hit with this embedder; nothing when it was not measured: then nothing it finds is a hit. */
export function thresholdOf(embedder: string): number | undefined {
  const measured = Object.hasOwn(THRESHOLDS, embedder) ? THRESHOLDS[embedder] : undefined;
  return measured?.text === EMBEDDING_TEXT_VERSION ? measured.threshold : undefined;
}
