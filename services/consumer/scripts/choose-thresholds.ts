import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { OpenAiEmbedder } from "../src/cause/embedding/openai-embedder.ts";
import { PackagedEmbedder } from "../src/cause/embedding/packaged-embedder.ts";
import type { Embedder } from "../src/cause/embedding/types.ts";
import { editionOf, readPairs, similaritiesOf } from "./pairs.ts";
import { report, type Similarities, similaritiesSchema } from "./report.ts";

const KNOWLEDGE = new URL("../knowledge/", import.meta.url);
const SIMILARITIES = new URL("similarities.json", KNOWLEDGE);
const PICTURE = new URL("../../../docs/pictures/thresholds.svg", import.meta.url);

const environmentSchema = z.object({
  OPENAI_API_KEY: z.string().default(""),
  OPENAI_BASE_URL: z.url({ protocol: /^https?$/ }).default("https://api.openai.com/v1"),
  EMBEDDING_MODEL: z.string().min(1).default("text-embedding-3-small"),
  EMBEDDING_DIMENSIONS: z.coerce.number().int().min(8).max(8_192).default(512),
});

/** Every embedder there is: the packaged one, and with OPENAI_API_KEY the one behind OPENAI_BASE_URL. */
function embedders(): Embedder[] {
  const { data: environment, error } = environmentSchema.safeParse(process.env);
  if (error) throw new Error(`the environment: ${z.prettifyError(error)}`);
  const packaged = new PackagedEmbedder({ timeoutMs: 300_000 });
  if (environment.OPENAI_API_KEY === "") {
    console.log("OPENAI_API_KEY is not set: only the packaged model is measured");
    return [packaged];
  }
  const openAi = new OpenAiEmbedder({
    apiKey: environment.OPENAI_API_KEY,
    baseUrl: environment.OPENAI_BASE_URL,
    model: environment.EMBEDDING_MODEL,
    dimensions: environment.EMBEDDING_DIMENSIONS,
    timeoutMs: 60_000,
    attempts: 5,
  });
  return [packaged, openAi];
}

const pairs = readPairs();
const found: Similarities = existsSync(SIMILARITIES)
  ? similaritiesSchema.parse(JSON.parse(readFileSync(SIMILARITIES, "utf8")))
  : {};
for (const embedder of embedders()) {
  try {
    found[embedder.name] = { edition: editionOf(pairs), similarities: await similaritiesOf(pairs, embedder) };
  } finally {
    await embedder.close();
  }
}
const { thresholds, picture } = report(pairs, found);
writeFileSync(SIMILARITIES, `${JSON.stringify(found)}\n`);
writeFileSync(new URL("thresholds.json", KNOWLEDGE), `${JSON.stringify(thresholds, undefined, 2)}\n`);
writeFileSync(PICTURE, picture);
for (const [name, { threshold, choosing, heldOut }] of Object.entries(thresholds)) {
  console.log(`${name}: threshold ${threshold}`);
  console.table({ choosing, "held-out": heldOut });
}
