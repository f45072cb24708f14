import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The checkout's root. */
export const ROOT = join(import.meta.dirname, "../..");

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Node's arguments for `cali`, as `npm run cali` has them. */
export const CALI = ["--disable-warning=ExperimentalWarning", "delivery/main.ts"] as const;

/** Runs `cali`, as `npm run cali` would. */
export function runCali(
  args: readonly string[],
  options?: { env?: Record<string, string>; cwd?: string },
): Promise<RunResult> {
  return run("node", [...CALI, ...args], options);
}

/** Runs a command of the checkout as its npm scripts would: with `node_modules/.bin` first on the path. */
export function run(
  command: string,
  args: readonly string[],
  { env = {}, cwd = ROOT }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: {
        ...process.env,
        PATH: [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter),
        // cdktf and Terraform would ask their makers for news.
        CHECKPOINT_DISABLE: "1",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Whether there is a program that may be run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
