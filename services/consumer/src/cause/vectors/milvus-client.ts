import { messageOf } from "@cali/base";
import type { MilvusClient } from "@zilliz/milvus2-sdk-node";
import { TaskCancelledError, type TimeoutPolicy, TimeoutStrategy, timeout } from "cockatiel";
import pRetry from "p-retry";
import { z } from "zod";
import { VectorStoreError } from "../errors.ts";
import { type MilvusOptions, requireOptions, secretsOf } from "./milvus-options.ts";

/** Tries of a request that failed for the moment, and the first and longest wait between two, ms. */
const ATTEMPTS = 4;
const FIRST_BACKOFF_MS = 128;
const LONGEST_BACKOFF_MS = 1_000;
/** gRPC waits up to two minutes before it connects again otherwise, though Milvus may be back. */
const RECONNECT = { "grpc.initial_reconnect_backoff_ms": 100, "grpc.max_reconnect_backoff_ms": 1_000 };
const LONGEST_REASON = 300;

/** gRPC's own: https://grpc.io/docs/guides/status-codes/ */
const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
/** Milvus' own (pkg/util/merr): no such collection, not loaded, not fully loaded. The collection is looked at again. */
const UNPREPARED: ReadonlySet<number> = new Set([100, 101, 103]);

const statusSchema = z.object({
  error_code: z.union([z.string(), z.int()]),
  code: z.int().nullish(),
  reason: z.string().nullish(),
  retriable: z.boolean().nullish(),
});
const grpcErrorSchema = z.object({ code: z.int(), details: z.string() });

interface MilvusErrorKind {
  readonly code?: number;
  readonly transient?: boolean;
}

/** What Milvus, or gRPC on the way to it, says went wrong. */
export class MilvusError extends VectorStoreError {
  /** The same request may succeed later. */
  readonly transient: boolean;
  /** The collection is not (any more) what it was made to be. */
  readonly unprepared: boolean;
  /** Milvus' code, when it answered. */
  readonly code: number | undefined;

  constructor(message: string, { code, transient = false }: MilvusErrorKind = {}) {
    super(message);
    this.code = code;
    this.unprepared = code !== undefined && UNPREPARED.has(code);
    this.transient = transient || this.unprepared;
  }
}

/** Milvus behind time limits, repetitions and checks of its answers. It connects with the first request. */
export class Milvus {
  readonly #client: MilvusClient;
  readonly #options: MilvusOptions;
  readonly #limit: TimeoutPolicy;
  #closed = false;

  /** @throws VectorStoreError one of the options is wrong, a certificate cannot be read */
  static async open(given: MilvusOptions): Promise<Milvus> {
    const options = requireOptions(given);
    // Only here: a consumer without Milvus starts sooner.
    const sdk = await import("@zilliz/milvus2-sdk-node");
    const { timeoutMs, ...connection } = options;
    try {
      const client = new sdk.MilvusClient({
        ...connection,
        timeout: timeoutMs,
        // Repeated here, and only what failed for the moment.
        maxRetries: 0,
        channelOptions: RECONNECT,
        // Nothing is sent before the first request: a failure then would have nobody who catches it.
        __SKIP_CONNECT__: true,
        isGlobal: false,
        // It writes to the console otherwise.
        logLevel: "error",
      });
      return new Milvus(client, options);
    } catch (error) {
      throw milvusError(options, messageOf(error));
    }
  }

  private constructor(client: MilvusClient, options: MilvusOptions) {
    this.#client = client;
    this.#options = options;
    const { timeoutMs } = options;
    this.#limit = timeout(timeoutMs, TimeoutStrategy.Aggressive);
  }

  /** Runs requests (made by `request`) as one, within the time limit. @throws VectorStoreError */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#limit.execute(({ signal }) =>
        pRetry(work, {
          retries: ATTEMPTS - 1,
          minTimeout: FIRST_BACKOFF_MS,
          maxTimeout: LONGEST_BACKOFF_MS,
          randomize: true,
          signal,
          shouldRetry: ({ error }) => error instanceof MilvusError && error.transient,
        }),
      );
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** One request. Its answer has to say that it succeeded, and be of the schema. @throws VectorStoreError */
  async request<S extends z.ZodType>(
    schema: S,
    send: (client: MilvusClient) => Promise<unknown>,
  ): Promise<z.output<S>> {
    if (this.#closed) throw new VectorStoreError("the vector store is closed");
    let answer: unknown;
    try {
      answer = await send(this.#client);
    } catch (error) {
      throw this.#explained(error);
    }
    const failed = this.#failureOf(answer);
    if (failed) throw failed;
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw this.#error(`its answer is not Milvus': ${issue?.path.join(".")}: ${issue?.message}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.closeConnection();
  }

  /** A call that changes answers with the status itself, others with `status` in the answer. */
  #failureOf(answer: unknown): MilvusError | undefined {
    const status = statusSchema.safeParse(
      (answer as { status?: unknown } | undefined)?.status ?? answer,
    ).data;
    if (status === undefined) return this.#error("its answer has no status");
    const { error_code: name, code, reason, retriable } = status;
    if ((name === "Success" || name === 0) && !code) return undefined;
    return this.#error(`it answered ${name}${code ? ` (${code})` : ""}: ${reason ?? ""}`, {
      ...(code && { code }),
      transient: retriable === true,
    });
  }

  #explained(error: unknown): VectorStoreError {
    if (error instanceof VectorStoreError) return error;
    if (error instanceof TaskCancelledError) return this.#late();
    const grpc = grpcErrorSchema.safeParse(error).data;
    if (grpc?.code === DEADLINE_EXCEEDED) return this.#late();
    if (grpc) {
      return this.#error(`it cannot be reached: ${grpc.details}`, { transient: grpc.code === UNAVAILABLE });
    }
    // The SDK throws an answer that it cannot go on with.
    if (!(error instanceof Error)) return this.#failureOf(error) ?? this.#error("it gave no answer");
    return this.#error(error.message);
  }

  #late(): MilvusError {
    return this.#error(`no answer within ${this.#options.timeoutMs} ms`);
  }

  #error(what: string, kind?: MilvusErrorKind): MilvusError {
    return milvusError(this.#options, what, kind);
  }
}

function milvusError(options: MilvusOptions, what: string, kind?: MilvusErrorKind): MilvusError {
  let message = `Milvus at ${options.address}: ${what}`;
  for (const secret of secretsOf(options)) message = message.replaceAll(secret, "***");
  return new MilvusError(message.replaceAll(/\s+/g, " ").slice(0, LONGEST_REASON), kind);
}
