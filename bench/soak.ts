import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { startConsumer } from "@cali/consumer";
import { Command } from "commander";
import { duration } from "../local/options.ts";
import { growthOf, isGrowing, type Sample, WATCHED, type Watched } from "./growth.ts";
import { svgOf } from "./plot.ts";

/**
 * `npm run soak -- --for 30m`: the whole consumer at the highest rate that it keeps up with, while faults of Kinesis and Slack come and go.
 * Writes what it saw as a plot, and ends with 1 when memory, handles or lag grew.
 */
const options = new Command("npm run soak --")
  .description("the consumer at the highest rate it keeps up with, faults on and off; ends with 1 on growth")
  .requiredOption("--for <time>", "how long, such as 30m", duration)
  .option("--plot <file>", "where the plot is written", join(import.meta.dirname, "plots/soak.svg"))
  .allowExcessArguments(false)
  .parse()
  .opts<{ for: number; plot: string }>();

const SAMPLE_MS = 1_000;
const FIRST_RATE = 2_000;
/** Never slower: a second without an answer says nothing of the next. */
const LEAST_RATE = 500;
/** The rate grows while the consumer is less than this behind… */
const NEAR_MS = 2_000;
/** …and falls when it is more behind than this. */
const FAR_MS = 4_000;
/** Then it is this share of what the consumer did in the last second. */
const SLOWER = 0.8;
const FASTER = 1.1;
/** Faults are off and on this often. */
const PHASES = 8;
/** Reached soon, so that what is let go is let go in a short run too. */
const LIMITS = { templates: 500, groups: 500 };

const MIB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "cali-soak-"));
const script = ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "soak-server.ts")];
const server = spawn(process.execPath, script, { stdio: ["ignore", "pipe", "inherit"] });
process.once("exit", () => server.kill());
const [line] = await once(createInterface(server.stdout), "line");
const endpoint = `http://127.0.0.1:${JSON.parse(line as string).port}`;
const say = (path: string, body: string) => fetch(`${endpoint}${path}`, { method: "POST", body });

const consumer = await startConsumer(
  {
    region: "us-east-1",
    kinesis: { stream: "soak", endpoint, pollIntervalMs: 250 },
    state: { file: join(folder, "state.sqlite") },
    objects: { folder: join(folder, "objects") },
    slack: { webhookUrl: `${endpoint}/slack` },
    knowledge: { vectors: "none" },
    limits: LIMITS,
    http: { port: 0, host: "127.0.0.1" },
    log: { level: "silent" },
  },
  { credentials: { accessKeyId: "soak", secretAccessKey: "soak" } },
);

const samples: Sample[] = [];
const began = performance.now();
let rate = FIRST_RATE;
let [hadFaults, before] = [false, { records: 0, at: 0 }];
for (let at = 0; at < options.for; ) {
  const hasFaults = Math.floor((at / options.for) * PHASES) % 2 === 1;
  if (hasFaults !== hadFaults) await say("/faults", hasFaults ? "on" : "off");
  hadFaults = hasFaults;
  await say("/rate", String(Math.round(rate)));
  await sleep(SAMPLE_MS);
  at = performance.now() - began;
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const { totals, lagMs } = await consumer.counters();
  const linesPerSecond = ((totals.records - before.records) * 1_000) / (at - before.at);
  samples.push({
    at: at / 1_000,
    heapMiB: heapUsed / MIB,
    rssMiB: rss / MIB,
    handles: process.getActiveResourcesInfo().length,
    lagMs,
    linesPerSecond,
  });
  before = { records: totals.records, at };
  if (lagMs < NEAR_MS) rate *= FASTER;
  else if (lagMs > FAR_MS) rate = Math.max(LEAST_RATE, Math.min(rate, linesPerSecond * SLOWER));
}
const { records } = before;
await consumer.stop();
server.kill();
rmSync(folder, { recursive: true, force: true });

mkdirSync(dirname(options.plot), { recursive: true });
const LINES: readonly [string, (sample: Sample) => number][] = [
  ["rss, MiB", ({ rssMiB }) => rssMiB],
  ["heap, MiB", ({ heapMiB }) => heapMiB],
  ["handles", ({ handles }) => handles],
  ["lag, 10 ms", ({ lagMs }) => lagMs / 10],
  ["100 lines/s", ({ linesPerSecond }) => linesPerSecond / 100],
];
const plot = svgOf({
  title: `soak of ${Math.round(options.for / 1_000)} s, faults off and on ${PHASES / 2} times`,
  x: "seconds",
  y: "see the legend for units",
  series: LINES.map(([name, of]) => ({ name, points: samples.map((one) => [one.at, of(one)] as const) })),
});
writeFileSync(options.plot, plot);

const shown = (value: number, what: Watched) => `${value.toFixed(0)} ${WATCHED[what].unit}`.trim();
const growth = growthOf(samples);
console.log(
  `${records.toLocaleString("en")} lines in ${Math.round(options.for / 1_000)} s, ${Math.round((records * 1_000) / options.for).toLocaleString("en")} a second; ` +
    `${availableParallelism()} cores of ${cpus()[0]?.model}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(0)}`,
);
for (const one of growth) {
  const { what, mean, grew, most } = one;
  const verdict = isGrowing(one) ? "GROWS" : "holds";
  console.log(
    `${verdict}  ${what}: ${shown(mean, what)} in the mean of the later half, grew by ${shown(grew, what)} in it, allowed ${shown(most, what)}`,
  );
}
console.log(`the plot is ${options.plot}`);
process.exit(growth.some(isGrowing) ? 1 : 0);
