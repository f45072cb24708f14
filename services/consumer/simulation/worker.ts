import { parentPort, workerData } from "node:worker_threads";
import { runSchedule, type ScheduleResult } from "./schedule.ts";

/** What a worker is given: the seeds that are `first`, `first + step` … below `end`. */
export interface WorkerSeeds {
  readonly first: number;
  readonly step: number;
  readonly end: number;
}

/** What it has found out. */
export interface WorkerSums {
  readonly events: number;
  /** Of schedules in which something did not hold. */
  readonly failed: readonly ScheduleResult[];
}

// Nobody looks at the stacks of the thousands of errors that are made on purpose.
Error.stackTraceLimit = 0;
const { first, step, end } = workerData as WorkerSeeds;
const failed: ScheduleResult[] = [];
let events = 0;
for (let seed = first; seed < end; seed += step) {
  const result = await runSchedule(seed);
  events += result.events;
  if (result.violations.length > 0) failed.push(result);
}
parentPort?.postMessage({ events, failed } satisfies WorkerSums);
