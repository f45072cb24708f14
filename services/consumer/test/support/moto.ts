import { spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "./process.ts";

const ROOT = join(import.meta.dirname, "../../../..");

export const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };
export const REGION = "us-east-1";

/** The folder of `moto_server` and other programs of test/requirements.txt. */
export const PYTHON_BIN = process.env.CALI_PYTHON_BIN ?? join(ROOT, ".venv/bin");

/** AWS's services of moto in a process of their own. */
export async function startMoto(): Promise<{ endpoint: string; stop(): Promise<void> }> {
  const port = await freePort();
  const program = join(PYTHON_BIN, "moto_server");
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const failed = once(child, "error").then(([error]) => {
    throw error;
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const answers = async () =>
    (await fetch(`${endpoint}/moto-api/data.json`).catch(() => undefined))?.ok === true;
  await Promise.race([failed, until("moto's first answer", answers, 60_000)]);
  return {
    endpoint,
    async stop() {
      child.kill();
      await once(child, "close");
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
