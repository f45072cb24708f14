import { Client, type ClientOptions, errors } from "@opensearch-project/opensearch";
import { AwsSigv4Signer } from "@opensearch-project/opensearch/aws-v3";
import pRetry from "p-retry";
import { OpenSearchRequestError } from "../../core/errors.ts";

/** Who asks. */
export type Login =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  | {
      readonly kind: "iam";
      readonly region: string;
      /** The role's ARN, for errors. */
      readonly as: string;
      readonly credentials: () => Promise<{
        accessKeyId: string;
        secretAccessKey: string;
        sessionToken?: string;
      }>;
    }
  | { readonly kind: "none" };

export interface ConnectionOptions {
  /** `https://…` */
  readonly endpoint: string;
  readonly login: Login;
  /** Longest time of one request, ms. Default: 30 s. */
  readonly timeoutMs?: number;
  /** How often a request is sent again after an error of the server. Default: 4. */
  readonly retries?: number;
  /** First pause between them, ms; it doubles. Default: 1 s. */
  readonly retryPauseMs?: number;
}

/**
 * Errors that go away by themselves: limits, and whatever happened to the server. A conflict (409) doesn't: the same request names the
 * same old version, so who sent it has to read anew.
 */
const TRANSIENT = new Set([408, 429, 500, 502, 503, 504]);

/** OpenSearch's API, asked with retries; failures become messages. */
export class Connection {
  readonly #client: Client;
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = new Client({
      node: options.endpoint,
      requestTimeout: options.timeoutMs ?? 30_000,
      maxRetries: 0,
      ...authOf(options.login),
    });
  }

  /** Gets something; undefined: there is none. @throws OpenSearchRequestError */
  async get(path: string): Promise<unknown> {
    try {
      return await this.#request("GET", path);
    } catch (error) {
      if (error instanceof OpenSearchRequestError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** @throws OpenSearchRequestError */
  put(path: string, body: unknown): Promise<unknown> {
    return this.#request("PUT", path, body);
  }

  /** @throws OpenSearchRequestError */
  post(path: string, body: unknown): Promise<unknown> {
    return this.#request("POST", path, body);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #request(method: "GET" | "PUT" | "POST", path: string, body?: unknown): Promise<unknown> {
    const { retries = 4, retryPauseMs = 1_000 } = this.#options;
    const what = `${method} ${path.split("?")[0]}`;
    return pRetry(
      async () => {
        try {
          const { body: answer } = await this.#client.transport.request({
            method,
            path,
            ...(body !== undefined && { body: body as Record<string, unknown> }),
          });
          return answer;
        } catch (error) {
          throw this.#explain(what, error);
        }
      },
      {
        retries,
        minTimeout: retryPauseMs,
        randomize: true,
        shouldRetry: ({ error }) =>
          error instanceof OpenSearchRequestError &&
          (error.status === undefined || TRANSIENT.has(error.status)),
      },
    );
  }

  #explain(what: string, error: unknown): OpenSearchRequestError {
    const { endpoint, login, timeoutMs = 30_000 } = this.#options;
    if (error instanceof errors.ResponseError) {
      const status = error.statusCode;
      const said = reasonOf(error.body) ?? error.message.split("\n")[0];
      return new OpenSearchRequestError(
        `${what}: OpenSearch answered ${status}: ${said}${remedy(status, login)}`,
        {
          status,
          cause: error,
        },
      );
    }
    const { name, message } = error as Error;
    const how =
      error instanceof errors.TimeoutError ? `no answer in ${timeoutMs / 1_000} s` : `${name}: ${message}`;
    return new OpenSearchRequestError(
      `${what}: ${endpoint} cannot be reached: ${how}\nRemedy: look whether the domain is active, whether this network may reach it, and that the endpoint's certificate is its own.`,
      { status: undefined, cause: error },
    );
  }
}

function remedy(status: number | undefined, login: Login): string {
  const who =
    login.kind === "password" ? `the user ${login.user}` : login.kind === "iam" ? login.as : "nobody";
  if (status === 401) {
    return login.kind === "password"
      ? `\nRemedy: the password of ${who} is another one; set TF_VAR_opensearch_master_password to the domain's.`
      : `\nRemedy: the domain doesn't take the signature of ${who}; look at its region and clock.`;
  }
  if (status === 403) {
    return `\nRemedy: ${who} may not do that: it must be the domain's master user (config: domain.masterUser), and the domain's access policy must let it in.`;
  }
  return "";
}

function reasonOf(body: unknown): string | undefined {
  if (typeof body === "string") return body.slice(0, 300) || undefined;
  const { error, message, reason } = (body ?? {}) as Record<string, unknown>;
  const inner = (error as { reason?: unknown } | undefined)?.reason;
  const found = inner ?? message ?? reason ?? (typeof error === "string" ? error : undefined);
  return found === undefined ? undefined : String(found).slice(0, 300);
}

function authOf(login: Login): ClientOptions {
  if (login.kind === "none") return {};
  if (login.kind === "password") return { auth: { username: login.user, password: login.password } };
  return AwsSigv4Signer({
    region: login.region,
    service: "es",
    getCredentials: login.credentials,
  }) as ClientOptions;
}
