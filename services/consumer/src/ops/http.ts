import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { boundedServer } from "@cali/base";
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

/** `/healthz`, `/readyz` and `/metrics`. Whoever connects and says nothing does not keep others from asking. */
export class HttpServer {
  readonly #server: Server;
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#server = boundedServer((request, response) => {
      void this.#answer(request.method ?? "", request.url ?? "", response).catch((error: Error) =>
        send(response, 500, `${error.name}: ${error.message}\n`),
      );
    }, options.timeoutMs);
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
