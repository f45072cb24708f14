import type { LogRecord } from "@cali/log-record";
import type { Dice } from "./dice.ts";
import type { SentPayload } from "./stream.ts";

/** What services say when something is wrong: none reads as a symptom of another's trouble. */
const MESSAGES: Record<string, string> = {
  auth: "the key store is full after",
  cart: "a basket has more than its",
  mail: "the queue of letters has grown to",
};

/** A Kinesis record of these payloads: JSON objects, one after the other. */
export function linesOf(
  payloads: readonly SentPayload[],
  { dice, at, hasIds }: { dice: Dice; at: number; hasIds: boolean },
): Uint8Array {
  const time = new Date(at).toISOString();
  const lines = payloads.map((payload) => {
    if (payload.level === undefined) return `{"service": "broken", "message": ${dice.whole(0, 999)}`;
    const { level, service } = payload;
    const message =
      level === "INFO"
        ? `request ${dice.whole(0, 999)} is done`
        : `${MESSAGES[service]} ${dice.whole(1, 999)} entries`;
    const record: LogRecord = {
      timestamp: time,
      level,
      service,
      version: "1.2.3",
      trace_id: "-",
      message,
      log_content: message,
      platform: "eks",
      environment: "test",
      pod_name: `${service}-1`,
      ...(hasIds && { source_id: `uid/app/1/stdout/${time}/${dice.next()}-${dice.next()}` }),
    };
    return JSON.stringify(record);
  });
  return Buffer.from(lines.join("\n"));
}
