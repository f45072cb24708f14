import type { Logger } from "pino";
import type { ConsumerConfig } from "../../config/load.ts";
import type { Clock } from "../../core/clock.ts";
import type { CauseFinder } from "../../core/types.ts";
import type { Metrics } from "../../ops/metrics.ts";
import type { ObjectStore } from "../../state/objects/types.ts";
import type { StateStore } from "../../state/types.ts";
import { LlmAdvisor } from "../llm/advisor.ts";
import { Budget } from "../llm/budget.ts";
import { Model } from "../llm/model.ts";
import { KnowledgeCauses } from "./causes.ts";
import { KnownSignatures } from "./known-signatures.ts";
import { ObjectCatalog } from "./object-catalog.ts";
import { openSimilar } from "./open-similar.ts";
import { SeededCatalog } from "./seed.ts";

interface Parts {
  readonly store: StateStore;
  readonly objects: ObjectStore;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onTrouble: (what: "llm" | "knowledge", text: string | undefined) => void;
}

/** What finds causes, and what has to run for it. */
export interface OpenCauses {
  readonly causes: CauseFinder;
  /** Runs until `signal` aborts, and closes everything. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * What finds causes, as the configuration says: the knowledge base by template and by signature, what reads alike in it, and with a key the model behind both.
 */
export function openCauses(config: ConsumerConfig, parts: Parts): OpenCauses {
  const { objects, clock, log, metrics, onTrouble } = parts;
  const own = new ObjectCatalog(objects);
  const catalog = new SeededCatalog(own);
  const similar = openSimilar(config, {
    catalog,
    clock,
    log,
    onTrouble: (text) => onTrouble("knowledge", text),
  });
  const signatures = new KnownSignatures(own);
  const advisor = openAdvisor(config.llm, parts);
  const causes = new KnowledgeCauses({
    catalog,
    objects,
    signatures,
    clock,
    log,
    onAnswer: (tier) => metrics.causes.inc({ tier }),
    ...(similar && { similar }),
    ...(advisor && { advisor }),
  });
  const run = async (signal: AbortSignal) => {
    const { refreshMs } = config.knowledge;
    await Promise.all([signatures.run(signal, { refreshMs, clock, log }), similar?.run(signal)]);
    await similar?.close();
  };
  return { causes, run };
}

function openAdvisor(
  llm: ConsumerConfig["llm"],
  { store, metrics, clock, log, onTrouble }: Parts,
): LlmAdvisor | undefined {
  const { apiKey, linkHosts, tokenKey, model } = llm;
  if (apiKey === undefined) return undefined;
  const budget = new Budget(store.notes, clock, llm);
  return new LlmAdvisor({
    model: new Model({
      ...llm,
      apiKey,
      budget,
      onCall: (result, usage) => metrics.onModelCall(result, usage, budget.usdOf(usage)),
    }),
    modelName: model,
    notes: store.notes,
    clock,
    log,
    linkHosts,
    tokenKey,
    onTrouble: (text) => onTrouble("llm", text),
  });
}
