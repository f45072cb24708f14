import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

/** How a program ended. */
export interface Ended {
  /** undefined: a signal ended it, or it never ran. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** Why it never ran, such as `ENOENT`. */
  readonly code: string | undefined;
  /** What it printed, without the last line's end; nothing where that went to a file. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Besides this process's own. */
  readonly env: Readonly<Record<string, string>>;
  /** Descriptor of an open file that takes what it prints. Default: it is kept. */
  readonly output?: number | undefined;
  /** Whether it gets a process group of its own. Default: no. */
  readonly detached?: boolean;
}

/**
 * Starts a program that is given no input. By Node alone: to load execa would take a fifth of a plan's start.
 * @throws Error when a value of `env` has a NUL byte; it names the variable alone
 */
export function start(
  command: string,
  args: readonly string[],
  { cwd, env, output, detached = false }: StartOptions,
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  // Node's own error would print the value, which may be a secret.
  const bad = Object.keys(env).find((name) => env[name]?.includes("\0"));
  if (bad !== undefined) throw new Error(`${bad}: given a value with a NUL byte, allowed: text without one`);
  const printed = output ?? "pipe";
  const child = spawn(command, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    stdio: ["ignore", printed, printed],
    detached,
  });
  return { child, ended: endOf(child) };
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const how = new Promise<Pick<Ended, "exitCode" | "signal" | "code">>((resolve) => {
    // What runs can fail to take a signal, too: its end comes all the same.
    child.on("error", ({ code }: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve({ exitCode: undefined, signal: undefined, code });
    });
    child.once("close", (exitCode, signal) =>
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined, code: undefined }),
    );
  });
  const [end, stdout, stderr] = await Promise.all([how, textOf(child.stdout), textOf(child.stderr)]);
  return { ...end, stdout, stderr };
}

const textOf = async (stream: Readable | null) =>
  stream === null ? "" : (await buffer(stream)).toString().replace(/\r?\n$/, "");
