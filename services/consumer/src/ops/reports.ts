import { readdir, readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AggregatorRegistry, type MetricObject } from "prom-client";
import { z } from "zod";

/** What the process of a shard says of itself, in a file that the process above it reads: between them stands KCL's daemon. */
export interface ShardReport {
  /** With which it does not do its work. */
  readonly troubles: readonly string[];
  /** As `Registry.getMetricsAsJSON` gives them. */
  readonly metrics: readonly unknown[];
}

const reportSchema = z.object({
  troubles: z.array(z.string()),
  metrics: z.array(z.unknown()),
});

/** ms after which a report is of a process that is gone. */
const STALE_MS = 30_000;

/** Writes a report in the place of the last one of this process. */
export async function writeReport(folder: string, report: ShardReport): Promise<void> {
  const file = join(folder, `${process.pid}.json`);
  await writeFile(`${file}.part`, JSON.stringify(report));
  await rename(`${file}.part`, file);
}

/** The reports of the processes that run. Files of others are removed. */
export async function readReports(folder: string, now = Date.now()): Promise<ShardReport[]> {
  const reports: ShardReport[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".json")) continue;
    const file = join(folder, name);
    try {
      if (now - (await stat(file)).mtimeMs > STALE_MS) await unlink(file);
      else reports.push(reportSchema.parse(JSON.parse(await readFile(file, "utf8"))));
    } catch (error) {
      // Its process has just removed or replaced it.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return reports;
}

/** The metrics of all processes as Prometheus reads them: counters are sums, gauges as they say. */
export function metricsOf(reports: readonly ShardReport[]): Promise<string> {
  const all = reports.map(({ metrics }) => metrics as MetricObject[]);
  return AggregatorRegistry.aggregate(all).metrics();
}
