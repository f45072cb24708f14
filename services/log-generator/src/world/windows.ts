import type { Random } from "../random.ts";

/** A stretch of time, in ms since the epoch; the end is not part of it. */
export interface Window {
  from: number;
  to: number;
}

export interface WindowOptions {
  /** Start of all time, ms since the epoch. */
  start: number;
  /** Mean time between the starts of two windows, ms; 0: there are none. */
  every: number;
  /** Range of the share of `every` that a window lasts. */
  share: readonly [least: number, most: number];
  /** No window lasts longer, ms. */
  longest: number;
}

/** Random windows that do not overlap: the first comes early, so that a short run has one too. */
export class Windows<T extends Window> {
  readonly #random: Random;
  readonly #options: WindowOptions;
  readonly #furnish: (window: Window, ordinal: number) => T;
  #next: T | undefined;
  #ordinal = 0;

  /** @param furnish makes what happens in a window; called once for each, in order of time */
  constructor(random: Random, options: WindowOptions, furnish: (window: Window, ordinal: number) => T) {
    this.#random = random;
    this.#options = options;
    this.#furnish = furnish;
    if (options.every > 0) {
      const wait = Math.min(options.every / 3, 10_000) * (0.5 + random.fraction() / 2);
      this.#next = this.#windowFrom(options.start + wait);
    }
  }

  /** The window that a time lies in. Times must not go back. */
  at(time: number): T | undefined {
    let window = this.#next;
    while (window !== undefined && time >= window.to) {
      const wait = this.#options.every - (window.to - window.from);
      window = this.#windowFrom(window.to + wait * (0.3 + 1.4 * this.#random.fraction()));
      this.#next = window;
    }
    return window !== undefined && time >= window.from ? window : undefined;
  }

  #windowFrom(from: number): T {
    const { every, share, longest } = this.#options;
    const [least, most] = share;
    const length = Math.min(longest, every * (least + (most - least) * this.#random.fraction()));
    this.#ordinal += 1;
    return this.#furnish({ from, to: from + length }, this.#ordinal);
  }
}
