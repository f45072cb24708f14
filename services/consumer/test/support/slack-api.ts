import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A token as Slack's bots have it. */
export const BOT_TOKEN = "xoxb-1234567890-the-secret";

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

/** Slack's Web API for tests: chat.postMessage and chat.update. */
export class SlackApi {
  readonly calls: ApiCall[] = [];
  /** What the next answers are instead of ok: an error's code, or a status. */
  answers: (string | number)[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
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
      response.end(JSON.stringify({ ok: true, channel: "C1", ts: ts ?? `17.${this.calls.length}` }));
    });
  }

  /** Resolves to the API's address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/`;
  }

  async close(): Promise<void> {
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
