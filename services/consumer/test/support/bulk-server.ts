import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What OpenSearch says of one document. */
export interface Refusal {
  readonly status: number;
  readonly error: { readonly type: string; readonly reason: string };
}

/** OpenSearch's bulk interface for tests: it takes `index` operations into a map. */
export class BulkServer {
  /** By id. */
  readonly documents = new Map<string, Record<string, unknown>>();
  /** The ids of each call, in order. */
  readonly calls: string[][] = [];
  /** Everything that was received. */
  readonly bodies: string[] = [];
  lastHeaders: IncomingHttpHeaders = {};
  /** Status of whole answers; 0: no answer at all. */
  status = 200;
  /** Instead of an answer of OpenSearch's. */
  answer: string | undefined;
  /** Bytes above which a call is answered with 413. */
  mostBytes = Number.POSITIVE_INFINITY;
  /** Documents that are not taken, by id. */
  readonly refusals = new Map<string, Refusal>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        if (this.status === 0) return;
        this.lastHeaders = request.headers;
        const body = Buffer.concat(chunks).toString();
        const status = body.length > this.mostBytes ? 413 : this.status;
        response.writeHead(status, { "content-type": this.answer ? "text/html" : "application/json" });
        response.end(this.answer ?? (status === 200 ? JSON.stringify(this.#take(body)) : "{}"));
      });
    });
  }

  /** Resolves to its address. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(body: string) {
    this.bodies.push(body);
    const lines = body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const ids: string[] = [];
    const items = [];
    for (let at = 0; at < lines.length; at += 2) {
      const { _id: id, _index } = lines[at].index;
      ids.push(id);
      const refusal = this.refusals.get(id);
      if (!refusal) this.documents.set(id, lines[at + 1]);
      items.push({ index: { _index, _id: id, ...(refusal ?? { status: 201 }) } });
    }
    this.calls.push(ids);
    return { items };
  }
}
