import { messageOf } from "@cali/base";
import { type Bot, listen } from "@cali/slack";
import type { Logger } from "pino";
import { backoffMs, type Clock } from "../../../core/clock.ts";
import { textsOf } from "../texts.ts";
import { type ActionsOptions, act, type Outcome } from "./actions.ts";
import { type Press, pressOf } from "./press.ts";

export interface ButtonListenerOptions extends ActionsOptions {
  readonly appToken: string;
  readonly apiUrl?: string | undefined;
  /** Longest time of one call, and until a connection is there, ms. */
  readonly timeoutMs: number;
  readonly bot: Bot;
  /** Ids of those who may press; none: everybody of the bot's workspace. */
  readonly users: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Shows at an incident's first message that somebody looks after it. */
  readonly showAcknowledged: (incident: string) => Promise<void>;
  /** Called when buttons don't work, with the reason, and with nothing when they do again. */
  readonly onTrouble: (text: string | undefined) => void;
}

/** Presses that wait while others are done; Slack shows whoever presses more that it failed. */
const MOST_WAITING = 100;
/** A connection that lasted so long ended because Slack ends each. */
const LONG_MS = 30_000;
const LONGEST_BACKOFF_MS = 60_000;

/** Does what people press, over Slack's Socket Mode. What was pressed is durable before Slack is answered. */
export class ButtonListener {
  readonly #options: ButtonListenerOptions;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #team: string | undefined;

  constructor(options: ButtonListenerOptions) {
    this.#options = options;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { appToken, apiUrl, timeoutMs, clock, log, onTrouble } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const since = clock.monotonic();
      let reason = "Slack ended the connection";
      try {
        await listen({
          appToken,
          timeoutMs,
          signal,
          ...(apiUrl !== undefined && { apiUrl }),
          onConnected: () => {
            log.info("buttons in Slack work");
            onTrouble(undefined);
          },
          onInteraction: (body) => this.#take(body),
        });
      } catch (error) {
        reason = messageOf(error);
        onTrouble(`buttons do nothing: ${reason}`);
      }
      if (signal.aborted) break;
      failures = clock.monotonic() - since >= LONG_MS ? 0 : failures + 1;
      if ((failures & (failures - 1)) === 0)
        log.warn({ reason, failures }, "buttons in Slack wait for a connection");
      await clock.sleep(failures === 0 ? 0 : backoffMs(clock, failures, 500, LONGEST_BACKOFF_MS), signal);
    }
    await this.#last;
  }

  /** Rejects what may be tried again. */
  #take(body: unknown): Promise<void> {
    const press = pressOf(body);
    // Of another message of the same app, or nothing that Slack sends: it is not sent again.
    if (press === undefined) return Promise.resolve();
    if (this.#waiting >= MOST_WAITING) return Promise.reject(new Error("too many presses wait"));
    this.#waiting++;
    const done = this.#last.then(() => this.#do(press)).finally(() => this.#waiting--);
    this.#last = done.then(
      (outcome) => this.#answer(press, outcome),
      (error: unknown) =>
        this.#options.log.warn({ action: press.action, reason: messageOf(error) }, "a button failed"),
    );
    return done.then(() => undefined);
  }

  async #do(press: Press): Promise<Outcome> {
    const { users, bot, log } = this.#options;
    this.#team ??= await bot.team();
    const isOfTeam = press.teams.every((team) => team === this.#team);
    if (!isOfTeam || (users.length > 0 && !users.includes(press.user))) {
      log.warn({ action: press.action, user: press.user }, "a button was pressed by somebody who may not");
      return { refused: textsOf(this.#options.language).mayNotPress };
    }
    const outcome = await act(press, this.#options);
    log.info({ action: press.action, value: press.value, user: press.user }, "a button was pressed");
    return outcome;
  }

  /** What was done is done, whether or not Slack shows it. */
  async #answer({ place, user }: Press, { said, refused, acknowledged }: Outcome): Promise<void> {
    const { bot, showAcknowledged, log } = this.#options;
    try {
      if (refused !== undefined) await bot.whisper(user, refused, place);
      if (said !== undefined) await bot.post({ text: said }, place);
      if (acknowledged !== undefined) await showAcknowledged(acknowledged);
    } catch (error) {
      log.warn({ reason: messageOf(error) }, "Slack does not show what a button did");
    }
  }
}
