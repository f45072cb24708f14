import { messageOf } from "@cali/base";
import pRetry from "p-retry";
import { GrafanaRequestError } from "../../core/errors.ts";

export interface GrafanaApiOptions {
  /** `https://…` */
  readonly endpoint: string;
  readonly token: string;
  /** Longest time of one request, ms. Default: 30 s. */
  readonly timeoutMs?: number;
  /** First pause between tries, ms; it doubles. Default: 1 s. */
  readonly retryPauseMs?: number;
}

const RETRIES = 4;
const NO_CONTENT = 204;
/** Errors that go away by themselves. A token is known everywhere only after a moment. */
const TRANSIENT = new Set([401, 408, 429, 500, 502, 503, 504]);

/** Grafana's HTTP API (https://grafana.com/docs/grafana/latest/developers/http_api/). */
export class GrafanaApi {
  readonly #options: GrafanaApiOptions;

  constructor(options: GrafanaApiOptions) {
    this.#options = options;
  }

  /** undefined: there is none. @throws GrafanaRequestError */
  get(path: string): Promise<unknown> {
    return this.#request("GET", path);
  }

  /** @throws GrafanaRequestError */
  async send(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<void> {
    await this.#request(method, path, body);
  }

  #request(method: string, path: string, body?: unknown): Promise<unknown> {
    const { endpoint, token, timeoutMs = 30_000, retryPauseMs = 1_000 } = this.#options;
    const what = `${method} ${path}`;
    return pRetry(
      async () => {
        let answer: Response;
        try {
          answer = await fetch(`${endpoint}${path}`, {
            method,
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
            ...(body !== undefined && { body: JSON.stringify(body) }),
            signal: AbortSignal.timeout(timeoutMs),
          });
        } catch (error) {
          throw new Transient(`${what}: ${endpoint} cannot be reached: ${messageOf(error)}`);
        }
        if (answer.status === NO_CONTENT) return undefined;
        if (answer.ok) {
          return answer.json().catch((error: unknown) => {
            throw new GrafanaRequestError(
              `${what}: Grafana answered ${answer.status}, and what it said is no JSON: ${messageOf(error)}`,
            );
          });
        }
        if (answer.status === 404 && method === "GET") return undefined;
        const said = `${what}: Grafana answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`;
        throw TRANSIENT.has(answer.status) ? new Transient(said) : new GrafanaRequestError(said);
      },
      {
        retries: RETRIES,
        minTimeout: retryPauseMs,
        randomize: true,
        shouldRetry: ({ error }) => error instanceof Transient,
      },
    );
  }
}

/** Worth another try. */
class Transient extends GrafanaRequestError {}
