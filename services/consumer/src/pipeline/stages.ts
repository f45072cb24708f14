import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import type { CauseFinder, NewTemplate } from "../core/types.ts";
import { DeadLetterShare } from "../decode/dead-letter-share.ts";
import type { RejectedPayload } from "../decode/dead-letters.ts";
import type { AlertGrouper } from "../group/alert-grouper.ts";
import type { TemplateMiner } from "../group/template-miner.ts";
import type { AlertStage } from "../notify/notifier.ts";
import { findCauses } from "../notify/stages/find-causes.ts";
import { joinIncidents } from "../notify/stages/join-incidents.ts";
import { leaveUsual } from "../notify/stages/leave-usual.ts";
import { type OutboxOptions, putIntoOutbox } from "../notify/stages/put-into-outbox.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { StateStore } from "../state/types.ts";
import type { Persist } from "./persist.ts";
import type { Stage } from "./stage.ts";
import { acquitSuspect } from "./stages/acquit.ts";
import { commitStep } from "./stages/commit.ts";
import { decodeRecords } from "./stages/decode.ts";
import { groupErrors } from "./stages/group-errors.ts";
import { keepDeadLetters } from "./stages/keep-dead-letters.ts";
import { keepNewTemplates } from "./stages/keep-new-templates.ts";
import { noteService } from "./stages/note-service.ts";
import { refusal } from "./stages/refuse.ts";
import { rejectPoison } from "./stages/reject-poison.ts";
import { type Commit, reportCommit } from "./stages/report.ts";
import { UncommittedTemplates } from "./templates.ts";

export interface PipelineOptions {
  readonly store: StateStore;
  readonly miner: TemplateMiner;
  readonly grouper: AlertGrouper;
  /** Durable on return; the key is a pure function of the payload's place, so that a repeat changes nothing. */
  keepRejected(payloads: RejectedPayload[]): Promise<void>;
  keepNewTemplates(templates: readonly NewTemplate[]): Promise<void>;
  /** Most bytes that one gzip may become, and most bytes of one aggregate's records in all. */
  readonly maxDecodedBytes: number;
  /** Of times that name none: an IANA name or an offset. Default: UTC. */
  readonly timeZone?: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Logger;
  onCommit?(commit: Commit): void;
  /** Why a store cannot be written now; nothing: it can again. */
  onStoreTrouble?(shardId: string, text: string | undefined): void;
}

/** What is done with a shard's records, in this order: `read/reader.ts` brings them from `GetRecords`. */
export function recordStages(options: PipelineOptions, persist: Persist): Stage[] {
  const { store, miner, grouper, metrics } = options;
  const templates = new UncommittedTemplates(miner);
  const deadLetters = new DeadLetterShare();
  const group = groupErrors(templates, grouper);
  const refuse = refusal(deadLetters, metrics, group);
  return [
    rejectPoison(refuse),
    decodeRecords(options, [noteService(deadLetters, grouper), group], refuse),
    acquitSuspect(persist, store),
    keepDeadLetters(persist, options.keepRejected),
    keepNewTemplates(persist, { templates, grouper }, options.keepNewTemplates),
    commitStep(persist, store, templates),
    reportCommit(metrics, options.onCommit),
  ];
}

/** What is done with the groups that are due, in this order: what is in the outbox then, `notify/slack/sender.ts` sends to Slack. */
export function alertStages(options: OutboxOptions & { readonly causes: CauseFinder }): AlertStage[] {
  const { grouper, causes, log } = options;
  return [findCauses(causes, log), leaveUsual(grouper), joinIncidents(grouper), putIntoOutbox(options)];
}
