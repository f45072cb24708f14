import { keepNewErrors } from "../cause/new-errors.ts";
import { keepDeadLetters } from "../decode/dead-letters.ts";
import type { StartPoint } from "../read/client.ts";
import { StreamReader } from "../read/stream-reader.ts";
import type { Parts } from "./parts.ts";
import { Pipeline } from "./pipeline.ts";
import type { PipelineOptions } from "./stage.ts";
import { takeUpCounts } from "./take-up-state.ts";

export interface ReadingOptions {
  /** When the state's stream was first read, ms since the epoch. */
  readonly firstReadAt: number;
  /** Of the fence. */
  readonly confirm: () => Promise<void>;
  /** Takes each shard's records through the stages. */
  readonly pipeline: Pipeline;
}

/** What reads the stream's shards. */
export function streamReader(parts: Parts, { firstReadAt, confirm, pipeline }: ReadingOptions): StreamReader {
  const { config, metrics, troubles } = parts;
  const freshStart: StartPoint =
    config.kinesis.initialPosition === "LATEST"
      ? // Not Kinesis' LATEST: after a crash before the first commit that would skip what came in between.
        { type: "AT_TIMESTAMP", timestamp: firstReadAt }
      : { type: "TRIM_HORIZON" };
  return new StreamReader({
    ...parts,
    openShard: (lease, checkpoint) => pipeline.openShard(lease, checkpoint),
    freshStart,
    confirm,
    limits: config.kinesis,
    discoveryIntervalMs: config.kinesis.discoveryIntervalMs,
    stallMs: config.limits.stallMs,
    onRead: (shardId, read) => metrics.onRead(shardId, read.behindMs),
    onTrouble: (shardId, text, kind) => {
      if (kind !== undefined) metrics.readFailures.inc({ kind });
      troubles.set("reading", text, shardId);
    },
    onRestart: () => metrics.shardRestarts.inc(),
    onClosed: (shardId) => {
      metrics.onClosed(shardId);
      troubles.set("reading", undefined, shardId);
    },
    onEnded: (shardId) => takeUpCounts(parts, shardId),
  });
}

/** @param how `isFollowed`: another process follows the counts, to notify; `watcher`: who sees the lines. Default: nobody */
export function pipelineOf(
  parts: Parts,
  how: Pick<PipelineOptions, "isFollowed" | "watcher"> = {},
): Pipeline {
  const { config, objects, stream, events, troubles } = parts;
  return new Pipeline({
    ...parts,
    ...how,
    keepRejected: (payloads) => keepDeadLetters(objects, stream.name, payloads),
    keepNewTemplates: async (templates) => {
      await keepNewErrors(objects, templates);
      for (const template of templates) events.emit("newTemplate", template);
    },
    maxDecodedBytes: config.limits.decodedBytes,
    timeZone: config.logs.timeZone,
    onCommit: (commit) => events.emit("commit", commit),
    onStoreTrouble: (shardId, text) => troubles.set("committing", text, shardId),
  });
}
