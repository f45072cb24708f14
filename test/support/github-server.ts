import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { GithubRepository } from "./github-repository.ts";
import { type Answer, graphql, missing, type Route, routesOf } from "./github-routes.ts";

/** One request as it came, for tests that count. */
export interface GithubRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

const TOKEN = "ghs_test";

/**
 * GitHub, as far as CALI uses it: pull requests, comments, labels, issues, commits, artifacts and workflow runs of the one repository
 * `acme/cali`, kept and answered as GitHub's REST API does (https://docs.github.com/en/rest), with comments minimized through GraphQL.
 */
export class GithubServer extends GithubRepository {
  readonly requests: GithubRequest[] = [];
  /** Answers to give first, one a request. */
  readonly failures: Answer[] = [];
  /** Which requests are forbidden. */
  refused: ((request: GithubRequest) => boolean) | undefined;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly #routes: readonly Route[] = routesOf(this);

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What a workflow's step has in its environment. */
  get environment(): Record<string, string> {
    return { GITHUB_API_URL: this.url, GITHUB_TOKEN: TOKEN, GITHUB_REPOSITORY: "acme/cali" };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? "/", this.url);
    const body = text ? JSON.parse(text) : {};
    const method = request.method ?? "GET";
    const blob = /^\/blobs\/(\d+)$/.exec(url.pathname);
    if (blob) {
      response.writeHead(200, { "content-type": "application/zip" });
      response.end(this.artifacts.find(({ id }) => id === Number(blob[1]))?.archive);
      return;
    }
    const asked = { method, path: url.pathname, body };
    this.requests.push(asked);
    if (this.refused?.(asked)) this.failures.unshift({ status: 403, body: { message: "Forbidden" } });
    const {
      status,
      body: answer,
      headers,
    } = this.failures.shift() ?? this.#route(method, url, body, request.headers.authorization);
    response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
    response.end(answer === undefined ? "" : JSON.stringify(answer));
  }

  #route(method: string, url: URL, body: Record<string, unknown>, login: string | undefined): Answer {
    if (!login?.endsWith(TOKEN)) return { status: 401, body: { message: "Bad credentials" } };
    if (method === "POST" && url.pathname === "/graphql") return graphql(this, body);
    for (const [desired, path, handler] of this.#routes) {
      const match = desired === method ? path.exec(url.pathname) : null;
      if (match) return handler(match, body, url);
    }
    return missing();
  }
}
