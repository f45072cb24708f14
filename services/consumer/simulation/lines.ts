import type { LogRecord } from "@cali/log-record";
import type { Dice } from "./dice.ts";
import type { SentPayload } from "./stream.ts";

/** What some lines have below their message. */
const STACK = "\njava.io.IOException: no room\n\tat com.acme.Store.keep(Store.java:41)";

/** What services say when something is wrong: none reads as a symptom of another's trouble. */
const MESSAGES: Record<string, string> = {
  auth: "the key store is full after",
  cart: "a basket has more than its",
  mail: "the queue of letters has grown to",
};

/** A line as a service in the cluster logs it. */
export const lineOf = (
  line: Pick<LogRecord, "timestamp" | "level" | "service" | "message" | "source_id">,
  stack = "",
) => {
  const record: LogRecord = {
    ...line,
    version: "1.2.3",
    trace_id: "-",
    log_content: `${line.message}${stack}`,
    platform: "eks",
    environment: "test",
    pod_name: `${line.service}-1`,
  };
  return JSON.stringify(record);
};

/** A Kinesis record of these payloads: JSON objects, one after the other. */
export function linesOf(
  payloads: readonly SentPayload[],
  { dice, at, hasIds }: { dice: Dice; at: number; hasIds: boolean },
): Uint8Array {
  const time = new Date(at).toISOString();
  const lines = payloads.map((payload, place) => {
    if (payload.level === undefined) return `{"service": "broken", "message": ${dice.whole(0, 999)}`;
    const { level, service } = payload;
    const message =
      level === "INFO"
        ? `request ${dice.whole(0, 999)} is done`
        : `${MESSAGES[service]} ${dice.whole(1, 999)} entries`;
    const id = hasIds && { source_id: `uid/app/1/stdout/${time}/${dice.next()}-${dice.next()}` };
    return lineOf({ timestamp: time, level, service, message, ...id }, place % 3 === 2 ? STACK : "");
  });
  return Buffer.from(lines.join("\n"));
}
