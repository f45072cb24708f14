import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Console, startConsole } from "../src/index.ts";
import type { Frame } from "../src/protocol.ts";

const TOKEN = "a token of the tests";
const vote = vi.fn(async (input: unknown) => ({ voted: input }));
let server: Console;

beforeAll(async () => {
  server = await startConsole({
    port: 0,
    views: ["live"],
    asks: {
      echo: async (input) => ({ input }),
      fail: async () => {
        throw new Error("<b>no</b>");
      },
    },
    changes: { vote },
    token: TOKEN,
  });
});
afterAll(() => server.close());

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What it answers; `fetch` would not send another Host. */
async function ask(path: string, { method = "GET", headers = {}, body }: Asked = {}) {
  const sent = request(new URL(path, server.url), { method, headers });
  sent.end(body);
  const [response] = await once(sent, "response");
  const chunks: Buffer[] = await response.toArray();
  return {
    status: response.statusCode as number,
    headers: response.headers as Record<string, string>,
    text: Buffer.concat(chunks).toString(),
  };
}

const post = (path: string, input: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(input),
  });

const frame = (at: number): Frame => ({
  ...{ at, lagMs: 0, templates: 0, troubles: [], refused: 0 },
  ...{
    counts: [["shop", "INFO", 3]],
    lines: [],
    templateUpdates: [],
    alerts: [],
    deadLetters: [],
    truth: [],
  },
});

describe("the console's server", () => {
  it("serves the page on this machine alone, to GET and HEAD", async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const [page, head] = [await ask("/"), await ask("/", { method: "HEAD" })];
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining("<script type") });
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers["content-type"]).toBe(page.headers["content-type"]);
    for (const path of ["/page.js", "/page.css"]) expect((await ask(path)).text.length).toBeGreaterThan(500);
    expect((await ask("/etc/passwd")).status).toBe(404);
  });

  it("has a policy under which nothing runs but its own script, on every answer", async () => {
    for (const path of ["/", "/page.js", "/api/about", "/nowhere"]) {
      const { headers } = await ask(path);
      const policy = headers["content-security-policy"] ?? "";
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  it.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "[::2]"])(
    "refuses the host %s: a name that was pointed here",
    async (host) => expect((await ask("/api/about", { headers: { host } })).status).toBe(403),
  );

  it.each(["localhost:8090", "127.0.0.1", "[::1]:9"])(
    "takes the host %s, as a forwarded port",
    async (host) => expect((await ask("/api/about", { headers: { host } })).status).toBe(200),
  );

  it.each<Record<string, string>>([
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("refuses what another site asks: %o", async (headers) => {
    expect((await ask("/api/about", { headers })).status).toBe(403);
    expect((await post("/api/echo", {}, headers)).status).toBe(403);
  });

  it("changes nothing without the token", async () => {
    for (const authorization of [undefined, "Bearer", `Bearer ${TOKEN}x`, `Basic ${TOKEN}`]) {
      expect((await post("/api/vote", {}, { ...(authorization && { authorization }) })).status).toBe(401);
    }
    expect((await ask("/api/vote")).status).toBe(404);
    expect(vote).not.toHaveBeenCalled();
    const { status, text } = await post("/api/vote", { entry: "e" }, { authorization: `Bearer ${TOKEN}` });
    expect({ status, text: JSON.parse(text) }).toEqual({ status: 200, text: { voted: { entry: "e" } } });
    expect(JSON.parse((await ask("/api/about")).text)).toEqual({ views: ["live"], mayChange: true });
  });

  it("answers by what its owner says, and says in plain text why not", async () => {
    expect((await post("/api/echo", { a: 1 })).text).toBe('{"input":{"a":1}}');
    expect((await ask("/api/echo?a=1")).text).toBe('{"input":{"a":"1"}}');
    const failed = await post("/api/fail", {});
    expect(failed).toMatchObject({ status: 400, text: "<b>no</b>\n" });
    expect(failed.headers["content-type"]).toMatch(/^text\/plain/);
    expect((await ask("/api/echo", { method: "POST", body: "a=1" })).status).toBe(415);
    // It says so before any of it comes.
    const tooLong = { "content-type": "application/json", "content-length": "5000000" };
    expect((await ask("/api/echo", { method: "POST", headers: tooLong })).status).toBe(413);
  });

  it("tells a page all there is, then each frame, while it looks on", async () => {
    server.tell(frame(1_000));
    const sent = request(new URL("/api/events", server.url)).end();
    const [response] = await once(sent, "response");
    expect(response.headers).toMatchObject({ "content-type": "text/event-stream" });
    expect(response.headers["content-security-policy"]).toContain("default-src 'none'");
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    await expect.poll(() => server.isWatched).toBe(true);
    await expect.poll(() => text).toContain('event: snapshot\ndata: {"missed":0,"snapshot":{"at":1000');
    server.tell(frame(2_000));
    await expect.poll(() => text).toContain('event: frame\ndata: {"at":2000');
    sent.destroy();
    await expect.poll(() => server.isWatched).toBe(false);
  });

  it("answers while connections say nothing, and closes the oldest of too many", async () => {
    const { hostname, port } = new URL(server.url);
    const sockets = Array.from({ length: 60 }, () => connect(Number(port), hostname).on("error", () => {}));
    await expect.poll(() => sockets.filter((socket) => socket.closed).length).toBeGreaterThanOrEqual(10);
    expect((await ask("/api/about")).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});
