import { seeded } from "../test/support/random.ts";

/** Chance of one schedule: the same for the same seed. */
export class Dice {
  /** From 0 to below 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seeded(seed);
    // The first numbers of neighbouring seeds are neighbours no more after these.
    this.next();
    this.next();
  }

  /** From `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)] as T;
  }

  /** Dice of their own, so that what one part of a schedule draws doesn't move the others. */
  fork(): Dice {
    return new Dice(this.whole(0, 0xffffffff));
  }
}
