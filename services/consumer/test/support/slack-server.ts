import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A Slack webhook for tests. */
export class SlackServer {
  /** The bodies that were taken (answered with 200). */
  readonly posts: string[] = [];
  requests = 0;
  /** Status of the next answers; 0: no answer at all. */
  status = 200;
  headers: Record<string, string> = {};
  /** ms between taking a message and saying so. */
  delayMs = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        this.requests++;
        if (this.status === 0) return;
        if (this.status === 200) this.posts.push(Buffer.concat(chunks).toString());
        const { status, headers } = this;
        setTimeout(() => {
          response.writeHead(status, headers);
          response.end(status === 200 ? "ok" : "refused");
        }, this.delayMs);
      });
    });
  }

  /** Resolves to the webhook's URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/services/T0/B0/secret`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export interface SentAlert {
  id: string;
  service: string;
  /** Marked as a possible repeat. */
  isRepeat: boolean;
}

/** The alerts in what Slack was sent, one by one or as digests. */
export function alertsOf(posts: readonly string[]): SentAlert[] {
  return posts.flatMap((post) => {
    const { blocks = [] } = JSON.parse(post) as { blocks?: unknown[] };
    const isDigest = /^\d+ alerts from/.test(JSON.parse(post).text);
    const parts = isDigest ? blocks.map((block) => JSON.stringify(block)) : [JSON.stringify(blocks)];
    return parts.flatMap((part) => {
      const id = /alert `([^`]+)`/.exec(part)?.[1];
      const service = /\* in ([^ ]+) ×|\*Service\*\\n([^"]+)"/.exec(part);
      if (id === undefined || service === null) return [];
      return [{ id, service: service[1] ?? service[2] ?? "", isRepeat: part.includes("may be a repeat") }];
    });
  });
}
