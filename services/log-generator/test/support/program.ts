import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../../..");
const NODE = join(ROOT, "node_modules/.bin/node");
const MAIN = join(import.meta.dirname, "../../src/main.ts");

export interface Counters {
  made: number;
  accepted: number;
  retried: number;
  refused: number;
  reasons: Record<string, number>;
  failure?: string;
  seed: string;
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The line of JSON on standard error. */
  counters: Counters;
}

export interface Program {
  child: ChildProcess;
  /** Resolves when the program has ended. */
  ended: Promise<Ended>;
}

/**
 * Starts the real command.
 * @param read false: nobody reads its standard output until the caller does
 */
export function start(
  args: readonly string[],
  { read = true, env = {} }: { read?: boolean; env?: Record<string, string> } = {},
): Program {
  const child = spawn(NODE, [MAIN, ...args], { env: { ...process.env, ...env } });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  if (read) child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  const ended = new Promise<Ended>((resolve) => {
    // Not `close`: a standard output that nobody reads never closes.
    child.on("exit", (code) => {
      setImmediate(() => {
        const said = Buffer.concat(stderr).toString();
        const json = said.split("\n").find((line) => line.startsWith("{")) ?? "{}";
        resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: said, counters: JSON.parse(json) });
      });
    });
  });
  return { child, ended };
}
