import type { Logger } from "pino";
import { backoffMs, type Clock, sleep } from "../core/clock.ts";
import type { Alert, CauseAnswer, CauseFinder, GroupMeta } from "../core/types.ts";
import type { AlertGrouper } from "../group/alert-grouper.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { StateStore } from "../state/types.ts";

export interface NotifierOptions {
  grouper: AlertGrouper;
  store: StateStore;
  causes: CauseFinder;
  /** Whether alerts are indexed as incidents, too. */
  index: boolean;
  metrics: Metrics;
  clock: Clock;
  log: Logger;
  onAlert?(alert: Alert): void;
  onTrouble?(text: string | undefined): void;
}

/** Longest ms between two looks at the groups. */
const TICK_MS = 200;
/** An alert without its cause in time is better than a late one. */
const CAUSE_TIMEOUT_MS = 3_000;
/** Alerts whose causes are looked for at the same time: one that takes long must not hold up many. */
const CAUSES_AT_ONCE = 16;

/** Puts what is due into the outbox: each claim of a group and its alert in one commit, before the sender may see it. */
export class Notifier {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Runs until `signal` aborts. A store that cannot be written is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, onTrouble } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.flush(signal);
        if (failures > 0) onTrouble?.(undefined);
        failures = 0;
        await sleep(TICK_MS, signal);
      } catch (error) {
        failures++;
        onTrouble?.(`alerts cannot be kept: ${(error as Error).message}`);
        if ((failures & (failures - 1)) === 0)
          log.error({ err: error, failures }, "alerts wait: the state store failed");
        await sleep(backoffMs(failures, 200, 10_000), signal);
      }
    }
  }

  /** Commits everything that is due now. */
  async flush(signal?: AbortSignal): Promise<void> {
    const { grouper, clock } = this.#options;
    const next = grouper.nextDueAt();
    if (next === undefined || next > clock.now()) return;
    const due = grouper.due(clock.now());
    for (let from = 0; from < due.length; from += CAUSES_AT_ONCE) {
      const some = due.slice(from, from + CAUSES_AT_ONCE);
      const answers = await Promise.all(some.map(({ alert, meta }) => this.#ask(alert, meta.template)));
      for (const [place, { meta, alert, onlyIfKnown }] of some.entries()) {
        if (signal?.aborted) return;
        const tier = answers[place]?.cause?.tier;
        if (onlyIfKnown && (tier === undefined || tier === "llm")) {
          grouper.leaveForLater(meta);
          continue;
        }
        await this.#notify(meta, { ...alert, incident: grouper.incidentOf(alert), ...answers[place] });
      }
    }
  }

  async #notify(meta: GroupMeta, alert: Alert): Promise<void> {
    const { grouper, store, metrics, index, onAlert, log } = this.#options;
    const result = await store.commitNotification({ meta, alert, index });
    if (!result.committed) {
      log.debug({ fingerprint: meta.fingerprint }, "another replica has notified this group");
      grouper.restore([], [result.current]);
      return;
    }
    grouper.confirm(meta);
    metrics.alerts.inc();
    if (alert.suppressed > 0) metrics.suppressed.inc(alert.suppressed);
    onAlert?.(alert);
  }

  async #ask(alert: Alert, template: string): Promise<CauseAnswer> {
    const { causes, log } = this.#options;
    const done = new AbortController();
    try {
      return await Promise.race([
        causes.find(alert, template),
        sleep(CAUSE_TIMEOUT_MS, done.signal).then(() => {
          if (!done.signal.aborted) log.warn({ id: alert.id }, "no cause found in time");
          return { unavailable: `nothing was found out within ${CAUSE_TIMEOUT_MS / 1_000} s` };
        }),
      ]);
    } catch (error) {
      log.warn({ err: error, id: alert.id }, "looking for the cause failed");
      return { unavailable: "the knowledge base could not be asked" };
    } finally {
      done.abort();
    }
  }
}
