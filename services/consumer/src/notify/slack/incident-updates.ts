import type { Clock } from "../../core/clock.ts";
import type { OutboxItem } from "../../core/types.ts";
import { MOST_IN_DIGEST } from "./alert-message.ts";

/** Each update of an incident waits twice as long as the one before, up to so many times the first. */
const LONGEST_FACTOR = 5;
/** A channel with so many messages within the time to a first update has a storm: nobody reads on. */
const STORM = 8;
/** In a storm, what waits is collected for this part of the time to a first update. */
const COLLECTED_FOR = 1 / 4;
const MOST_INCIDENTS = 1_000;

interface Notified {
  at: number;
  /** ms until the next update. */
  waitMs: number;
}

/**
 * Which of the waiting alerts make the next message. An incident is notified at once, with all of its alerts that wait; what comes later
 * is collected into a few updates, each of which waits longer. After many messages new incidents are collected, too. FATAL waits for
 * nothing.
 */
export class IncidentUpdates {
  readonly #firstMs: number;
  readonly #clock: Clock;
  /** By incident. The ones that were notified the longest ago come first. */
  readonly #notified = new Map<string, Notified>();
  /** When the last messages were sent, the oldest first. */
  #sentAt: number[] = [];
  #collectingSince: number | undefined;

  /** @param firstMs time from the first message of an incident to its first update, ms */
  constructor(firstMs: number, clock: Clock) {
    this.#firstMs = firstMs;
    this.#clock = clock;
  }

  /**
   * @param items that wait, the oldest first
   * @param digestAbove more alerts than this that may go are one message, whatever they belong to
   */
  next(items: readonly OutboxItem[], digestAbove: number): readonly OutboxItem[] {
    const ready = items
      .filter((item) => this.#mayGo(item))
      .sort((a, b) => Number(isFatal(b)) - Number(isFatal(a)));
    const [oldest] = ready;
    if (!oldest) return [];
    if (this.#isStorm() && !isFatal(oldest)) return this.#isCollected() ? ready.slice(0, MOST_IN_DIGEST) : [];
    const incident = oldest.alert.incident?.id;
    const together = ready.filter((item) => incident !== undefined && item.alert.incident?.id === incident);
    const messages = new Set(ready.map(({ id, alert }) => alert.incident?.id ?? id)).size;
    if (messages > digestAbove) return ready.slice(0, MOST_IN_DIGEST);
    return incident === undefined ? [oldest] : together.slice(0, MOST_IN_DIGEST);
  }

  /** Notes that these were sent. */
  sent(items: readonly OutboxItem[]): void {
    const now = this.#clock.monotonic();
    this.#sentAt = [...this.#sentAt, now].slice(-STORM);
    // FATAL comes in between, and must not keep the others from going.
    if (!items.some(isFatal)) this.#collectingSince = undefined;
    for (const id of new Set(items.flatMap(({ alert }) => alert.incident?.id ?? []))) {
      const before = this.#notified.get(id);
      const waitMs = Math.min((before?.waitMs ?? this.#firstMs / 2) * 2, this.#firstMs * LONGEST_FACTOR);
      this.#notified.delete(id);
      this.#notified.set(id, { at: now, waitMs });
      if (this.#notified.size > MOST_INCIDENTS)
        this.#notified.delete(this.#notified.keys().next().value as string);
    }
  }

  #isStorm(): boolean {
    const [first = 0] = this.#sentAt;
    return this.#sentAt.length === STORM && this.#clock.monotonic() - first < this.#firstMs;
  }

  #isCollected(): boolean {
    this.#collectingSince ??= this.#clock.monotonic();
    return this.#clock.monotonic() - this.#collectingSince >= this.#firstMs * COLLECTED_FOR;
  }

  #mayGo(item: OutboxItem): boolean {
    const { incident } = item.alert;
    const notified = incident && this.#notified.get(incident.id);
    return (
      notified === undefined || isFatal(item) || this.#clock.monotonic() - notified.at >= notified.waitMs
    );
  }
}

const isFatal = ({ alert }: OutboxItem) => alert.level === "FATAL";
