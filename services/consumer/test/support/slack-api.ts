import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";

/** Tokens as Slack's bots and apps have them. */
export const BOT_TOKEN = "xoxb-1234567890-the-secret";
export const APP_TOKEN = "xapp-1-1234567890-the-secret";
/** The workspace of the bot. */
export const TEAM = "T0001";

/** A call of Slack's Web API. */
export interface ApiCall {
  method: string;
  token: string;
  text: string;
  /** The blocks as text. */
  blocks: string;
  channel: string;
  ts?: string;
  thread?: string;
}

/** A press of a button. Default: of a member of the bot's workspace, now, below the first message. */
export interface GivenPress {
  action: string;
  value: string;
  user?: string;
  team?: string;
  /** ms since the epoch. */
  at?: number;
}

/** Slack's Web API for tests, what posts and changes messages, and its Socket Mode, over a real WebSocket. */
export class SlackApi {
  readonly calls: ApiCall[] = [];
  /** What apps.connections.open answers next instead of an address. */
  refusals: string[] = [];
  /** Connections that were opened, and those that are there. */
  opened = 0;
  readonly sockets: WebSocket[] = [];
  /** The envelopes that were answered. */
  readonly answered: string[] = [];
  #envelopes = 0;
  /** What the next answers are instead of ok: an error's code, or a status. */
  answers: (string | number)[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      if (request.url === "/api/apps.connections.open") return this.#open(request, response);
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const given = (name: string) => form.get(name) ?? undefined;
      const answer = this.answers.shift();
      if (typeof answer === "number") {
        response.writeHead(answer, answer === 429 ? { "retry-after": "1" } : {});
        response.end("later");
        return;
      }
      response.setHeader("content-type", "application/json");
      if (answer !== undefined) {
        response.end(JSON.stringify({ ok: false, error: answer }));
        return;
      }
      const [ts, thread] = [given("ts"), given("thread_ts")];
      this.calls.push({
        method: (request.url ?? "").replace("/api/", ""),
        token: request.headers.authorization ?? "",
        text: given("text") ?? "",
        blocks: given("blocks") ?? "",
        channel: given("channel") ?? "",
        ...(ts !== undefined && { ts }),
        ...(thread !== undefined && { thread }),
      });
      const place = { channel: "C1", ts: ts ?? `17.${this.calls.length}` };
      response.end(JSON.stringify({ ok: true, team_id: TEAM, ...place }));
    });
    new WebSocketServer({ server: this.#server }).on("connection", (socket) => {
      this.sockets.push(socket);
      socket.on("message", (data) => this.answered.push(JSON.parse(String(data)).envelope_id));
      socket.on("close", () => this.sockets.splice(this.sockets.indexOf(socket), 1));
      socket.send(JSON.stringify({ type: "hello", num_connections: 1 }));
    });
  }

  #open(request: IncomingMessage, response: ServerResponse): void {
    const refused = this.refusals.shift();
    const isKnown = request.headers.authorization === `Bearer ${APP_TOKEN}`;
    const error = refused ?? (isKnown ? undefined : "invalid_auth");
    response.setHeader("content-type", "application/json");
    this.opened++;
    const url = `ws://${request.headers.host}/link`;
    response.end(JSON.stringify(error === undefined ? { ok: true, url } : { ok: false, error }));
  }

  /** Presses a button on the newest connection. @returns the envelope's id, which is in `answered` when it was answered */
  press({ action, value, user = "U0001", team = TEAM, at = Date.now() }: GivenPress): string {
    return this.sendInteraction({
      type: "block_actions",
      team: { id: team },
      user: { id: user, team_id: team },
      channel: { id: "C1" },
      message: { ts: "17.1" },
      actions: [{ action_id: action, value, action_ts: (at / 1_000).toFixed(6) }],
    });
  }

  sendInteraction(payload: unknown): string {
    const envelope_id = `e${++this.#envelopes}`;
    this.sockets.at(-1)?.send(JSON.stringify({ type: "interactive", envelope_id, payload }));
    return envelope_id;
  }

  /** Resolves to the API's address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Slack's Web API, which ends with the test, and its address. */
export async function slackApi(): Promise<{ api: SlackApi; apiUrl: string }> {
  const api = new SlackApi();
  const apiUrl = await api.listen();
  onTestFinished(() => api.close());
  return { api, apiUrl };
}
