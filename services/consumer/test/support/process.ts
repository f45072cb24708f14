import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { bundle } from "../../build.ts";

/** A folder for one test, and how to remove it. */
export async function temporaryFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "cali-consumer-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 20 }) };
}

/** Bundles the consumer as its image does, so that starting it many times is quick. */
export async function bundleConsumer(folder: string): Promise<string> {
  await bundle(folder);
  await mkdir(join(folder, "cache"), { recursive: true });
  return join(folder, "main.mjs");
}

/** The real consumer in a process of its own. */
export class ConsumerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<number | string>;
  output = "";

  readonly #ownGroup: boolean;

  /** @param how `ownGroup`: what it has started is killed with it, as all of a container is. Default: it alone */
  constructor(
    program: string,
    environment: Record<string, string>,
    args: string[] = ["run"],
    { ownGroup = false }: { ownGroup?: boolean } = {},
  ) {
    this.#ownGroup = ownGroup;
    this.child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args], {
      env: {
        PATH: process.env.PATH,
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        AWS_REGION: "us-east-1",
        CALI_HTTP_PORT: "0",
        CALI_HTTP_HOST: "127.0.0.1",
        // The model takes a second to load, each time.
        CALI_KNOWLEDGE_VECTORS: "none",
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: ownGroup,
    });
    // A test that fails leaves no process behind.
    onTestFinished(() => this.#kill());
    const keep = (chunk: Buffer) => {
      this.output += chunk;
    };
    this.child.stdout?.on("data", keep);
    this.child.stderr?.on("data", keep);
    this.ended = once(this.child, "close").then(([code, signal]) => (code ?? signal) as number | string);
  }

  /** Waits until `done`; what the process said is part of the failure. */
  async until(what: string, done: () => boolean | Promise<boolean>, timeoutMs?: number): Promise<void> {
    try {
      await until(what, done, timeoutMs);
    } catch (error) {
      throw new Error(`${(error as Error).message}; the consumer said: ${this.output.slice(-3000)}`);
    }
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | string> {
    if (signal === "SIGKILL") this.#kill();
    else this.child.kill(signal);
    return this.ended;
  }

  #kill(): void {
    if (!this.#ownGroup || this.child.pid === undefined) return void this.child.kill("SIGKILL");
    try {
      process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // All of it has ended.
    }
  }
}

/** Waits until `done`, looking often; says what it waited for when it takes too long. */
export async function until(
  what: string,
  done: () => boolean | Promise<boolean>,
  timeoutMs = 100_000,
): Promise<void> {
  for (const end = performance.now() + timeoutMs; performance.now() < end; ) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`);
}
