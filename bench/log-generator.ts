import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { atLeastTimes, type Benchmark, growsLinearly } from "./frame.ts";

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
    return execFileSync(path, ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).includes(
      "flog version",
    );
  } catch {
    return false;
  }
}

/** bash tells the time that its children took of the processor, which other programs on the machine hardly change. */
const TIMED = '"$@" >/dev/null 2>&1 && times';

async function perSecondOfCpu(lines: number, command: readonly string[]): Promise<number> {
  const child = spawn("bash", ["-c", TIMED, "bash", ...command], { stdio: ["ignore", "pipe", "inherit"] });
  const output = text(child.stdout);
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}`);
  const times = [...(await output).matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  const [, , user = 0, system = 0] = times;
  return lines / (user + system);
}

/**
 * How many lines the log generator writes to /dev/null for each second of CPU, its start included, beside pino, which only formats lines
 * that the caller makes up, and flog, which makes up lines of a web server.
 */
export const benchmark: Benchmark = {
  name: "log-generator",
  unit: "lines per second of CPU",
  better: "more",
  size: "lines",
  sizes: [125_000, 500_000, 1_000_000],
  rounds: 3,
  growth: "time",
  targets: [
    atLeastTimes(1, "pino"),
    atLeastTimes(1, "pino, writes of 4 KiB"),
    atLeastTimes(1, "flog"),
    growsLinearly("CALI"),
  ],
  open(size) {
    const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
    const pino = [...node, join(HERE, "log-generator-pino.ts")];
    // As its image has it: one file, which starts sooner.
    execFileSync("npm", ["run", "--silent", "build", "--workspace", "services/log-generator"], {
      cwd: join(HERE, ".."),
      stdio: "pipe",
    });
    const generator = join(HERE, "../services/log-generator/dist/main.js");
    const flog = findFlog();
    const lines = String(size);
    const contender = (command: readonly string[]) => () => perSecondOfCpu(size, command);
    return {
      contenders: {
        CALI: contender([...node, generator, "--speed", "max", "--count", lines]),
        pino: contender([...pino, "0", lines]),
        "pino, writes of 4 KiB": contender([...pino, "4096", lines]),
        ...(flog && { flog: contender([flog, "-n", lines]) }),
      },
      ...(flog === undefined && { absent: ["flog: `go install github.com/mingrammer/flog@v0.4.4`"] }),
    };
  },
};
