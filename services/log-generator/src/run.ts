import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { GeneratedLine } from "./generate.ts";
import type { Sink, SinkCounters } from "./sinks/types.ts";
import { unlessAborted } from "./wait.ts";

export interface RunOptions {
  lines: Iterable<GeneratedLine>;
  sink: Sink;
  /** Takes every line too, before the sink does: the ground truth. */
  labels?: Sink;
  /**
   * How much faster than real time the lines' own time passes; `Infinity`: as fast as the sink takes them. After a
   * stall of the sink the missed lines follow as fast as it takes them.
   */
  speed: number;
  /** Ends the stream: no new line is made, those made are delivered. */
  stop: AbortSignal;
  /** How long the sink may take to deliver the rest after the last line, ms. */
  grace: number;
  /** Gives up on the rest at once. */
  abort?: AbortSignal;
}

export interface Summary extends SinkCounters {
  /** Lines that were given to the sink: accepted + refused. */
  made: number;
  /** Real time from the first line to the last confirmation. */
  seconds: number;
  /** Why no more lines will be delivered, or why the labels are not whole. */
  failure?: string;
}

/** Lines made before signals and timers get a turn. */
const TURN = 2_000;

/** Sends lines at their pace until they end, `stop` fires or the sink fails. Every line made is accepted or refused. */
export async function run(options: RunOptions): Promise<Summary> {
  const { lines, sink, labels, speed, stop } = options;
  const paced = Number.isFinite(speed);
  const began = performance.now();
  let first: number | undefined;
  let made = 0;
  for (const line of lines) {
    first ??= line.at;
    const early = paced ? (line.at - first) / speed - (performance.now() - began) : 0;
    if (early > 0) await sleep(early, undefined, { signal: stop }).catch(() => undefined);
    else if (made % TURN === 0) await setImmediate();
    if (stop.aborted || sink.failure !== undefined || labels?.failure !== undefined) break;
    made += 1;
    const labelled = labels?.write(line);
    const written = sink.write(line);
    if (labelled !== undefined) await unlessAborted(labelled, stop);
    if (written !== undefined) await unlessAborted(written, stop);
  }
  const late = AbortSignal.any([
    AbortSignal.timeout(options.grace),
    ...(options.abort ? [options.abort] : []),
  ]);
  await Promise.all([sink.close(late), labels?.close(late)]);
  const failure = sink.failure ?? labels?.failure;
  return {
    made,
    ...sink.counters,
    seconds: (performance.now() - began) / 1000,
    ...(failure === undefined ? {} : { failure: failure.message }),
  };
}
