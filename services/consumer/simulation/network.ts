import type { Dice } from "./dice.ts";
import type { Life, VirtualTime } from "./time.ts";

/** What the consumer talks to. */
export const PORTS = ["kinesis", "state", "objects", "slack", "search", "causes"] as const;
export type Port = (typeof PORTS)[number];

/**
 * What goes wrong with a call.
 * - `refused`: nothing happened, and the caller sees so: throttled, not reachable.
 * - `lost`: it happened, and the caller sees an error.
 * - `slow`: it happened, and the answer takes seconds.
 * - `hung`: nothing happened, and no answer comes until the caller's time is over.
 * - `rejected`: what was sent will never be taken.
 */
export const FAULTS = ["refused", "lost", "slow", "hung", "rejected"] as const;
export type Fault = (typeof FAULTS)[number];

/** A time in which calls to one port go wrong. */
export interface FaultWindow {
  readonly port: Port;
  readonly fault: Fault;
  /** ms since the schedule began. */
  readonly from: number;
  readonly until: number;
  /** Share of the calls, from 0 to 1. */
  readonly share: number;
}

interface Call<T> {
  readonly port: Port;
  /** For the trace. */
  readonly what: string;
  /** What happens on the other side; it throws what the other side answers. */
  readonly effect: () => T;
  /** What the caller sees of a fault. */
  readonly failure: (fault: Fault) => Error;
  /** Most ms until the caller sees that no answer comes. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface NetworkOptions {
  readonly time: VirtualTime;
  readonly dice: Dice;
  readonly windows: readonly FaultWindow[];
  readonly trace: (text: () => string) => void;
  /** ms between a call and its answer, at most. */
  readonly latencyMs: number;
}

/** Everything between a process and the rest of the world. */
export class Network {
  /** Calls so far. */
  readonly calls: Record<Port, number> = {
    kinesis: 0,
    state: 0,
    objects: 0,
    slack: 0,
    search: 0,
    causes: 0,
  };
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** Calls the other side for a process. What was sent takes effect, also when the process ends meanwhile. */
  call<T>(life: Life, { port, what, effect, failure, timeoutMs, signal }: Call<T>): Promise<T> {
    const { time, dice, trace, latencyMs } = this.#options;
    this.calls[port]++;
    const fault = this.#faultOf(port);
    const travel = dice.whole(1, latencyMs);
    const answer = fault === "slow" ? dice.whole(1_000, 8_000) : fault === "hung" ? timeoutMs : travel;
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) return reject(aborted());
      let isOver = false;
      const end = (settle: () => void) => {
        if (isOver) return;
        isOver = true;
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const abort = () => end(() => reject(aborted()));
      signal?.addEventListener("abort", abort);
      const isDone = fault === undefined || fault === "lost" || fault === "slow";
      const arrive = () => {
        let settle: () => void;
        try {
          const result = isDone ? effect() : undefined;
          settle =
            fault === undefined || fault === "slow"
              ? () => resolve(result as T)
              : () => reject(failure(fault));
        } catch (error) {
          settle = () => reject(error);
        }
        trace(() => `${life.name} ${what}${fault === undefined ? "" : `: ${fault}`}`);
        life.after(Math.min(answer, timeoutMs), () => {
          if (answer > timeoutMs) end(() => reject(failure("lost")));
          else end(settle);
        });
      };
      // Mostly it arrives at once: then a killed process has done it, or not.
      if (dice.chance(0.7)) arrive();
      else time.after(dice.whole(1, latencyMs), arrive);
    });
  }

  #faultOf(port: Port): Fault | undefined {
    const { time, dice, windows } = this.#options;
    for (const { port: of, from, until, share, fault } of windows) {
      if (of === port && from <= time.now && time.now < until && dice.chance(share)) return fault;
    }
    return undefined;
  }
}

const aborted = () => Object.assign(new Error("Request aborted"), { name: "AbortError" });
