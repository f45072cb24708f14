import { messageOf } from "@cali/base";
import { type MessagePlace, type SlackMessage, SlackPostError } from "@cali/slack";
import type { Logger } from "pino";
import { backoffMs, type Clock } from "../../core/clock.ts";
import type { Alert, Outbox, OutboxItem } from "../../core/types.ts";
import {
  detailedOf,
  renderAlert,
  renderDigest,
  renderLateCause,
  renderPlainAlert,
  type Showing,
  withCause,
} from "./alert-message.ts";
import type { About, Destination } from "./destination.ts";
import type { IncidentBoard } from "./incident-board.ts";
import { renderResolved, statusOf } from "./incident-message.ts";
import { IncidentUpdates } from "./incident-updates.ts";
import type { LateCauses, Sent } from "./late-causes.ts";

export interface SlackSenderOptions {
  /** Its own, and then where messages go while it is refused: the first that takes them. At least one. */
  readonly destinations: readonly Destination[];
  /** What was notified and goes on. */
  readonly board: IncidentBoard;
  /** What was sent before its cause was known. Default: a cause that comes late is not shown. */
  readonly lateCauses?: LateCauses | undefined;
  readonly outbox: Outbox;
  /** Which of its alerts go to this webhook. Default: all. */
  readonly takes?: (alert: Alert) => boolean;
  readonly log: Logger;
  readonly links?: Showing;
  /** Least time between two messages, ms; Slack takes one a second from a webhook. Default: 1,000. */
  readonly paceMs?: number;
  /** More alerts than this are sent together. Default: 5. */
  readonly digestAbove?: number;
  /** Keeps an alert that Slack refuses even as plain text; it resolves when that is durable. */
  readonly onRefused: (alert: Alert, reason: string) => Promise<void>;
  /** Called with the reason for each message that goes to a fallback, and with nothing when the webhook takes them again. */
  readonly onDiverted?: (text: string | undefined) => void;
  /** Called when alerts wait, with the reason, and with nothing when they go again. */
  readonly onTrouble?: (text: string | undefined) => void;
  readonly clock: Clock;
}

const POLL_MS = 250;
/** Alerts that wait which are looked at: those of an incident that was notified may have to wait behind others. */
const MOST_LOOKED_AT = 500;
/** An incident has its first update after so many messages could have been sent. */
const PACES_TO_UPDATE = 60;
/** How often it is looked which incidents are over. */
const LOOK_MS = 5_000;
const DEFAULT_PACE_MS = 1_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;

/**
 * Sends what is in the outbox to Slack, one message a second. An alert leaves the outbox only when Slack has it: while
 * Slack is down, nothing is lost.
 *
 * A webhook knows no idempotency key. So an alert is marked as being sent before it is, and one whose sending has no
 * clear end (a crash, a time-out) is sent again under the same id, marked as a possible repeat.
 */
