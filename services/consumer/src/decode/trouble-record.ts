import type { LogRecord } from "@cali/log-record";

/** Trouble that the consumer finds in what it reads. */
interface Trouble {
  /** Whose trouble it is. */
  readonly service: string;
  /** ms since the epoch. */
  readonly at: number;
  /** One wording for all, so that it is one group. */
  readonly message: string;
  /** What belongs to this one, such as its numbers. */
  readonly lines: readonly string[];
  readonly code: string;
}

/** The record that says it; it takes the way of every error. */
export const troubleRecord = ({ service, at, message, lines, code }: Trouble): LogRecord => ({
  timestamp: new Date(at).toISOString(),
  level: "ERROR",
  service,
  version: "unknown",
  trace_id: "-",
  message,
  log_content: [message, ...lines].join("\n"),
  platform: "cali",
  environment: "unknown",
  pod_name: "unknown",
  error_code: code,
});
