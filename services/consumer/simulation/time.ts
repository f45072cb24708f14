import type { Clock } from "../src/core/clock.ts";

interface Event {
  readonly at: number;
  /** Events of the same time run in the order in which they were made. */
  readonly order: number;
  readonly run: () => void;
}

const isBefore = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Events that run one by one before Node.js looks at anything else. */
const AT_ONCE = 64;

/**
 * Virtual time: one queue of events. The time of the next one is the time that it is; what an event makes ready (promises that settle)
 * runs to its end before the next one.
 */
export class VirtualTime {
  /** ms since the schedule began. */
  now = 0;
  /** Events that have run. */
  events = 0;
  /** A heap: each event is before its two children, at 2i + 1 and 2i + 2. */
  readonly #queue: Event[] = [];
  #order = 0;

  after(ms: number, run: () => void): void {
    const event = { at: this.now + Math.max(0, Math.ceil(ms)), order: this.#order++, run };
    const queue = this.#queue;
    let at = queue.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, queue[parent] as Event)) break;
      queue[at] = queue[parent] as Event;
      at = parent;
    }
    queue[at] = event;
  }

  /** Runs events up to a time, or until `isDone` says so after one of them. */
  run(until: number, isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const step = () => {
        if (isOver) return;
        const next = this.#queue[0];
        isOver = isDone() || next === undefined || next.at > until;
        if (isOver || next === undefined) return resolve();
        this.#take();
        this.now = next.at;
        this.events++;
        try {
          next.run();
        } catch (error) {
          isOver = true;
          reject(error);
        }
      };
      // Node.js settles promises after each immediate, so each event has run to its end before the next one.
      const some = () => {
        for (let i = 0; i < AT_ONCE; i++) setImmediate(step);
        setImmediate(() => isOver || some());
      };
      some();
    });
  }

  #take(): void {
    const queue = this.#queue;
    const last = queue.pop() as Event;
    if (queue.length === 0) return;
    let at = 0;
    for (let child = 1; child < queue.length; child = 2 * at + 1) {
      const right = child + 1;
      if (right < queue.length && isBefore(queue[right] as Event, queue[child] as Event)) child = right;
      if (!isBefore(queue[child] as Event, last)) break;
      queue[at] = queue[child] as Event;
      at = child;
    }
    queue[at] = last;
  }
}

/** When schedules begin, ms since the epoch. */
const EPOCH = Date.UTC(2026, 0, 25);

/** The life of a process: nothing reaches it once it was killed, and all of it late while it stands still. */
export class Life {
  readonly name: string;
  /** How far its machine's clock is off, ms. */
  offsetMs: number;
  isOver = false;
  readonly #time: VirtualTime;
  readonly #random: () => number;
  #stillUntil = 0;

  constructor(name: string, time: VirtualTime, random: () => number, offsetMs = 0) {
    this.name = name;
    this.#time = time;
    this.#random = random;
    this.offsetMs = offsetMs;
  }

  /** Memory, timers and answers that are under way are gone. What was sent arrives. */
  kill(): void {
    this.isOver = true;
  }

  /** Stands still, as with a long pause of its garbage collector or a machine that swaps, and goes on where it was. */
  freeze(ms: number): void {
    this.#stillUntil = Math.max(this.#stillUntil, this.#time.now + ms);
  }

  after(ms: number, run: () => void): void {
    this.#time.after(ms, () => this.#reach(run));
  }

  clock(): Clock {
    return {
      now: () => EPOCH + this.#time.now + this.offsetMs,
      monotonic: () => this.#time.now,
      random: this.#random,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const done = () => {
            signal?.removeEventListener("abort", done);
            resolve();
          };
          this.after(ms, done);
          signal?.addEventListener("abort", done);
        }),
    };
  }

  #reach(run: () => void): void {
    if (this.isOver) return;
    const still = this.#stillUntil - this.#time.now;
    if (still > 0) this.#time.after(still, () => this.#reach(run));
    else run();
  }
}
