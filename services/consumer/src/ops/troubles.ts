/** What cannot be done right now, by what it is: the one place that readiness and the live view look at. */
export class Troubles {
  readonly #current = new Map<string, string>();
  readonly #onChange: (what: string, text: string | undefined) => void;

  constructor(onChange: (what: string, text: string | undefined) => void) {
    this.#onChange = onChange;
  }

  /** `text` says why; nothing: it works again. */
  set(what: string, text: string | undefined): void {
    if (this.#current.get(what) === text) return;
    if (text === undefined) this.#current.delete(what);
    else this.#current.set(what, text);
    this.#onChange(what, text);
  }

  list(): string[] {
    return [...this.#current].map(([what, text]) => `${what}: ${text}`);
  }
}
