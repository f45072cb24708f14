import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, PYTHON_BIN } from "./moto.ts";
import { temporaryFolder, until } from "./process.ts";

/** Milvus Lite: Milvus' protocol over a folder, in a process of its own. */
export class MilvusLite {
  #child: ChildProcess | undefined;
  #home: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  #port = 0;

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Starts it, on the port and folder it had before. */
  async start(): Promise<void> {
    this.#home ??= await temporaryFolder();
    this.#port ||= await freePort();
    const args = ["server", "--data-dir", join(this.#home.folder, "data"), "--host", "127.0.0.1"];
    const child = spawn(join(PYTHON_BIN, "milvus-lite"), [...args, "--port", String(this.#port)]);
    this.#child = child;
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    const failed = Promise.race([once(child, "error"), once(child, "close")]).then(([reason]) => {
      throw new Error(`milvus-lite ended: ${reason}; it said: ${said.slice(-2_000)}`);
    });
    // Its end is a failure only while it starts.
    failed.catch(() => undefined);
    await Promise.race([failed, until("milvus-lite's port", () => isOpen(this.#port), 120_000)]);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, "close");
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.#home?.remove();
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
