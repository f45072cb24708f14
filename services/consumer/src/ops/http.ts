import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Registry } from "prom-client";

export interface HttpOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** As Prometheus reads them. */
  metrics(): Promise<string>;
  /** Why the process should be started anew; nothing: it is healthy. */
  unhealthy(): string | undefined;
  /** Why it does not do its work now; nothing: it does. */
  notReady(): readonly string[] | Promise<readonly string[]>;
  /** Longest time a request may take to arrive, and a connection to say nothing after one. Unit: ms. Default: 5,000. */
  timeoutMs?: number;
}

/** How often late ones are looked for: Node does it every 30 s by itself. */
const CHECK_MS = 500;
const MOST_CONNECTIONS = 200;
/** Connections that have asked nothing yet; beyond it the one that has been silent for the longest is closed. */
const MOST_SILENT = 50;

/** `/healthz`, `/readyz` and `/metrics`. Whoever connects and says nothing does not keep others from asking. */
export class HttpServer {
  readonly #server: Server;
  /** In the order they came. */
  readonly #silent = new Set<Socket>();
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
    const { timeoutMs = 5_000 } = options;
    const limits = {
      connectionsCheckingInterval: Math.min(CHECK_MS, timeoutMs),
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      keepAliveTimeout: timeoutMs,
    };
    this.#server = createServer(limits, (request, response) => {
      this.#silent.delete(request.socket);
      void this.#answer(request.method ?? "", request.url ?? "", response).catch((error: Error) =>
        send(response, 500, `${error.name}: ${error.message}\n`),
      );
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on("connection", (socket: Socket) => {
      this.#silent.add(socket);
      socket.once("close", () => this.#silent.delete(socket));
      if (this.#silent.size <= MOST_SILENT) return;
      for (const longest of this.#silent) {
        longest.destroy();
        this.#silent.delete(longest);
        break;
      }
    });
  }

  /** Resolves to the port when it listens; rejects when it cannot (the port is taken). */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(method: string, url: string, response: ServerResponse): Promise<void> {
    const path = url.split("?", 1)[0];
    if (method !== "GET" && method !== "HEAD") return send(response, 405, "only GET\n");
    if (path === "/healthz") {
      const why = this.#options.unhealthy();
      return send(response, why === undefined ? 200 : 503, `${why ?? "healthy"}\n`);
    }
    if (path === "/readyz") {
      const why = await this.#options.notReady();
      return send(response, why.length === 0 ? 200 : 503, `${why.length === 0 ? "ready" : why.join("\n")}\n`);
    }
    if (path === "/metrics") {
      return send(response, 200, await this.#options.metrics(), Registry.PROMETHEUS_CONTENT_TYPE);
    }
    send(response, 404, "only /healthz, /readyz, /metrics\n");
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = "text/plain; charset=utf-8",
): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(body);
}
