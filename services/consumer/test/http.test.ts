import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { HttpServer } from "../src/ops/http.ts";

async function listening(timeoutMs?: number): Promise<number> {
  const server = new HttpServer({
    host: "127.0.0.1",
    port: 0,
    metrics: async () => "",
    unhealthy: () => undefined,
    notReady: () => [],
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
  onTestFinished(() => server.close());
  return server.listen();
}

async function connected(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return sockets;
}

it.each([100, 400])("answers /healthz beside %i connections that say nothing", async (count) => {
  const port = await listening();
  await connected(port, count);
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
  expect([answer.status, await answer.text()]).toEqual([200, "healthy\n"]);
});

it("answers beside connections that never end their headers, and closes those", async () => {
  const port = await listening(200);
  const sockets = await connected(port, 100);
  for (const socket of sockets) socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ");
  const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
  expect(answer.status).toBe(200);
  const closed = sockets.filter(({ closed, destroyed }) => !closed && !destroyed);
  await Promise.all(closed.map((socket) => once(socket.resume(), "close")));
});

it("keeps a connection that has asked for its next request, beside more silent ones than are kept", async () => {
  const port = await listening();
  const [socket] = (await connected(port, 1)) as [Socket];
  for (let request = 0; request < 2; request++) {
    const answered = once(socket, "data");
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 200/);
    await connected(port, 80);
  }
});
