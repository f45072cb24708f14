import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "./run.ts";

const START_TIMEOUT_MS = 60_000;
const KEPT_LINES = 20;

/** The Python environment with moto: `CALI_PYTHON_BIN`, relative to the checkout; default `.venv/bin`. */
export const PYTHON_BIN = resolve(ROOT, process.env.CALI_PYTHON_BIN || ".venv/bin");

/** AWS as moto plays it. */
export interface Moto {
  /** Endpoint of every service, such as `http://127.0.0.1:39269`. */
  readonly url: string;
  /** Ends the server; what it kept is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a moto server on a free port of 127.0.0.1, with nothing in it.
 *
 * @throws Error when `moto_server` is not installed, ends at once, or isn't up after a minute.
 */
export const startMoto = (): Promise<Moto> => startServer("moto_server", ["-H", "127.0.0.1", "-p", "0"]);

/**
 * Starts moto and what it lacks for a real AWS provider: 01-07 can be applied to it.
 *
 * @param env `AWS_REGION`, and `FAKE_ISSUER` of the clusters.
 * @throws Error as `startMoto`.
 */
export const startAwsFake = (env: Record<string, string> = {}): Promise<Moto> =>
  startServer("python", [join(ROOT, "test/support/aws-fake/aws_fake.py"), "0"], env);

async function startServer(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Moto> {
  const command = join(PYTHON_BIN, program);
  if (!existsSync(command)) {
    throw new Error(
      `${command} is missing: install test/requirements.txt into .venv, or set CALI_PYTHON_BIN to the folder of another environment's moto_server`,
    );
  }
  const server = spawn(command, args, {
    env: { ...process.env, PYTHONUNBUFFERED: "1", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((done) => {
    server.once("close", () => {
      process.off("exit", kill);
      done();
    });
  });

  const lastLines: string[] = [];
  const url = await new Promise<string>((started, failed) => {
    const timer = setTimeout(() => fail("isn't up after a minute"), START_TIMEOUT_MS);
    const fail = (what: string) => {
      clearTimeout(timer);
      kill();
      failed(new Error(`${command} ${what}:\n${lastLines.join("\n")}`));
    };
    server.once("error", (error) => fail(error.message));
    server.once("close", (code) => fail(`ended with ${code}`));
    // One line for each request follows: they are read on, or the server would block on a full pipe.
    createInterface({ input: server.stderr }).on("line", (line) => {
      const running = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
      if (running?.[1]) {
        clearTimeout(timer);
        started(running[1]);
      }
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
    });
  });
  return {
    url,
    async stop() {
      server.kill("SIGTERM");
      const impatient = setTimeout(kill, 5_000);
      await ended;
      clearTimeout(impatient);
    },
  };
}
