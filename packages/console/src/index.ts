import { Worker } from "node:worker_threads";
import { messageOf } from "@cali/base";
import type { Console, FromServer, ToServer } from "./protocol.ts";
import type { ServerSettings } from "./server/worker.ts";

export { Feed, type FeedOptions } from "./feed.ts";
export * from "./infrastructure.ts";
export type * from "./protocol.ts";

/** Answers what a page asks for. Its input is whatever the page sent. What it throws is told to the page, in words. */
export type Ask = (input: unknown) => Promise<unknown>;

export interface ConsoleOptions {
  /** 0: any free one. It listens on 127.0.0.1 alone. */
  readonly port: number;
  /** Tabs of the page, by the names of `page/views/`. */
  readonly views: readonly string[];
  /** What pages may ask for, by name: `GET` or `POST /api/<name>`. */
  readonly asks?: Readonly<Record<string, Ask>>;
  /** The same of what changes something: `POST` with the token. */
  readonly changes?: Readonly<Record<string, Ask>>;
  /** What changes something is asked for with it. Default: nothing can be changed. */
  readonly token?: string;
  /** Whether the page is told the token, so that whoever opens it may change things. Default: it is not. */
  readonly tellsToken?: boolean;
  /** The server's thread has ended by itself. */
  readonly onFailure?: (error: Error) => void;
}

/** In the program that is one file the thread's program stands beside it. */
const program = () =>
  import.meta.url.endsWith("/src/index.ts")
    ? new URL("./server/worker.ts", import.meta.url)
    : new URL("./console/worker.mjs", import.meta.url);

/**
 * Serves the console's page from a thread of its own, which does not hold up its caller.
 * @throws Error when it cannot listen: the port is taken, for example
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { port, views, asks = {}, changes = {}, token, tellsToken, onFailure } = options;
  const answers = new Map(Object.entries({ ...asks, ...changes }));
  const settings: ServerSettings = {
    ...{ port, views, asks: [...answers.keys()], changes: Object.keys(changes) },
    ...(token !== undefined && { token, ...(tellsToken && { tellsToken }) }),
  };
  const worker = new Worker(program(), { workerData: settings });
  const listening = Promise.withResolvers<number>();
  let watching = 0;
  worker.on("error", (error) => {
    listening.reject(error);
    onFailure?.(error as Error);
  });
  worker.on("message", (message: FromServer) => {
    if (message.kind === "listening") listening.resolve(message.port);
    else if (message.kind === "watching") watching = message.count;
    else void answer(message.id, answers.get(message.name), message.input);
  });
  const say = (message: ToServer) => worker.postMessage(message);
  const answer = async (id: number, ask: Ask | undefined, input: unknown) => {
    try {
      say({ kind: "answer", id, value: await ask?.(input) });
    } catch (error) {
      say({ kind: "failure", id, message: messageOf(error) });
    }
  };
  const url = `http://127.0.0.1:${await listening.promise}`;
  worker.unref();
  return {
    url,
    get isWatched() {
      return watching > 0;
    },
    tell: (frame) => say({ kind: "frame", json: JSON.stringify(frame) }),
    close: async () => {
      await worker.terminate();
    },
  };
}
