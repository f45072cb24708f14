import type { Logger } from "pino";
import type { ConsumerConfig } from "../../config/load.ts";
import type { Clock } from "../../core/clock.ts";
import { OpenAiEmbedder } from "../embedding/openai-embedder.ts";
import { PackagedEmbedder } from "../embedding/packaged-embedder.ts";
import { thresholdOf } from "../embedding/thresholds.ts";
import type { Embedder } from "../embedding/types.ts";
import { MilvusVectorStore } from "../vectors/milvus-store.ts";
import { SqliteVectorStore } from "../vectors/sqlite-store.ts";
import type { VectorMaking, VectorStore } from "../vectors/types.ts";
import type { Catalog } from "./catalog.ts";
import { SimilarKnowledge } from "./similar.ts";

interface Parts {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onTrouble: (text: string | undefined) => void;
}

/** What finds similar errors, as the configuration says; undefined: nothing does. */
export function openSimilar(config: ConsumerConfig, parts: Parts): SimilarKnowledge | undefined {
  const { knowledge } = config;
  if (knowledge.vectors === "none") return undefined;
  const embedder = openEmbedder(config);
  const threshold = knowledge.threshold ?? thresholdOf(embedder.name);
  if (threshold === undefined) {
    parts.log.warn(
      { embedder: embedder.name },
      "no threshold was chosen for this embedder, so similar errors are shown and never an answer: see docs/knowledge.md",
    );
  }
  return new SimilarKnowledge({
    ...parts,
    embedder,
    threshold,
    timeoutMs: knowledge.timeoutMs,
    refreshMs: knowledge.refreshMs,
    openStore: (making) => openStore(knowledge, making, parts.log),
  });
}

function openEmbedder({ knowledge, llm }: ConsumerConfig): Embedder {
  const { apiKey } = llm;
  if (knowledge.embedder === "packaged" || apiKey === undefined) return new PackagedEmbedder();
  return new OpenAiEmbedder({
    apiKey,
    baseUrl: knowledge.embeddingBaseUrl ?? llm.baseUrl,
    model: knowledge.embeddingModel,
    dimensions: knowledge.embeddingDimensions,
    timeoutMs: llm.timeoutMs,
    attempts: llm.attempts,
  });
}

async function openStore(
  {
    vectors,
    file = ":memory:",
    milvusAddress,
    milvusUsername,
    milvusPassword,
    timeoutMs,
  }: ConsumerConfig["knowledge"],
  making: VectorMaking,
  log: Logger,
): Promise<VectorStore> {
  if (vectors === "milvus" && milvusAddress !== undefined) {
    const login = milvusPassword === undefined ? {} : { username: milvusUsername, password: milvusPassword };
    return MilvusVectorStore.open({ address: milvusAddress, ...login, making, timeoutMs });
  }
  const onRebuilt = (reason: string) => log.warn({ reason }, "the knowledge base's vectors are made anew");
  return SqliteVectorStore.open({ file, making, onRebuilt });
}
