import type { Level, LogRecord } from "@cali/log-record";

/** Where a payload stands in its shard. Positions of one shard are ordered. */
export interface Position {
  /** Kinesis' sequence number: decimal, up to 56 digits, so longer is greater. */
  readonly sequenceNumber: string;
  /** Place within the Kinesis record after it was split, from 0. */
  readonly index: number;
}

/** Negative when `a` stands before `b`, 0 when they are the same, positive after. */
export function comparePositions(a: Position, b: Position): number {
  return (
    a.sequenceNumber.length - b.sequenceNumber.length ||
    (a.sequenceNumber < b.sequenceNumber ? -1 : a.sequenceNumber > b.sequenceNumber ? 1 : 0) ||
    a.index - b.index
  );
}

/** A WARN, ERROR or FATAL line with the template it belongs to. */
export interface GroupedEvent {
  readonly shardId: string;
  readonly position: Position;
  readonly record: LogRecord;
  readonly fingerprint: string;
  readonly template: string;
  /** What makes it another error than one in the same words, one part a line; undefined: not known. */
  readonly identity?: string;
  /** Whether the template was seen for the first time. */
  readonly isNew: boolean;
  /** When it was logged, in ms since the epoch; a time ahead of the consumer's clock counts as now. */
  readonly at: number;
}

/**
 * What one shard has brought to one group, as it is kept in the state. Totals only grow, so that keeping the same
 * state twice, or reading the same records again, changes nothing. A group that was let go and comes again begins at 0.
 */
export interface Contribution {
  readonly fingerprint: string;
  readonly shardId: string;
  readonly count: number;
  readonly byLevel: Partial<Record<Level, number>>;
  /** Times of the lines, in ms since the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** At most three lines, redacted. */
  readonly samples: readonly string[];
  /** The first event counted. */
  readonly from?: Position;
  /** Events at or before it are counted already. */
  readonly upTo: Position;
  /** How many of `count` were notified when this was kept; may be more by now. */
  readonly told?: number;
  /** `count` when the group last came back after it had been quiet; undefined: it never did. */
  readonly reopenedAtCount?: number;
  /** Whether the group's warnings had become many with its last line; undefined: not yet, or it is not known. */
  readonly isLoud?: boolean;
  /** Since when lines wait to be notified, by the consumer's clock, in ms since the epoch; undefined: not known. */
  readonly pendingSince?: number;
  /** Lines of the last minutes that had some, by the consumer's clock; undefined: written by an earlier consumer. */
  readonly rate?: readonly MinuteLines[];
  /** Undefined: written by an earlier consumer, or its group was let go. */
  readonly context?: GroupContext;
}

/** Lines that came in one minute: minutes since the epoch. */
export interface MinuteLines {
  readonly minute: number;
  lines: number;
}

/** What a line says of itself in its group's alert. */
export type LatestLine = Pick<
  Alert,
  "version" | "podName" | "environment" | "platform" | "traceId" | "ownFrames"
>;

/** What a process that has seen a group's lines tells one that has not: the next one, or the one that notifies. */
export interface GroupContext {
  readonly service: string;
  readonly template: string;
  readonly errorCode?: string;
  /** What its lines say of the error beside their words; undefined: not known. */
  readonly identity?: string;
  /** When the group began there, by the consumer's clock, in ms since the epoch. */
  readonly createdAt: number;
  /** Whether its first line made the template: then nobody has to wait for more. */
  readonly startsNew: boolean;
  /** There is no room for it any more: it is notified at once, and let go. Default: there is. */
  readonly leaving?: true;
  readonly latest: LatestLine;
}

/** What is known of a group: which template of which service, and what of it was notified. */
export interface GroupMeta {
  readonly fingerprint: string;
  readonly service: string;
  readonly template: string;
  /** The gravest level seen. */
  readonly level: Level;
  readonly errorCode?: string;
  /** When the group began, by the consumer's clock, in ms since the epoch. */
  readonly createdAt: number;
  /** When it was last notified; undefined: not yet. */
  readonly notifiedAt?: number;
  /** Each shard's count when it was last notified. */
  readonly notifiedTotals: Readonly<Record<string, number>>;
  /** Which events of each shard those are: all up to `upTo` were notified, and they are counted from `from`. */
  readonly notifiedSpans?: Readonly<Record<string, { readonly from?: Position; readonly upTo: Position }>>;
  /** How often it was notified. */
  readonly notifications: number;
}

