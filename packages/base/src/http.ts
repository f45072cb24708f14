import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";

/** How often late ones are looked for: Node does it every 30 s by itself. */
const CHECK_MS = 500;
const MOST_CONNECTIONS = 200;
/** Connections that have asked nothing yet; beyond it the one that has been silent for the longest is closed. */
const MOST_SILENT = 50;

/**
 * A server of HTTP that whoever connects and says nothing does not keep from answering others. It doesn't listen yet.
 *
 * @param timeoutMs longest time a request may take to arrive, and a connection to say nothing after one.
 */
export function boundedServer(answer: RequestListener, timeoutMs = 5_000): Server {
  const limits = {
    connectionsCheckingInterval: Math.min(CHECK_MS, timeoutMs),
    headersTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    keepAliveTimeout: timeoutMs,
  };
  // An import would load all that its names stand for, undici too: a twentieth of every command's start.
  const { createServer } = process.getBuiltinModule("node:http");
  /** In the order they came. */
  const silent = new Set<Socket>();
  const server = createServer(limits, (request, response) => {
    silent.delete(request.socket);
    answer(request, response);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.on("connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
    const [longest] = silent;
    if (silent.size <= MOST_SILENT || longest === undefined) return;
    longest.destroy();
    silent.delete(longest);
  });
  return server;
}