export class SlackSender {
  readonly #options: SlackSenderOptions;
  /** Alerts that this process marked as being sent and that cannot have arrived. */
  readonly #notArrived = new Set<string>();
  readonly #updates: IncidentUpdates;
  #isDiverted = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SlackSenderOptions) {
    this.#options = options;
    this.#updates = new IncidentUpdates((options.paceMs ?? DEFAULT_PACE_MS) * PACES_TO_UPDATE, options.clock);
  }

  /** Runs until `signal` aborts; a message in flight is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const { outbox, takes, clock, log, onTrouble } = this.#options;
    const { paceMs = DEFAULT_PACE_MS, digestAbove = 5 } = this.#options;
    let failures = 0;
    let isOpen = false;
    while (!signal.aborted) {
      try {
        if (!isOpen) await this.#options.lateCauses?.open();
        isOpen = true;
        const next = this.#updates.next(await outbox.pending(MOST_LOOKED_AT, takes), digestAbove);
        if (next.length === 0) {
          await this.#showLateCauses(signal);
          await this.#resolve(signal);
          await clock.sleep(POLL_MS, signal);
          continue;
        }
        await this.#send(next, signal);
        this.#updates.sent(next);
        if (failures > 0) onTrouble?.(undefined);
        failures = 0;
        // From the answer on: what Slack counts is when messages arrive.
        await clock.sleep(paceMs, signal);
      } catch (error) {
        failures++;
        const retryAfterMs = error instanceof SlackPostError ? error.retryAfterMs : undefined;
        const waitMs = Math.max(
          paceMs,
          retryAfterMs ?? backoffMs(clock, failures, FIRST_BACKOFF_MS, LONGEST_BACKOFF_MS),
        );
        const reason = messageOf(error);
        onTrouble?.(`alerts wait: ${reason}`);
        log.warn({ reason, failures, waitMs: Math.round(waitMs) }, "alerts wait for Slack");
        await clock.sleep(waitMs, signal);
      }
    }
  }

  async #send(items: readonly OutboxItem[], signal: AbortSignal): Promise<void> {
    const { outbox, links } = this.#options;
    const ids = items.map(({ id }) => id);
    const alerts = items.map((item) => this.#alertOf(item));
    await outbox.markSending(ids);
    for (const id of ids) this.#notArrived.delete(id);
    const [only] = alerts;
    try {
      const message = alerts.length === 1 && only ? renderAlert(only, links) : renderDigest(alerts, links);
      const place = await this.#deliver(message, await this.#aboutOf(alerts));
      await this.#noteSent(alerts, message, place);
    } catch (error) {
      if (!(error instanceof SlackPostError)) throw error;
      // Another attempt of these is no repeat.
      if (error.kind !== "unclear") for (const alert of alerts) this.#noteNotArrived(alert);
      if (error.kind !== "refused-message") throw error;
      // One alert may spoil a digest: each is tried alone, and done with alone.
      for (const alert of alerts) {
        await this.#postAlone(alert, signal);
        await outbox.markSent([alert.id]);
      }
      return;
    }
    await outbox.markSent(ids);
    for (const id of ids) this.#notArrived.delete(id);
  }

  async #noteSent(
    alerts: readonly Alert[],
    message: SlackMessage | { text: string },
    place: MessagePlace | undefined,
  ): Promise<void> {
    const { board, lateCauses } = this.#options;
    await board.note(alerts);
    const alert = detailedOf(alerts);
    if (alert !== undefined && "blocks" in message) await lateCauses?.keep({ alert, message, place });
  }

  /** This attempt has not arrived; one before it may have. */
  #noteNotArrived({ id, mayBeRepeat }: Alert): void {
    if (mayBeRepeat !== true) this.#notArrived.add(id);
  }

  #alertOf({ id, alert, state }: OutboxItem): Alert {
    return state === "sending" && !this.#notArrived.has(id) ? { ...alert, mayBeRepeat: true } : alert;
  }

  /** To the webhook; while it is gone, to a fallback. It is tried first each time, since somebody may have mended it. */
  async #deliver(message: SlackMessage | { text: string }, about: About): Promise<MessagePlace | undefined> {
    const { destinations } = this.#options;
    let gone: string | undefined;
    let posted: MessagePlace | undefined;
    for (const [place, destination] of destinations.entries()) {
      try {
        posted = await destination.post(message, about);
        break;
      } catch (error) {
        const isGone = error instanceof SlackPostError && error.kind === "refused-webhook";
        if (!isGone || place === destinations.length - 1) throw error;
        gone ??= error.message;
      }
    }
    this.#noteDiversion(gone);
    return posted;
  }

  /** @param gone why the webhook takes nothing; undefined: it took the message */
  #noteDiversion(gone: string | undefined): void {
    const { onDiverted, log } = this.#options;
    if (gone !== undefined) {
      if (!this.#isDiverted) log.error({ reason: gone }, "alerts go to a fallback webhook");
      onDiverted?.(`alerts go to a fallback webhook: ${gone}`);
    } else if (this.#isDiverted) onDiverted?.(undefined);
    this.#isDiverted = gone !== undefined;
  }

  async #aboutOf(alerts: readonly Alert[]): Promise<About> {
    const [first] = alerts;
    const isOne = alerts.every(({ incident }) => incident?.id === first?.incident?.id);
    const incident = isOne ? first?.incident?.id : undefined;
    return { incident, alerts, status: statusOf(alerts, this.#options.links?.language) };
  }

  /** Shows the causes that were found since their alerts were sent, once each. */
  async #showLateCauses(signal: AbortSignal): Promise<void> {
    const { lateCauses, log, paceMs = DEFAULT_PACE_MS, clock } = this.#options;
    for (const sent of (await lateCauses?.found()) ?? []) {
      const { id } = sent.alert;
      if (signal.aborted) return;
      try {
        if (!(await this.#change(sent))) {
          await lateCauses?.telling(id);
          await this.#deliver(renderLateCause(sent.alert, this.#options.links?.language), {
            alerts: [],
            status: "",
          });
        }
      } catch (error) {
        if (!(error instanceof SlackPostError)) throw error;
        if (error.kind !== "unclear" && sent.alert.mayBeRepeat !== true) await lateCauses?.telling(id, false);
        if (error.kind !== "refused-message") throw error;
        log.error({ alertId: id, reason: error.message }, "Slack refuses a cause that came late");
      }
      await lateCauses?.done(id);
      await clock.sleep(paceMs, signal);
    }
  }

  /** @returns whether the message says the cause now; where it cannot be changed any more, it is told once more */
  async #change({ alert, message, place }: Sent): Promise<boolean> {
    const changing = this.#options.destinations.find(({ change }) => change !== undefined);
    if (place === undefined || changing?.change === undefined) return false;
    try {
      await changing.change(
        place,
        withCause(message, alert, this.#options.links?.language),
        alert.incident?.id,
      );
      return true;
    } catch (error) {
      if (error instanceof SlackPostError && error.kind.startsWith("refused")) return false;
      throw error;
    }
  }

  /** Says which incidents are over, now and then. */
  async #resolve(signal: AbortSignal): Promise<void> {
    const { board, destinations, paceMs = DEFAULT_PACE_MS, clock } = this.#options;
    const now = clock.monotonic();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = now;
    for (const incident of await board.quiet()) {
      // In a channel a single alert that is over is not worth another message.
      const isSaid = incident.alerts > 1 || destinations[0]?.hasThreads === true;
      if (isSaid) {
        const message = renderResolved(incident, this.#options.links?.language);
        await this.#deliver(message, { incident: incident.id, alerts: [], status: message.text });
        await clock.sleep(paceMs, signal);
      }
      await board.resolved(incident.id);
    }
  }

  /** As blocks, else as text, else kept aside: an alert that Slack refuses must not hold up the others. */
  async #postAlone(alert: Alert, signal: AbortSignal): Promise<void> {
    const { log, onRefused, links, paceMs = DEFAULT_PACE_MS, clock } = this.#options;
    for (const message of [renderAlert(alert, links), renderPlainAlert(alert, links?.language)]) {
      await clock.sleep(paceMs, signal);
      this.#notArrived.delete(alert.id);
      try {
        const place = await this.#deliver(message, await this.#aboutOf([alert]));
        await this.#noteSent([alert], message, place);
        return;
      } catch (error) {
        if (!(error instanceof SlackPostError)) throw error;
        if (error.kind !== "unclear") this.#noteNotArrived(alert);
        if (error.kind !== "refused-message") throw error;
        log.error({ alertId: alert.id, reason: error.message }, "Slack refuses an alert");
      }
    }
    await onRefused(alert, "Slack refuses it as blocks and as text");
    this.#notArrived.delete(alert.id);
  }
}
