import type { LogRecord } from "@cali/log-record";
import type { GroupedEvent, NewTemplate, TemplateState } from "../core/types.ts";
import { identityOf } from "../group/identity.ts";
import type { TemplateMiner } from "../group/template-miner.ts";

/** The miner's templates on their way into the state, of all shards of this process. */
export class UncommittedTemplates {
  readonly #miner: TemplateMiner;
  /** Templates that changed and are in no commit yet, in their newest form. */
  readonly #changed = new Map<string, TemplateState>();
  /** Templates that no commit holds yet. */
  readonly #new = new Map<string, NewTemplate>();

  constructor(miner: TemplateMiner) {
    this.#miner = miner;
  }

  /** Mines a line's template. It is new until a commit holds it, even when the batch that showed it is read again. */
  mine(
    record: LogRecord,
    at: number,
  ): Pick<GroupedEvent, "fingerprint" | "template" | "isNew"> & { identity: string } {
    const identity = identityOf(record);
    const mined = this.#miner.add(record.service, record.message, at, identity);
    const { fingerprint, template } = mined;
    if (mined.isNew) this.#new.set(fingerprint, { fingerprint, template, record });
    return { fingerprint, template, identity, isNew: this.#new.has(fingerprint) };
  }

  /** The new templates among these, whichever shard brought them first. */
  newOf(fingerprints: Iterable<string>): NewTemplate[] {
    for (const fingerprint of this.#new.keys()) {
      if (!this.#miner.get(fingerprint)) this.#new.delete(fingerprint);
    }
    return [...fingerprints].flatMap((fingerprint) => this.#new.get(fingerprint) ?? []);
  }

  /**
   * Templates that changed and are in no commit yet, the new ones only as far as given. A new template goes into the
   * state with the first counts of it: earlier, a process that ends would leave one that is neither new nor ever
   * counted, and later, counts of a template that nobody knows.
   */
  pending(newTemplates: readonly NewTemplate[]): TemplateState[] {
    for (const template of this.#miner.takeDirty()) this.#changed.set(template.fingerprint, template);
    const early = new Set(this.#new.keys());
    for (const { fingerprint } of newTemplates) early.delete(fingerprint);
    return [...this.#changed.values()].filter(({ fingerprint }) => !early.has(fingerprint));
  }

  /** After a commit that held them. What changed meanwhile stays pending. */
  confirm(templates: readonly TemplateState[], newTemplates: readonly NewTemplate[]): void {
    for (const template of templates) {
      const { fingerprint } = template;
      if (this.#changed.get(fingerprint) === template) this.#changed.delete(fingerprint);
    }
    for (const { fingerprint } of newTemplates) this.#new.delete(fingerprint);
  }
}
