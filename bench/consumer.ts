import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { atLeastTimes, type Benchmark, type Target } from "./frame.ts";
import { installGuest } from "./guest.ts";

const NODE = [process.execPath, "--disable-warning=ExperimentalWarning"];
const SECONDS = "4";
const SDK = "AWS's client, nothing done";
const LIFION = "lifion-kinesis, reads and parses";
const LEAST_RECORDS = 60_000;

function start(core: number, script: string, options: Record<string, string>) {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const command = [...NODE, join(import.meta.dirname, script), ...args];
  const child = spawn("taskset", ["-c", String(core), ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    // lifion-kinesis brings an SDK that warns of its end.
    env: { ...process.env, AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1" },
  });
  const line = once(createInterface(child.stdout), "line").then(([text]) => JSON.parse(text as string));
  return { child, line };
}

const leastRecords: Target = {
  says: `at least ${LEAST_RECORDS.toLocaleString("en")} records for each second of CPU`,
  isReached: ({ rows }) =>
    rows.filter(({ contender }) => contender === "CALI").every(({ median }) => median >= LEAST_RECORDS),
};

/**
 * How many records the consumer's whole path takes for each second of one core, beside a bare loop of AWS's client and lifion-kinesis,
 * which only read. Each reader is a process pinned to core 0; the server that answers is pinned to core 1.
 */
export const benchmark: Benchmark = {
  name: "consumer",
  unit: "records per second of CPU",
  better: "more",
  size: "shards",
  sizes: [1, 2, 4],
  rounds: 2,
  targets: [leastRecords, atLeastTimes(1, SDK), atLeastTimes(1, LIFION)],
  async open(size) {
    const shards = String(size);
    const guest = installGuest("lifion-kinesis@1.3.3");
    const server = start(1, "consumer-server.ts", { shards, records: "10000" });
    const { port } = await server.line;
    const read = (reader: string) => async () => {
      const options = { reader, port: String(port), shards, seconds: SECONDS, lifion: guest?.folder ?? "" };
      const run = start(0, "consumer-reader.ts", options);
      const { perCpuSecond } = await run.line;
      await once(run.child, "close");
      return Number(perCpuSecond);
    };
    return {
      contenders: { CALI: read("cali"), [SDK]: read("sdk"), ...(guest && { [LIFION]: read("lifion") }) },
      ...(guest === undefined && { absent: ["lifion-kinesis: npm could not install it"] }),
      close: () => server.child.kill(),
    };
  },
};
