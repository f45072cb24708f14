import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Proposal } from "../llm/answer.ts";
import type { Question } from "../llm/prompt.ts";
import { annotateNewError } from "../new-errors.ts";
import type { ObjectStore } from "../objects/types.ts";
import type { Alert, CauseFinder, KnownCause } from "../types.ts";
import { type Catalog, type CatalogEntry, idOf } from "./catalog.ts";
import { seedIdOf } from "./seed.ts";

export interface KnowledgeCausesOptions {
  readonly catalog: Catalog;
  /** Where new errors are kept. */
  readonly objects: ObjectStore;
  /** Asked for what the base doesn't know. Default: nobody. */
  readonly advisor?: { propose(question: Question): Promise<Proposal | undefined> };
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Finds causes: what the knowledge base says of the template, and only when it says nothing, what the model proposes. A
 * proposal goes into the base marked as one; what a person rejected is neither used nor asked for again.
 */
export class KnowledgeCauses implements CauseFinder {
  readonly #options: KnowledgeCausesOptions;

  constructor(options: KnowledgeCausesOptions) {
    this.#options = options;
  }

  /** @throws ObjectStoreError, KnowledgeCorruptError, LlmError, StateUnavailableError */
  async find(alert: Alert, template: string = alert.template): Promise<KnownCause | undefined> {
    const entry = await this.#known(alert);
    if (entry?.state === "rejected") return undefined;
    const known = entry && causeOf(entry, "hash");
    if (known) {
      await this.#note(alert, { tier: "hash" });
      return known;
    }
    const { advisor } = this.#options;
    if (!advisor) {
      await this.#note(alert, { tier: "none" });
      return undefined;
    }
    const { service, level, errorCode } = alert;
    const proposal = await advisor.propose({
      service,
      level,
      template,
      ...(errorCode !== undefined && { errorCode }),
    });
    await this.#note(alert, proposal ? { tier: "llm", proposal } : { tier: "none" });
    return proposal && causeOf(await this.#keep(alert, entry, proposal), "llm");
  }

  /** Knowledge of the error code goes before that of the template alone, and both before an entry whose words vary. */
  async #known({ template: pattern, errorCode, level }: Alert): Promise<CatalogEntry | undefined> {
    const { catalog } = this.#options;
    const exact = await catalog.get(idOf({ pattern, errorCode }));
    if (exact) return exact;
    const general = errorCode === undefined ? undefined : await catalog.get(idOf({ pattern }));
    if (general) return general;
    const seeded = seedIdOf({ template: pattern, errorCode, level });
    return seeded === undefined ? undefined : catalog.get(seeded);
  }

  async #keep(alert: Alert, before: CatalogEntry | undefined, proposal: Proposal): Promise<CatalogEntry> {
    const { catalog, clock } = this.#options;
    const { template: pattern, errorCode, level } = alert;
    const { cause, action, link } = proposal;
    const entry: CatalogEntry = {
      id: before?.id ?? idOf({ pattern, errorCode }),
      pattern: before?.pattern ?? (pattern.slice(0, 2_000).trim() || "(an empty line)"),
      cause,
      action,
      ...(link !== undefined && { runbook: link }),
      origin: "llm",
      state: "proposed",
      ...(errorCode !== undefined && { errorCode }),
      level,
      createdAt: before?.createdAt ?? new Date(clock.now()).toISOString(),
    };
    await catalog.put([entry]);
    return entry;
  }

  /** A note that cannot be made is no reason to keep a cause back. */
  async #note(alert: Alert, found: Parameters<typeof annotateNewError>[2]): Promise<void> {
    const { objects, log } = this.#options;
    if (!alert.isNew) return;
    await annotateNewError(objects, alert, found).catch((error: unknown) =>
      log.warn({ err: error, id: alert.id }, "what was found is not noted with the new error"),
    );
  }
}

/** Nothing: the entry has no cause yet. */
function causeOf(entry: CatalogEntry, tier: NonNullable<KnownCause["tier"]>): KnownCause | undefined {
  const { cause, action, state, runbook, createdAt } = entry;
  if (cause === undefined || action === undefined) return undefined;
  return {
    cause,
    action,
    tier,
    origin: state === "confirmed" ? "confirmed" : "proposed",
    since: Date.parse(createdAt),
    ...(runbook !== undefined && { link: runbook }),
  };
}
