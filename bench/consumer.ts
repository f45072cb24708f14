import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

/**
 * How many records a second the consumer's whole path takes on one core, beside a bare loop of AWS's client and
 * lifion-kinesis, which only read. Each reader is a process pinned to core 0; the server that answers is pinned to core 1.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    readers: { type: "string", default: "cali,sdk,lifion" },
    shards: { type: "string", default: "8" },
    vectors: { type: "string", default: "none" },
  },
});
const LIFION = "lifion-kinesis@1.3.3";
const NODE = [process.execPath, "--disable-warning=ExperimentalWarning"];

/** lifion-kinesis brings the whole of AWS's second SDK: not a dependency of this project, but a guest of this run. */
async function installLifion(): Promise<string> {
  const folder = join(tmpdir(), "cali-bench-lifion");
  if (!existsSync(join(folder, "node_modules/lifion-kinesis"))) {
    await mkdir(folder, { recursive: true });
    execFileSync("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save", LIFION], {
      stdio: "ignore",
    });
  }
  return folder;
}

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

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const lifion = values.readers.includes("lifion") ? await installLifion() : "";
const { shards, seconds } = values;
const server = start(1, "consumer-server.ts", { shards, records: "10000" });
const { port, bytes } = await server.line;
console.log(`10,000 records an answer, ${bytes} bytes each as GetRecords sends them; ${shards} shards`);

const results = new Map<string, { perSecond: number; perCpuSecond: number; rssMiB: number }[]>();
for (let round = 1; round <= Number(values.rounds); round++) {
  for (const reader of values.readers.split(",")) {
    const options = { reader, port: String(port), shards, seconds, lifion, vectors: values.vectors };
    const run = start(0, "consumer-reader.ts", options);
    const result = await run.line;
    await once(run.child, "close");
    results.set(reader, [...(results.get(reader) ?? []), result]);
    console.log(`round ${round}  ${reader.padEnd(12)} ${JSON.stringify(result)}`);
  }
}
server.child.kill();

console.log(
  "\n| reader | records/s (median) | per second of CPU (median) | memory |\n| --- | --- | --- | --- |",
);
for (const [reader, all] of results) {
  const shown = (name: "perSecond" | "perCpuSecond" | "rssMiB") => median(all.map((one) => one[name]));
  const rates = [shown("perSecond"), shown("perCpuSecond")].map((rate) => rate.toLocaleString("en"));
  console.log(`| ${reader} | ${rates.join(" | ")} | ${shown("rssMiB")} MiB |`);
}
