import { boundedServer } from "@cali/base";
import Fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { About } from "../protocol.ts";
import type { Audience } from "./audience.ts";
import { hasToken, refuseOthers } from "./guard.ts";

/** The page, as it is served. */
export interface PageFiles {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

export interface AppOptions {
  readonly page: PageFiles;
  readonly views: readonly string[];
  /** What can be asked for, by name, under `/api/`. */
  readonly asks: readonly string[];
  /** Those of them that change something: they want the token. */
  readonly changes: readonly string[];
  /** Without it nothing can be changed. */
  readonly token?: string;
  /** Whether the page is told the token. */
  readonly tellsToken?: boolean;
  readonly audience: Audience;
  /** Answers what is asked for. */
  readonly answer: (name: string, input: unknown) => Promise<unknown>;
  /** Longest time a request may take to arrive. Unit: ms. Default: 5,000. */
  readonly timeoutMs?: number;
}

/** Longest input: a line of a megabyte as JSON. */
const MOST_BYTES = 4 * 1_048_576;
/** Questions that may be under way. */
const MOST_ASKED = 4;

/** What serves the console's page and answers it. */
export function consoleApp(options: AppOptions): FastifyInstance {
  const { page, audience, token, timeoutMs } = options;
  const app = Fastify({
    logger: false,
    bodyLimit: MOST_BYTES,
    serverFactory: (handler) => boundedServer(handler, timeoutMs),
    forceCloseConnections: true,
  });
  app.addHook("onRequest", refuseOthers);
  app.setNotFoundHandler((_, reply) => reply.code(404).type("text/plain").send("not here\n"));
  app.setErrorHandler<Error & { statusCode?: number }>((error, _, reply) =>
    reply
      .code(error.statusCode ?? 500)
      .type("text/plain")
      .send(`${error.message}\n`),
  );
  const serve = (path: string, type: string, text: string) =>
    app.get(path, (_, reply) => reply.type(`${type}; charset=utf-8`).send(text));
  serve("/", "text/html", page.html);
  serve("/page.js", "text/javascript", page.script);
  serve("/page.css", "text/css", page.style);
  const about: About = {
    views: options.views,
    mayChange: token !== undefined && options.changes.length > 0,
    ...(options.tellsToken && token !== undefined && { token }),
  };
  app.get("/api/about", () => about);
  app.get("/api/events", { exposeHeadRoute: false }, (_, reply) => {
    if (audience.isFull) return reply.code(503).type("text/plain").send("too many pages look on\n");
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders())) raw.setHeader(name, value as string);
    raw.writeHead(200, { "content-type": "text/event-stream" });
    audience.add(raw);
    return reply;
  });
  let asked = 0;
  const answer = async (name: string, input: unknown, reply: FastifyReply) => {
    if (asked >= MOST_ASKED) return reply.code(503).type("text/plain").send("busy: ask again\n");
    asked++;
    try {
      return reply.send(await options.answer(name, input));
    } finally {
      asked--;
    }
  };
  for (const name of options.asks) {
    if (options.changes.includes(name)) {
      app.post(`/api/${name}`, (request, reply) =>
        hasToken(request, token)
          ? answer(name, request.body, reply)
          : reply.code(401).type("text/plain").send("it wants the console's token\n"),
      );
      continue;
    }
    app.get(`/api/${name}`, { exposeHeadRoute: false }, (request, reply) =>
      answer(name, request.query, reply),
    );
    app.post(`/api/${name}`, (request, reply) => answer(name, request.body, reply));
  }
  return app;
}
