/**
 * What cannot be done now. Alerts and incidents wait safely while Slack or OpenSearch is down, and alerts go out without knowledge or the
 * model; with any other trouble the consumer is not ready.
 */
type TroubleKind = keyof typeof KEEPS_READY;

const KEEPS_READY = {
  reading: false,
  committing: false,
  alerting: false,
  slack: true,
  /** The webhook is gone: alerts go elsewhere, and somebody has to mend it. */
  webhook: false,
  /** Alerts show their commands besides. */
  buttons: true,
  incidents: true,
  knowledge: true,
  llm: true,
};

interface Trouble {
  readonly kind: TroubleKind;
  /** As people read it: what, and why. */
  readonly shown: string;
}

/** What cannot be done right now: the one place that readiness and the live view look at. */
export class Troubles {
  /** By kind, and which one where there are several: a shard, a route. */
  readonly #current = new Map<string, Trouble>();
  readonly #onChange: (what: string, text: string | undefined) => void;

  constructor(onChange: (what: string, text: string | undefined) => void) {
    this.#onChange = onChange;
  }

  /** @param text why it cannot be done; nothing: it works again */
  set(kind: TroubleKind, text: string | undefined, which?: string): void {
    const what = which === undefined ? kind : `${kind} ${which}`;
    const shown = `${what}: ${text}`;
    if (this.#current.get(what)?.shown === (text === undefined ? undefined : shown)) return;
    if (text === undefined) this.#current.delete(what);
    else this.#current.set(what, { kind, shown });
    this.#onChange(what, text);
  }

  has(kind: TroubleKind): boolean {
    return [...this.#current.values()].some((trouble) => trouble.kind === kind);
  }

  list(): string[] {
    return [...this.#current.values()].map(({ shown }) => shown);
  }

  /** Those with which the consumer does not do its work. */
  blocking(): string[] {
    return [...this.#current.values()].filter(({ kind }) => !KEEPS_READY[kind]).map(({ shown }) => shown);
  }
}
