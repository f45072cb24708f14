import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
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
  "pino (sync)": [...pino, "sync", "0", lines],
  "pino (sync, 4 KiB writes)": [...pino, "sync", "4096", lines],
  "pino (async, 4 KiB writes)": [...pino, "async", "4096", lines],
};
const flog = findFlog();
if (flog === undefined) console.log(`flog is absent: go install ${FLOG}`);
else contenders.flog = [flog, "-n", lines];

async function linesPerSecond([command = "", ...args]: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(command, args, { stdio: "ignore" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}`);
  return Number(lines) / ((performance.now() - began) / 1000);
}

const median = (numbers: number[]): number =>
  numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0;

const measured = new Map<string, number[]>();
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const [name, command] of Object.entries(contenders)) {
    const speeds = measured.get(name) ?? [];
    measured.set(name, [...speeds, await linesPerSecond(command)]);
  }
}
const own = median(measured.get("log-generator") ?? []);
for (const [name, speeds] of measured) {
  const speed = median(speeds);
  const range = `${Math.round(Math.min(...speeds) / 1000)}–${Math.round(Math.max(...speeds) / 1000)}k`;
  console.log(
    `${name.padEnd(26)} ${String(Math.round(speed / 1000)).padStart(4)}k lines/s (${range}), log-generator ${(own / speed).toFixed(2)} times`,
  );
}
