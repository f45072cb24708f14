import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { messageOf } from "@cali/base";
import { bulkhead } from "cockatiel";
import { EmbedderError } from "../errors.ts";
import type { Embedder } from "./types.ts";
import { unitVectors } from "./vectors.ts";

export interface PackagedEmbedderOptions {
  /** Longest time of a call, the wait for others and the model's loading included, ms. Default: 15,000. */
  readonly timeoutMs?: number;
  /** Most texts that wait or are embedded at a time; a call that would exceed it is refused. Default: 1,000. */
  readonly mostWaiting?: number;
  /** The worker's program. Default: the one that holds the packaged model. */
  readonly worker?: URL;
}

const DIMENSIONS = 512;
const CLOSED = "the packaged model is closed";
/** Texts that the worker gets at a time: more make it no faster. */
const BATCH = 32;

/**
 * The English model that comes as a package (Universal Sentence Encoder Lite), in a thread of its own: the caller's loop never
 * stops for it. The thread begins with the first call and keeps no process alive. A call that takes too long ends the thread if
 * that is at its texts; the next call gets a new one, as it does when the thread crashed.
 */
export class PackagedEmbedder implements Embedder {
  readonly name = "packaged-en-512";
  readonly dimensions = DIMENSIONS;
  readonly #timeoutMs: number;
  readonly #mostWaiting: number;
  readonly #program: URL;
  /** One batch after the other. */
  readonly #turns = bulkhead(1, Number.POSITIVE_INFINITY);
  readonly #calls = new Set<AbortController>();
  #waiting = 0;
  #isClosed = false;
  #worker: Worker | undefined;

  constructor({ timeoutMs = 15_000, mostWaiting = 1_000, worker }: PackagedEmbedderOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#mostWaiting = mostWaiting;
    this.#program = worker ?? packagedWorker();
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    if (this.#isClosed) throw new EmbedderError(CLOSED);
    if (this.#waiting + texts.length > this.#mostWaiting) {
      throw new EmbedderError(
        `${this.#waiting} texts wait for the packaged model, ${texts.length} more are too many: ${this.#mostWaiting} at most`,
      );
    }
    const call = new AbortController();
    const late = new EmbedderError(`the packaged model took longer than ${this.#timeoutMs} ms`);
    const timer = setTimeout(() => call.abort(late), this.#timeoutMs);
    this.#calls.add(call);
    this.#waiting += texts.length;
    try {
      return await Promise.race([this.#embedAll(texts, call.signal), abortOf(call.signal)]);
    } finally {
      clearTimeout(timer);
      this.#calls.delete(call);
      this.#waiting -= texts.length;
    }
  }

  /** Calls that wait fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const call of this.#calls) call.abort(new EmbedderError(CLOSED));
    await this.#endWorker();
  }

  async #embedAll(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += BATCH) {
      const batch = texts.slice(from, from + BATCH);
      vectors.push(...(await this.#turns.execute(() => this.#embedBatch(batch, signal))));
    }
    return vectors;
  }

  async #embedBatch(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    signal.throwIfAborted();
    this.#worker ??= this.#startWorker();
    const worker = this.#worker;
    const done = new AbortController();
    // Whoever waits for an answer keeps the process alive; a thread without work doesn't.
    worker.ref();
    try {
      // The model takes no empty text.
      worker.postMessage(texts.map((text) => text || " "));
      const [answer] = await Promise.race([
        once(worker, "message", { signal: done.signal }),
        once(worker, "exit", { signal: done.signal }).then(([code]) => {
          throw new Error(`it ended with code ${code}`);
        }),
        abortOf(signal),
      ]);
      return vectorsOf(answer, texts.length);
    } catch (error) {
      await this.#endWorker();
      if (error instanceof EmbedderError) throw error;
      throw new EmbedderError(`the packaged model's thread failed: ${messageOf(error)}`);
    } finally {
      done.abort();
      worker.unref();
    }
  }

  #startWorker(): Worker {
    const worker = new Worker(this.#program, {
      // It gets nothing of the program's secrets, and says nothing among the program's lines. Nobody reads what it says: that
      // would keep the process alive.
      env: {},
      execArgv: ["--disable-warning=ExperimentalWarning"],
      stdout: true,
      stderr: true,
    });
    // One that ends without work is noticed here, one with work by who waits for the answer.
    worker.on("error", () => {});
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** Beside this file as it is written; in a folder with the model's files where the program is one file. */
const packagedWorker = () =>
  import.meta.url.endsWith("/packaged-embedder.ts")
    ? new URL("./packaged-worker.ts", import.meta.url)
    : new URL("./model/packaged-worker.cjs", import.meta.url);

/** Fails when the signal does, for its reason. */
async function abortOf(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

function vectorsOf(answer: unknown, count: number): Float32Array[] {
  const { vectors, failure } = answer as { vectors?: unknown; failure?: unknown };
  if (typeof failure === "string") throw new EmbedderError(`the packaged model failed: ${failure}`);
  if (!(vectors instanceof Float32Array) || vectors.length !== count * DIMENSIONS) {
    throw new EmbedderError("the packaged model answered with something else than the vectors asked for");
  }
  return unitVectors(
    Array.from({ length: count }, (_, at) => vectors.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS)),
    DIMENSIONS,
  );
}
