import type { Window, Windows } from "./windows.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * How much users do at this time of day, next to the mean of a day (1): least between two and three in the night (0.37),
 * then rising to the early evening (1.43 between five and six), UTC.
 * @param at ms since the epoch
 */
export function timeOfDayLoad(at: number): number {
  const hour = (((at % DAY) + DAY) % DAY) / HOUR;
  const turn = (2 * Math.PI) / 24;
  return 1 - 0.5 * Math.cos((hour - 3) * turn) - 0.15 * Math.cos((hour - 2) * 2 * turn);
}

/** The mean of {@link timeOfDayLoad} from `start` for `span` ms: what a run of that length has to be divided by. */
export function meanLoad(start: number, span: number): number {
  if (span >= DAY) return 1;
  const steps = 200;
  let sum = 0;
  for (let step = 0; step < steps; step += 1) sum += timeOfDayLoad(start + ((step + 0.5) * span) / steps);
  return sum / steps;
}

/** A short time in which far more users come than usual, for one route. */
export interface Burst extends Window {
  /** Index into the routes. */
  route: number;
  /** How many times the usual load. */
  factor: number;
}

/** Load over time: the time of day, and bursts on top of it. */
export class Load {
  readonly #bursts: Windows<Burst>;
  readonly #mean: number;
  #computedFor = Number.NaN;
  #daily = 1;

  /** @param mean what the load is divided by, so that it is 1 on average over the run; see {@link meanLoad} */
  constructor(bursts: Windows<Burst>, mean: number) {
    this.#bursts = bursts;
    this.#mean = mean;
  }

  /** Times must not go back. */
  at(time: number): { factor: number; burst: Burst | undefined } {
    const second = Math.floor(time / 1000);
    if (second !== this.#computedFor) {
      this.#computedFor = second;
      this.#daily = timeOfDayLoad(time) / this.#mean;
    }
    const burst = this.#bursts.at(time);
    return { factor: burst === undefined ? this.#daily : this.#daily * burst.factor, burst };
  }
}
