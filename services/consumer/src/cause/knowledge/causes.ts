import type { Logger } from "pino";
import type { Clock } from "../../core/clock.ts";
import type { Alert, CauseAnswer, CauseFinder, KnownCause } from "../../core/types.ts";
import type { ObjectStore } from "../../state/objects/types.ts";
import type { Proposal } from "../llm/answer.ts";
import type { Question } from "../llm/prompt.ts";
import { annotateNewError } from "../new-errors.ts";
import { LEAST_SHARE } from "../signature/alignment.ts";
import { type Catalog, type CatalogEntry, idOf } from "./catalog.ts";
import type { KnownSignatures } from "./known-signatures.ts";
import { seedIdOf } from "./seed.ts";
import type { SimilarAnswer } from "./similar.ts";

export interface KnowledgeCausesOptions {
  readonly catalog: Catalog;
  /** Where new errors are kept. */
  readonly objects: ObjectStore;
  /** Recognizes errors by their signatures. */
  readonly signatures: Pick<KnownSignatures, "find">;
  /** Finds what the base knows of errors that read alike. Default: nothing does. */
  readonly similar?: { find(alert: Alert): Promise<SimilarAnswer> };
  /** Asked for what the base doesn't know. Default: nobody. */
  readonly advisor?: { propose(question: Question): Promise<Proposal | undefined> };
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes what answered, or `none`. */
  readonly onAnswer?: (tier: NonNullable<KnownCause["tier"]> | "none") => void;
}

/**
 * Finds causes: what the knowledge base says of the template, and only when it says nothing, what it says of an error with this
 * signature, then of a similar template, and only then what the model proposes. A proposal goes into the base marked as one; what a
 * person rejected is neither used nor asked for again. A tier that cannot be asked is reported, and the next one asked.
 */
export class KnowledgeCauses implements CauseFinder {
  readonly #options: KnowledgeCausesOptions;

  constructor(options: KnowledgeCausesOptions) {
    this.#options = options;
  }

  /** @throws ObjectStoreError, KnowledgeCorruptError when not even the knowledge base can be read */
  async find(
    alert: Alert,
    template: string = alert.template,
    { isAgain } = { isAgain: false },
  ): Promise<CauseAnswer> {
    const { answer, proposal } = await this.#find(alert, template);
    const tier = answer.cause?.tier ?? "none";
    if (!isAgain) this.#options.onAnswer?.(tier);
    const { nearest, unavailable } = answer;
    await this.#note(alert, {
      tier,
      ...(proposal && { proposal }),
      ...(nearest && { nearest: [...nearest] }),
      ...(unavailable !== undefined && { unavailable }),
    });
    return answer;
  }

  async #find(alert: Alert, template: string): Promise<{ answer: CauseAnswer; proposal?: Proposal }> {
    const entry = await this.#known(alert);
    if (entry?.state === "rejected") return { answer: {} };
    const known = entry && causeOf(entry, { tier: "hash" });
    if (known) return { answer: { cause: known } };
    const { recognized, refused } = await this.#recognized(alert, template);
    if (recognized) return { answer: { cause: recognized } };
    const unavailable: string[] = [];
    const similar = await this.#similar(alert, unavailable);
    if (similar.match && !refused.has(similar.match.entry.id)) {
      const { entry, similarity } = similar.match;
      return { answer: { cause: causeOf(entry, { tier: "vector", similarity }) } };
    }
    const proposal = await this.#propose(alert, template, unavailable);
    if (proposal) {
      const kept = await this.#keep(alert, entry, proposal);
      return { answer: { cause: causeOf(kept, { tier: "llm" }) }, proposal };
    }
    const nearest = similar.nearest.map(({ entry: { pattern, cause }, similarity }) => ({
      pattern,
      cause,
      similarity,
    }));
    return {
      answer: {
        ...(nearest.length > 0 && { nearest }),
        ...(unavailable.length > 0 && { unavailable: unavailable.join("; ") }),
      },
    };
  }

  /**
   * By the template as it was logged, and by the lines: these have what the template has as placeholders, and their stack traces.
   * What they say enough of and is another error all the same is refused: that it reads alike is known.
   */
  async #recognized(
    alert: Alert,
    template: string,
  ): Promise<{ recognized?: KnownCause | undefined; refused: ReadonlySet<string> }> {
    const { catalog, signatures } = this.#options;
    const { samples, errorCode } = alert;
    const refused = new Set<string>();
    for (const { id, share, against } of signatures.find({ texts: [template, ...samples], errorCode })) {
      if (against !== undefined) {
        if (share >= LEAST_SHARE) refused.add(id);
        continue;
      }
      const entry = await catalog.get(id);
      // What people rejected stops answering; what is next may be the error all the same.
      if (entry && entry.state !== "rejected")
        return { recognized: causeOf(entry, { tier: "signature", similarity: share }), refused };
    }
    return { refused };
  }

  async #similar(alert: Alert, unavailable: string[]): Promise<SimilarAnswer> {
    const { similar, log } = this.#options;
    if (!similar) return { nearest: [] };
    try {
      return await similar.find(alert);
    } catch (error) {
      log.warn({ err: error, id: alert.id }, "similar errors could not be looked for");
      unavailable.push("similar errors could not be looked for");
      return { nearest: [] };
    }
  }

  async #propose(alert: Alert, template: string, unavailable: string[]): Promise<Proposal | undefined> {
    const { advisor, log } = this.#options;
    if (!advisor) return undefined;
    const { service, level, errorCode } = alert;
    try {
      return await advisor.propose({
        service,
        level,
        template,
        ...(errorCode !== undefined && { errorCode }),
      });
    } catch (error) {
      log.warn({ err: error, id: alert.id }, "the language model could not be asked");
      unavailable.push("the language model could not be asked");
      return undefined;
    }
  }

  /**
   * Knowledge of the error code goes before that of the template alone, and both before an entry whose words vary; but what is
   * confirmed goes before a proposal, and whatever has a cause before what has none.
   */
  async #known({ template: pattern, samples, errorCode, level }: Alert): Promise<CatalogEntry | undefined> {
    const { catalog } = this.#options;
    const ids = [
      idOf({ pattern, errorCode }),
      idOf({ pattern }),
      seedIdOf({ template: pattern, samples, errorCode, level }),
    ];
    const unique = [...new Set(ids.filter((id) => id !== undefined))];
    const found = (await Promise.all(unique.map((id) => catalog.get(id)))).filter((one) => one !== undefined);
    const [first, ...others] = found.filter(
      ({ state, cause }) => state === "rejected" || cause !== undefined,
    );
    const isConfirmed = ({ state }: CatalogEntry) => state === "confirmed";
    if (first?.state !== "proposed") return first ?? found[0];
    return others.find(isConfirmed) ?? first;
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
function causeOf(
  entry: CatalogEntry,
  how: Required<Pick<KnownCause, "tier">> & Pick<KnownCause, "similarity">,
): KnownCause | undefined {
  const { id, cause, action, state, runbook, createdAt } = entry;
  if (cause === undefined || action === undefined) return undefined;
  return {
    cause,
    action,
    ...how,
    origin: state === "confirmed" ? "confirmed" : "proposed",
    since: Date.parse(createdAt),
    entry: id,
    ...(runbook !== undefined && { link: runbook }),
  };
}
