import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { KinesisServer } from "./support/kinesis-server.ts";
import { bundleConsumer, ConsumerProcess, temporaryFolder } from "./support/process.ts";
import { logRecord } from "./support/records.ts";

/** Asks the console as who came by `kubectl port-forward POD 8090` does: its own port in the name of the host. */
async function ask(port: number, path: string, { method = "GET", host = "localhost:8090" } = {}) {
  const asked = request({ host: "127.0.0.1", port, path, method, headers: { host } });
  asked.end();
  const [answer] = await once(asked, "response");
  return answer as import("node:http").IncomingMessage;
}

it("the program of the image serves the console from its own files, to who forwards its port, and changes nothing", async () => {
  const { folder, remove } = await temporaryFolder();
  const kinesis = new KinesisServer(1);
  onTestFinished(async () => {
    await kinesis.close();
    await remove();
  });
  const consumer = new ConsumerProcess(await bundleConsumer(folder), {
    CALI_KINESIS_STREAM: "logs",
    CALI_KINESIS_ENDPOINT: await kinesis.listen(),
    CALI_KINESIS_POLL_INTERVAL_MS: "10",
    CALI_STATE_FILE: join(folder, "state.sqlite"),
    CALI_OBJECTS_FOLDER: join(folder, "objects"),
    CALI_CONSOLE_PORT: "0",
    NODE_COMPILE_CACHE: join(folder, "cache"),
  });
  const address = () => /"address":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(consumer.output)?.[1];
  await consumer.until("the console", () => address() !== undefined);
  const port = Number(address());
  const page = await ask(port, "/");
  expect([page.statusCode, page.headers["content-security-policy"]]).toEqual([
    200,
    expect.stringContaining("default-src 'none'"),
  ]);
  expect(await text(page)).toContain('src="/page.js"');
  for (const [path, type] of [
    ["/page.js", "text/javascript; charset=utf-8"],
    ["/page.css", "text/css; charset=utf-8"],
  ] as const) {
    const file = await ask(port, path);
    expect([file.statusCode, file.headers["content-type"]]).toEqual([200, type]);
    expect((await text(file)).length).toBeGreaterThan(1_000);
  }
  expect(JSON.parse(await text(await ask(port, "/api/about")))).toEqual({
    views: ["live"],
    mayChange: false,
  });
  expect((await ask(port, "/api/vote", { method: "POST" })).statusCode).toBe(401);
  expect((await ask(port, "/", { host: "cali.example" })).statusCode).toBe(403);

  const events = await ask(port, "/api/events");
  let told = "";
  events.on("data", (chunk) => {
    told += chunk;
  });
  await consumer.until("all there is", () => told.includes("event: snapshot"));
  kinesis.put(
    JSON.stringify(logRecord({ level: "ERROR", service: "payment", message: "the pool is empty" })),
  );
  await consumer.until("the line", () => /event: frame\ndata: .*the pool is empty/.test(told));
  events.destroy();
  expect(await consumer.end("SIGTERM")).toBe(0);
});
