import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** Slack's end of an incoming webhook: keeps what it is sent, and answers `ok` unless a test says otherwise. */
export class SlackServer {
  readonly received: string[] = [];
  /** Answers to give first, one a message. */
  readonly answers: { readonly status: number; readonly headers?: Record<string, string> }[] = [];
  readonly #server: Server;
  readonly #path: string;

  /** @param path the webhook's secret path. */
  constructor(path = "/services/T000/B000/very-secret-path") {
    this.#path = path;
    this.#server = createServer(async (request, response) => {
      this.received.push(await text(request));
      const { status, headers } = this.answers.shift() ?? { status: 200 };
      response.writeHead(status, headers).end(status === 200 ? "ok" : "error");
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#path}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
