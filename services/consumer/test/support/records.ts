import type { LogRecord } from "@cali/log-record";

/** A valid record; whatever a test does not care about is filled in. */
export function logRecord(over: Partial<LogRecord> = {}): LogRecord {
  const message = over.message ?? "order 17 is placed";
  return {
    timestamp: "2026-01-25T01:02:03.456Z",
    level: "INFO",
    service: "checkout",
    version: "1.2.3",
    trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
    message,
    log_content: message,
    platform: "eks",
    environment: "test",
    pod_name: "checkout-7d4b9c-x2x1z",
    ...over,
  };
}
