import type { Logger } from "pino";
import type { Embedder } from "../src/cause/embedding/types.ts";
import { KnowledgeCauses } from "../src/cause/knowledge/causes.ts";
import { KnownSignatures } from "../src/cause/knowledge/known-signatures.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SeededCatalog } from "../src/cause/knowledge/seed.ts";
import { SimilarKnowledge } from "../src/cause/knowledge/similar.ts";
import { LlmAdvisor } from "../src/cause/llm/advisor.ts";
import type { VectorStore } from "../src/cause/vectors/types.ts";
import type { Clock } from "../src/core/clock.ts";
import type { CauseFinder } from "../src/core/types.ts";
import type { ObjectStore } from "../src/state/objects/types.ts";
import type { Notes } from "../src/state/types.ts";

const REFRESH_MS = 60_000;
const TIMEOUT_MS = 2_000;

/** Calls so far. */
export interface KnowledgeCalls {
  milvus: number;
  model: number;
}

/** Vectors that are near nothing. */
const embedder: Embedder = {
  name: "simulated",
  dimensions: 1,
  embed: async (texts) => texts.map(() => new Float32Array([1])),
  close: async () => undefined,
};

function vectorStore(calls: KnowledgeCalls): VectorStore {
  const held = new Set<string>();
  return {
    async ids() {
      calls.milvus++;
      return new Set(held);
    },
    async put(entries) {
      calls.milvus++;
      for (const { id } of entries) held.add(id);
    },
    async delete(ids) {
      calls.milvus++;
      for (const id of ids) held.delete(id);
    },
    async search() {
      calls.milvus++;
      return [];
    },
    close: async () => undefined,
  };
}

/** The consumer's own search for causes, with a Milvus that knows nothing alike and a model that knows no cause. */
export function knowledgeOf({
  objects,
  notes,
  clock,
  log,
}: {
  objects: ObjectStore;
  notes: Notes;
  clock: Clock;
  log: Logger;
}): { causes: CauseFinder; calls: KnowledgeCalls; run(signal: AbortSignal): Promise<void> } {
  const calls: KnowledgeCalls = { milvus: 0, model: 0 };
  const catalog = new SeededCatalog(new ObjectCatalog(objects));
  const signatures = new KnownSignatures(catalog);
  const similar = new SimilarKnowledge({
    catalog,
    embedder,
    openStore: async () => vectorStore(calls),
    threshold: 0.9,
    timeoutMs: TIMEOUT_MS,
    refreshMs: REFRESH_MS,
    clock,
    log,
    onTrouble: () => undefined,
  });
  const advisor = new LlmAdvisor({
    model: {
      async ask() {
        calls.model++;
        return JSON.stringify({ known: false, cause: "", action: "", link: null });
      },
    },
    modelName: "simulated",
    tokenKey: "0".repeat(64),
    linkHosts: [],
    notes,
    clock,
    log,
  });
  return {
    calls,
    causes: new KnowledgeCauses({ catalog, objects, signatures, similar, advisor, clock, log }),
    run: async (signal) =>
      void (await Promise.all([
        signatures.run(signal, { refreshMs: REFRESH_MS, clock, log }),
        similar.run(signal),
      ])),
  };
}
