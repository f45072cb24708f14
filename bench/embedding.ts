import { readPairs } from "../services/consumer/scripts/pairs.ts";
import { embeddingText } from "../services/consumer/src/cause/embedding/embedding-text.ts";
import { PackagedEmbedder } from "../services/consumer/src/cause/embedding/packaged-embedder.ts";
import { openModel } from "../services/consumer/src/cause/embedding/packaged-model.ts";
import { atLeastTimes, type Benchmark } from "./frame.ts";

const SECONDS = 2;
const BARE = "the bare model, on the main thread";

/** Real lines of errors, as they are embedded. */
const TEXTS = [...new Set(readPairs().map(({ b }) => embeddingText(b)))];

/** How many texts a second the consumer's packaged embedder embeds in its thread, beside the bare model on the main thread. */
export const benchmark: Benchmark = {
  name: "embedding",
  unit: "texts/s",
  better: "more",
  size: "at once",
  sizes: [1, 32],
  labels: ["singly", "batches of 32"],
  rounds: 3,
  targets: [{ ...atLeastTimes(0.85, BARE), says: "the thread costs at most 15 % of the bare model's rate" }],
  async open(size) {
    let next = 0;
    const some = () => Array.from({ length: size }, () => TEXTS[next++ % TEXTS.length] as string);
    const embedder = new PackagedEmbedder({ timeoutMs: 60_000 });
    const bare = await openModel();
    const perSecond = (embed: (texts: string[]) => Promise<unknown>) => async () => {
      const began = performance.now();
      let texts = 0;
      for (; performance.now() - began < SECONDS * 1_000; texts += size) await embed(some());
      return (texts * 1_000) / (performance.now() - began);
    };
    // The first text starts the thread and loads the model.
    await embedder.embed(some());
    await bare.embed(some());
    return {
      contenders: {
        CALI: perSecond((texts) => embedder.embed(texts)),
        [BARE]: perSecond((texts) => bare.embed(texts)),
      },
      close: () => embedder.close(),
    };
  },
};
