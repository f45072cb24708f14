/**
 * Bounds the bytes that all shards hold in memory at once: a read reserves the most it can bring before it asks, gives
 * back what it did not bring, and the rest when its batch is done. First come, first served.
 */
export class ByteBudget {
  readonly limit: number;
  #used = 0;
  readonly #waiting: { bytes: number; grant: () => void }[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Resolves to false, with nothing reserved, when `signal` aborts first. */
  reserve(bytes: number, signal: AbortSignal): Promise<boolean> {
    const reserved = Math.min(bytes, this.limit);
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const entry = {
        bytes: reserved,
        grant: () => {
          signal.removeEventListener("abort", give);
          this.#used += reserved;
          resolve(true);
        },
      };
      const give = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        resolve(false);
        this.#serve();
      };
      signal.addEventListener("abort", give, { once: true });
      this.#waiting.push(entry);
      this.#serve();
    });
  }

  /** Gives back bytes that were reserved. */
  release(bytes: number): void {
    this.#used -= bytes;
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#used + next.bytes > this.limit) return;
      this.#waiting.shift();
      next.grant();
    }
  }
}
