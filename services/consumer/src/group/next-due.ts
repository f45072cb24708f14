/** When to look at the groups next, in ms by the consumer's clock. */
export class NextDue {
  readonly #now: () => number;
  #at = Number.POSITIVE_INFINITY;
  /** The latest time seen: an earlier one means that the clock was set back. */
  #latest = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined: nothing waits. */
  get at(): number | undefined {
    const now = this.#now();
    // The clock was set back: what was due at a time of the old one has to be looked at again.
    if (now < this.#latest) this.set(Number.NEGATIVE_INFINITY);
    this.#latest = now;
    return this.#at === Number.POSITIVE_INFINITY ? undefined : this.#at;
  }

  set(at: number): void {
    this.#at = at;
  }

  /** No later than at that time. */
  atLatest(at: number): void {
    if (at < this.#at) this.#at = at;
  }
}
