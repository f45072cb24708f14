import type { Clock } from "../core/clock.ts";
import type { CauseFinder } from "../core/types.ts";
import { DeadLetterShare } from "../decode/dead-letter-share.ts";
import type { AlertStage } from "../notify/notifier.ts";
import { findCauses } from "../notify/stages/find-causes.ts";
import { joinIncidents } from "../notify/stages/join-incidents.ts";
import { leaveUsual } from "../notify/stages/leave-usual.ts";
import { type OutboxOptions, putIntoOutbox } from "../notify/stages/put-into-outbox.ts";
import type { Persist } from "./persist.ts";
import type { PipelineOptions, Stage } from "./stage.ts";
import { acquitSuspect } from "./stages/acquit.ts";
import { commitStep } from "./stages/commit.ts";
import { decodeRecords } from "./stages/decode.ts";
import { groupErrors } from "./stages/group-errors.ts";
import { keepDeadLetters } from "./stages/keep-dead-letters.ts";
import { keepNewTemplates } from "./stages/keep-new-templates.ts";
import { keepVersions } from "./stages/keep-versions.ts";
import { noteDelivery } from "./stages/note-delivery.ts";
import { noteService } from "./stages/note-service.ts";
import { refusal } from "./stages/refuse.ts";
import { rejectPoison } from "./stages/reject-poison.ts";
import { reportCommit } from "./stages/report.ts";
import { watchLines } from "./stages/watch-lines.ts";
import { UncommittedTemplates } from "./templates.ts";

/** What is done with a shard's records, in this order: `read/reader.ts` brings them from `GetRecords`. */
export function recordStages(options: PipelineOptions, persist: Persist): Stage[] {
  const { store, miner, grouper, metrics, watcher } = options;
  const templates = new UncommittedTemplates(miner);
  const deadLetters = new DeadLetterShare();
  const group = groupErrors(templates, grouper, watcher);
  const refuse = refusal({ deadLetters, metrics, watcher }, group);
  const watch = watcher ? [watchLines(watcher)] : [];
  return [
    rejectPoison(refuse),
    decodeRecords(options, [noteService(deadLetters, grouper), noteDelivery(group), group, ...watch], refuse),
    acquitSuspect(persist, store),
    keepDeadLetters(persist, options.keepRejected),
    keepNewTemplates(persist, { templates, grouper }, options.keepNewTemplates),
    keepVersions(persist, store.notes, grouper.versions),
    commitStep(persist, options, templates),
    reportCommit(options),
  ];
}

/** What is done with the groups that are due, in this order: what is in the outbox then, `notify/slack/sender.ts` sends to Slack. */
export function alertStages(
  options: OutboxOptions & { readonly causes: CauseFinder; readonly clock: Clock },
): AlertStage[] {
  const { grouper, store, causes, clock, log } = options;
  return [
    findCauses(causes, clock, log),
    leaveUsual(grouper),
    joinIncidents(grouper, store.notes),
    putIntoOutbox(options),
  ];
}
