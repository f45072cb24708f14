import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { ConsumerConfig } from "../config.ts";
import { LlmAdvisor } from "../llm/advisor.ts";
import { Budget } from "../llm/budget.ts";
import { Model } from "../llm/model.ts";
import type { Metrics } from "../metrics.ts";
import type { ObjectStore } from "../objects/types.ts";
import type { StateStore } from "../state/types.ts";
import { KnowledgeCauses } from "./causes.ts";
import { ObjectCatalog } from "./object-catalog.ts";
import { SeededCatalog } from "./seed.ts";

interface Parts {
  readonly store: StateStore;
  readonly objects: ObjectStore;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onTrouble: (text: string | undefined) => void;
}

/** What finds causes, as the configuration says: the knowledge base, and with a key the model behind it. */
export function openCauses({ llm }: ConsumerConfig, parts: Parts): KnowledgeCauses {
  const { objects, clock, log } = parts;
  const advisor = openAdvisor(llm, parts);
  return new KnowledgeCauses({
    catalog: new SeededCatalog(new ObjectCatalog(objects)),
    objects,
    clock,
    log,
    ...(advisor && { advisor }),
  });
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
    onTrouble,
  });
}