/** A template, as it is kept in the state. */
export interface TemplateState {
  readonly fingerprint: string;
  readonly service: string;
  /** Its text, parted at the blanks. */
  readonly tokens: readonly string[];
  /** What makes it another error than one in the same words; undefined: written by a consumer that did not know it. */
  readonly identity?: string;
  /** Which of its words were found to vary, from 0. Default: none. */
  readonly variables?: readonly number[];
  /** Its words, where the text does not show them: what is compared, and what is shown. */
  readonly words?: { readonly keys: readonly string[]; readonly shown: readonly string[] };
  /** The fingerprint that its lines have since they turned out to be one with others. */
  readonly mergedInto?: string;
  readonly count: number;
  /** Times of the lines, in ms since the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** A template seen for the first time, with the line that showed it. */
export interface NewTemplate {
  fingerprint: string;
  template: string;
  record: LogRecord;
}

/** What is sent about a group. */
export interface Alert {
  /** The fingerprint and which notification of the group it is: the same after a crash. */
  readonly id: string;
  readonly fingerprint: string;
  /** Groups whose lines it has too, because they say less of the same error. Default: none. */
  readonly along?: readonly string[];
  readonly service: string;
  readonly level: Level;
  readonly template: string;
  readonly errorCode?: string;
  /** Lines since the last notification. */
  readonly count: number;
  /** Lines since the group began. */
  readonly total: number;
  /** Lines of `count` that came while the group had to be quiet. */
  readonly suppressed: number;
  /** Times of the lines, in ms since the epoch. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** At most three lines, redacted. */
  readonly samples: readonly string[];
  /** Whether the template was never notified before. */
  readonly isNew: boolean;
  /** Services whose symptoms this one mutes, because they depend on this one, with their lines. */
  readonly muted: readonly { readonly by: string; readonly count: number }[];
  /** Whether its lines read as a symptom of another service's trouble. */
  readonly isSymptom?: boolean;
  /** Alerts of connected services within some minutes: the id of the first of them, and the services so far. */
  readonly incident?: { readonly id: string; readonly services: readonly string[] };
  /** Services in trouble that it may come from: it reads as a symptom of theirs. */
  readonly mayBeCausedBy?: readonly string[];
  /** Of the last line. */
  readonly version?: string;
  readonly podName?: string;
  readonly environment?: string;
  readonly platform?: string;
  readonly traceId?: string;
  /** The application's own frames of the first stack trace, the innermost first; redacted. */
  readonly ownFrames?: readonly string[];
  /** Lines of each of the last 20 minutes, this one last. */
  readonly rate?: readonly number[];
  /** A version of the service that was seen for the first time in the last hour, when (ms since the epoch), and the one before. */
  readonly changed?: { readonly version: string; readonly since: number; readonly before: string };
  readonly cause?: KnownCause;
  /** With no cause: at most three known errors that read most alike. None of them is this one. */
  readonly nearest?: readonly NearError[];
  /** What could not be asked for a cause, and why, in words. */
  readonly unavailable?: string;
  /** It was being sent when the consumer was stopped, so it may have arrived already. */
  readonly mayBeRepeat?: boolean;
}

/** What is known of an error's cause. */
export interface KnownCause {
  readonly cause: string;
  readonly action: string;
  /** `proposed` was not confirmed by a person. */
  readonly origin: "confirmed" | "proposed";
  /** What answered: the knowledge of this template, of an error with this signature, of a similar one, or the language model, now. */
  readonly tier?: "hash" | "signature" | "vector" | "llm";
  /** From 0 to 1. */
  readonly similarity?: number;
  /** Since when it is known, ms since the epoch. */
  readonly since?: number;
  /** Id of the entry of the knowledge base, for `consumer knowledge confirm` and `reject`. */
  readonly entry?: string;
  readonly link?: string;
}

/** A known error that reads much like another. */
interface NearError {
  readonly pattern: string;
  readonly cause: string;
  /** From -1 to 1. */
  readonly similarity: number;
}

/** What was found out about an alert's cause; nothing: it is unknown. */
export type CauseAnswer = Pick<Alert, "cause" | "nearest" | "unavailable">;

/** Finds what is known of an alert's cause. */
export interface CauseFinder {
  /**
   * The cause, or what is near it, and what could not be asked.
   * @param template as it was logged: it may hold secrets that the alert's has no more
   * @param how `isAgain`: it was asked for this alert before, which counts once. Default: it was not
   */
  find(alert: Alert, template?: string, how?: { readonly isAgain: boolean }): Promise<CauseAnswer>;
}

/** An alert that waits to be sent. */
export interface OutboxItem {
  readonly id: string;
  readonly alert: Alert;
  /** `sending`: it was handed to Slack, and nobody knows yet what became of it. */
  readonly state: "pending" | "sending";
}

/** Alerts that wait to be sent; it survives the process. */
export interface Outbox {
  /**
   * The oldest items, first in, first out.
   * @param takes only those of which it says so, however many others wait before them. Default: all
   */
  pending(limit: number, takes?: (alert: Alert) => boolean): Promise<OutboxItem[]>;
  /** Notes, before it happens, that these are handed to Slack. */
  markSending(ids: readonly string[]): Promise<void>;
  /** Notes that Slack has them; they go. */
  markSent(ids: readonly string[]): Promise<void>;
  /** How many wait. */
  size(): Promise<number>;
}
