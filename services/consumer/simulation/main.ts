import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { ALLOWED, optionsOf, UsageError } from "./options.ts";
import type { WorkerSeeds, WorkerSums } from "./worker.ts";

/** Schedules that are worth a worker of their own: it takes a second to start. */
const LEAST_OF_A_WORKER = 200;
/** Much is made and soon forgotten. MiB. */
const YOUNG_MIB = 64;

function startWorker(workerData: WorkerSeeds): Promise<WorkerSums> {
  return new Promise((resolve, reject) => {
    const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MIB };
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData, resourceLimits });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** Runs schedules; whether everything held. */
async function simulate(schedules: number, seed: number, trace: boolean): Promise<boolean> {
  const sums: WorkerSums[] = [];
  const workers = Math.min(availableParallelism(), Math.ceil(schedules / LEAST_OF_A_WORKER));
  if (trace || workers === 1) {
    const { runSchedule } = await import("./schedule.ts");
    for (let i = 0; i < schedules; i++) {
      const result = await runSchedule(seed + i, trace ? { onTrace: (line) => console.log(line) } : {});
      sums.push({ events: result.events, failed: result.violations.length > 0 ? [result] : [] });
    }
  } else {
    const starts = Array.from({ length: workers }, (_, place) =>
      startWorker({ first: seed + place, step: workers, end: seed + schedules }),
    );
    sums.push(...(await Promise.all(starts)));
  }
  const failed = sums.flatMap((sum) => sum.failed).sort((a, b) => a.seed - b.seed);
  for (const { seed: of, violations } of failed) {
    console.log(`seed ${of}: npm run simulate -- --schedules 1 --seed ${of} --trace`);
    for (const violation of violations) console.log(`  ${violation}`);
  }
  const events = sums.reduce((sum, one) => sum + one.events, 0);
  const violations = failed.reduce((sum, one) => sum + one.violations.length, 0);
  console.log(`${schedules} schedules, ${events} events, ${violations} violations`);
  return violations === 0;
}

try {
  const { schedules, seed, trace, day, shards, hours } = optionsOf(process.argv.slice(2));
  // What is simulated takes a second to load: a wrong command line is answered at once.
  if (day) await (await import("./day.ts")).printDay(shards, hours);
  else if (!(await simulate(schedules, seed, trace))) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`simulate: ${error.message}\n${ALLOWED}`);
  process.exitCode = 2;
}
