import { messageOf } from "@cali/base";
import type { MessagePlace, SlackMessage } from "@cali/slack";
import type { Logger } from "pino";
import { z } from "zod";
import { backoffMs, type Clock } from "../../core/clock.ts";
import type { Alert, CauseAnswer } from "../../core/types.ts";
import type { Notes } from "../../state/types.ts";

const awaitedSchema = z.object({
  /** The alert's. */
  id: z.string(),
  /** Where its alert and message are kept. */
  slot: z.number(),
  /** When it was sent, ms since the epoch. */
  at: z.number(),
  /** Its cause was handed to Slack, and nobody knows yet what became of it. */
  isTelling: z.boolean(),
});

/** An alert that was sent without its cause. */
export interface Sent {
  readonly alert: Alert;
  readonly message: SlackMessage;
  /** Where the message is, if it can be changed. */
  readonly place?: MessagePlace | undefined;
}

interface Awaited extends z.output<typeof awaitedSchema> {
  readonly sent: Sent;
  /** Whether everything was asked, and nothing knows it. */
  isUnknown: boolean;
  cause?: CauseAnswer["cause"];
}

export interface LateCausesOptions {
  readonly notes: Notes;
  /** Which sender's they are. */
  readonly name: string;
  /** Looks for an alert's cause, for as long as it takes. */
  readonly find: (alert: Alert) => Promise<CauseAnswer>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Alerts whose cause is awaited at once; the oldest go. */
const MOST = 50;
/** After so long a cause is no news, ms. */
const LATEST_MS = 600_000;
const FIRST_BACKOFF_MS = 2_000;
const LONGEST_BACKOFF_MS = 300_000;
/** ms between two looks at what the state has, while nothing is awaited here. */
const REOPEN_MS = 60_000;
/** Most ids that are known as told. */
const MOST_TOLD = 1_000;

/**
 * Alerts that were sent before their cause was known, because what could have known it was slow or away. They are kept with the state:
 * whichever process sends goes on looking. One is asked for at a time, and none for a while after something could not be asked.
 */
export class LateCauses {
  readonly #options: LateCausesOptions;
  /** What waits the longest to be asked for comes first. */
  #awaited: Awaited[] = [];
  #isAsking = false;
  #failures = 0;
  /** By the monotonic clock, ms. */
  #nextAt = 0;
  /** By the monotonic clock, ms. */
  #openedAt = 0;
  /** Told by this process: a process that stood still may have written them again since. */
  readonly #told = new Set<string>();

  constructor(options: LateCausesOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier sender left. One process sends at a time. */
  async open(): Promise<void> {
    const { notes } = this.#options;
    const listed = z.array(awaitedSchema).safeParse(JSON.parse((await notes.get(this.#key)) ?? "[]")).data;
    this.#openedAt = this.#options.clock.monotonic();
    this.#awaited = [];
    for (const one of listed ?? []) {
      const text = await notes.get(this.#slotKey(one.slot));
      // A slot may be another's already, where the process ended between the two notes.
      if (!text?.startsWith(`${one.id}\n`) || this.#told.has(one.id)) continue;
      const sent = JSON.parse(text.slice(one.id.length + 1)) as Sent;
      this.#awaited.push({ ...one, sent, isUnknown: false });
    }
  }

  /** Awaits the cause of an alert that was sent, unless it has one or nothing is left that could know it. */
  async keep(sent: Sent): Promise<void> {
    const { id, cause, unavailable } = sent.alert;
    if (cause !== undefined || unavailable === undefined) return;
    this.#awaited = this.#awaited.filter((one) => one.id !== id).slice(1 - MOST);
    const taken = new Set(this.#awaited.map(({ slot }) => slot));
    let slot = 0;
    while (taken.has(slot)) slot++;
    await this.#options.notes.set(this.#slotKey(slot), `${id}\n${JSON.stringify(sent)}`);
    const { clock } = this.#options;
    // It was asked for just now.
    if (this.#awaited.length === 0)
      this.#nextAt = Math.max(this.#nextAt, clock.monotonic() + FIRST_BACKOFF_MS);
    this.#awaited.push({ id, slot, at: clock.now(), isTelling: false, sent, isUnknown: false });
    await this.#save();
  }

  /**
   * Looks for what is due, without waiting for it.
   * @returns those whose cause is known by now, with it; the next call gives each again until it is `done`
   */
  async found(): Promise<Sent[]> {
    const { clock } = this.#options;
    const now = clock.now();
    // Another process that has lost the fence, and did not know it yet, may have sent something in between.
    if (this.#awaited.length === 0 && clock.monotonic() - this.#openedAt >= REOPEN_MS) await this.open();
    if (this.#awaited.some((one) => isOver(one, now))) {
      this.#awaited = this.#awaited.filter((one) => !isOver(one, now));
      await this.#save();
    }
    const next = this.#awaited.find(({ cause }) => cause === undefined);
    if (next !== undefined && !this.#isAsking && this.#nextAt <= clock.monotonic()) void this.#ask(next);
    return this.#awaited.flatMap(({ sent, cause, isTelling }) => {
      if (cause === undefined) return [];
      const { unavailable: _, mayBeRepeat: _before, ...alert } = sent.alert;
      return [{ ...sent, alert: { ...alert, cause, ...(isTelling && { mayBeRepeat: true }) } }];
    });
  }

  /** Notes, before it happens, that a cause is handed to Slack (or, with `false`, that it certainly did not arrive). */
  async telling(id: string, isTelling = true): Promise<void> {
    for (const one of this.#awaited) if (one.id === id) one.isTelling = isTelling;
    await this.#save();
  }

  /** Nothing more is awaited for it. */
  async done(id: string): Promise<void> {
    this.#awaited = this.#awaited.filter((one) => one.id !== id);
    this.#told.add(id);
    for (const oldest of this.#told) if (this.#told.size > MOST_TOLD) this.#told.delete(oldest);
    await this.#save();
  }

  async #ask(one: Awaited): Promise<void> {
    const { find, clock, log } = this.#options;
    this.#isAsking = true;
    const answer = await find(one.sent.alert).catch((error: unknown): CauseAnswer => {
      log.debug({ id: one.id, reason: messageOf(error) }, "a late cause could not be looked for");
      return { unavailable: "the knowledge base could not be asked" };
    });
    one.cause = answer.cause;
    const isAway = answer.cause === undefined && answer.unavailable !== undefined;
    one.isUnknown = answer.cause === undefined && !isAway;
    this.#failures = isAway ? this.#failures + 1 : 0;
    if (isAway) {
      this.#nextAt =
        clock.monotonic() + backoffMs(clock, this.#failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS);
      if (this.#awaited.includes(one))
        this.#awaited = [...this.#awaited.filter((other) => other !== one), one];
    }
    this.#isAsking = false;
  }

  get #key(): string {
    return `slack/late/${this.#options.name}`;
  }

  #slotKey(slot: number): string {
    return `slack/late/${this.#options.name}/${slot}`;
  }

  async #save(): Promise<void> {
    const listed = this.#awaited.map(({ id, slot, at, isTelling }) => ({ id, slot, at, isTelling }));
    await this.#options.notes.set(this.#key, JSON.stringify(listed));
  }
}

const isOver = ({ at, cause, isUnknown }: Awaited, now: number) =>
  cause === undefined && (isUnknown || now - at > LATEST_MS);
