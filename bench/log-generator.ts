import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

/**
 * How many lines a second the log generator writes to /dev/null, beside pino, which only formats lines that the caller
 * makes up, and flog, which makes up web server lines. Each is a process of its own, its start included; they take turns.
 */
const { values } = parseArgs({
  options: {
    lines: { type: "string", default: "2000000" },
    rounds: { type: "string", default: "5" },
  },
});
const { lines } = values;
const FLOG = "github.com/mingrammer/flog@v0.4.4";
const HERE = import.meta.dirname;

function findFlog(): string | undefined {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    process.env.GOBIN ?? "",
    join(homedir(), "go/bin"),
  ];
  return folders.map((folder) => join(folder, "flog")).find((path) => existsSync(path) && isGoFlog(path));
}

/** Debian has another program of this name. */
function isGoFlog(path: string): boolean {
  try {
    return execFileSync(path, ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).includes("flog version");
  } catch {
    return false;
  }
}

const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
const pino = [...node, join(HERE, "log-generator-pino.ts")];
const generator = join(HERE, "../services/log-generator/src/main.ts");
const contenders: Record<string, string[]> = {
  "log-generator": [...node, generator, "--speed", "max", "--count", lines],
  pino: [...pino, "0", lines],
  "pino (writes of 4 KiB)": [...pino, "4096", lines],
};
const flog = findFlog();
if (flog === undefined) console.log(`flog is absent: go install ${FLOG}`);
else contenders.flog = [flog, "-n", lines];

/** bash tells the time that its children took of the processor, which other programs on the machine hardly change. */
const TIMED = '"$@" >/dev/null 2>&1 && times';

interface Speed {
  perSecond: number;
  perSecondOfCpu: number;
}

async function measure(command: readonly string[]): Promise<Speed> {
  const began = performance.now();
  const child = spawn("bash", ["-c", TIMED, "bash", ...command], { stdio: ["ignore", "pipe", "inherit"] });
  const output = text(child.stdout);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  const seconds = (performance.now() - began) / 1000;
  const times = [...(await output).matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  const [, , user = 0, system = 0] = times;
  return { perSecond: Number(lines) / seconds, perSecondOfCpu: Number(lines) / (user + system) };
}

const median = (numbers: number[]): number =>
  numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0;

const measured = new Map<string, Speed[]>();
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const [name, command] of Object.entries(contenders)) {
    measured.set(name, [...(measured.get(name) ?? []), await measure(command)]);
  }
}

const medians = (name: string, key: keyof Speed): number =>
  median((measured.get(name) ?? []).map((speed) => speed[key]));
const thousands = (perSecond: number): string => `${Math.round(perSecond / 1000)}k`.padStart(5);
for (const name of measured.keys()) {
  const [wall, cpu] = [medians(name, "perSecond"), medians(name, "perSecondOfCpu")];
  const [byWall, byCpu] = [
    medians("log-generator", "perSecond") / wall,
    medians("log-generator", "perSecondOfCpu") / cpu,
  ];
  console.log(
    `${name.padEnd(22)} ${thousands(wall)} lines/s, ${thousands(cpu)} per second of CPU; log-generator ${byWall.toFixed(2)} times, by CPU ${byCpu.toFixed(2)} times`,
  );
}
