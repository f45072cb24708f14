import type { Level, LogRecord } from "@cali/log-record";
import type { Alert } from "../../src/core/types.ts";
import { AlertGrouper, type GroupingOptions } from "../../src/group/alert-grouper.ts";
import { logRecord } from "./records.ts";

export const START = Date.parse("2026-01-25T00:00:00Z");
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** A grouper with a clock that the test sets, and what it notified. */
export class Harness {
  now = START;
  readonly notified: Alert[] = [];
  readonly grouper: AlertGrouper;
  #sequence = 0;

  constructor(options: GroupingOptions = {}) {
    this.grouper = new AlertGrouper({ ...options, now: () => this.now });
  }

  /** A line now. A template that isn't new is known from before. */
  line(
    fields: {
      template?: string;
      service?: string;
      level?: Level;
      isNew?: boolean;
      shardId?: string;
      code?: string;
      /** What its lines say beside their words. Default: not known. */
      identity?: string;
      /** The line with its stack trace. Default: the template. */
      content?: string;
    } = {},
  ) {
    const {
      template = "disk is full",
      service = "auth",
      level = "ERROR",
      isNew = true,
      shardId = "shard-1",
      code,
      identity,
      content,
    } = fields;
    return this.grouper.observe({
      shardId,
      position: { sequenceNumber: String(++this.#sequence), index: 0 },
      record: record({ service, level, message: template, code, content, at: this.now }),
      fingerprint: [service, template, ...(identity ? [identity] : [])].join(":"),
      template,
      ...(identity !== undefined && { identity }),
      isNew,
      at: this.now,
    });
  }

  /** Lets time pass, notifying what falls due, as the notifier does. */
  pass(ms: number): Alert[] {
    const before = this.notified.length;
    const until = this.now + ms;
    while (this.now < until) {
      this.notify();
      this.now = Math.min(until, Math.max(this.now + 200, this.grouper.nextDueAt() ?? until));
    }
    this.notify();
    return this.notified.slice(before);
  }

  notify(): void {
    const next = this.grouper.nextDueAt();
    if (next === undefined || next > this.now) return;
    for (const { meta, along = [], alert } of this.grouper.due(this.now)) {
      for (const one of [meta, ...along]) this.grouper.confirm(one);
      this.notified.push(alert);
    }
  }
}

/** An ERROR, WARN or FATAL line as the grouper takes it. */
export function record(fields: {
  service: string;
  level: Level;
  message: string;
  code?: string;
  content?: string;
  at: number;
}): LogRecord {
  const { at, code, content, ...over } = fields;
  return logRecord({
    ...over,
    timestamp: new Date(at).toISOString(),
    ...(code !== undefined && { error_code: code }),
    ...(content !== undefined && { log_content: content }),
  });
}
