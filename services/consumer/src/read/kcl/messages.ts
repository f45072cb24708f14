import { NamedError } from "@cali/base";
import { z } from "zod";

/**
 * What KCL's MultiLangDaemon says to the process of a shard, one JSON object a line, as
 * `software.amazon.kinesis.multilang.messages` of its version 3.1 writes them.
 */
const sequenceNumber = z.string().regex(/^\d{1,128}$/, "a decimal sequence number");

const record = z.object({
  /** Base64. */
  data: z.string(),
  sequenceNumber,
  /** Place in a KPL aggregate, which the daemon takes apart. Default: it was none. */
  subSequenceNumber: z.int().min(0).nullish(),
  /** ms since the epoch. */
  approximateArrivalTimestamp: z.number().nullish(),
});

export type KclRecord = z.output<typeof record>;

const message = z.discriminatedUnion("action", [
  z.object({
    action: z.literal("initialize"),
    shardId: z.string().min(1).max(128),
    /** KCL's checkpoint; `TRIM_HORIZON` and the like where there is none. */
    sequenceNumber: z.string().nullish(),
  }),
  z.object({
    action: z.literal("processRecords"),
    records: z.array(record),
    millisBehindLatest: z.number().min(0).nullish(),
  }),
  /** Another worker has the shard: nothing may be checkpointed. */
  z.object({ action: z.literal("leaseLost") }),
  /** The shard is closed and all its records were given: the checkpoint lets its children start. */
  z.object({ action: z.literal("shardEnded") }),
  /** The daemon stops: the checkpoint lets the next worker go on from here. */
  z.object({ action: z.literal("shutdownRequested") }),
  /** The answer to our `checkpoint`. `error` is the simple name of the Java exception. */
  z.object({ action: z.literal("checkpoint"), error: z.string().nullish() }),
]);

export type DaemonMessage = z.output<typeof message>;
export type Request = Exclude<DaemonMessage, { action: "checkpoint" }>;

/** The daemon said what its protocol doesn't have. There is no going on: it would wait for an answer for ever. */
export class KclProtocolError extends NamedError {}

/** @throws KclProtocolError with what was given, cut, and what is allowed */
export function parseMessage(line: string): DaemonMessage {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new KclProtocolError(`standard input: given ${shown(line)}, allowed one JSON object a line`);
  }
  const parsed = message.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.slice(0, 3).map(({ path, message: allowed }) => {
    return `${path.length === 0 ? "the message" : path.join(".")}: ${allowed}`;
  });
  const action = (value as { action?: unknown } | null)?.action;
  throw new KclProtocolError(
    `standard input: given ${typeof action === "string" ? `the action ${shown(action)}` : shown(line)}: ${problems.join("; ")}`,
  );
}

/** Records are log text: as little of it as says what is wrong. */
const shown = (text: string) => JSON.stringify(text.slice(0, 60));

/** Says that a request is done. */
export const statusOf = (request: Request["action"]) => ({
  action: "status" as const,
  responseFor: request,
});

/** Asks for a checkpoint; without a place: at the end of what was given. */
export const checkpointAt = (place?: Pick<KclRecord, "sequenceNumber" | "subSequenceNumber">) => ({
  action: "checkpoint" as const,
  sequenceNumber: place?.sequenceNumber ?? null,
  subSequenceNumber: place?.subSequenceNumber ?? null,
});

export type WorkerMessage = ReturnType<typeof statusOf> | ReturnType<typeof checkpointAt>;
