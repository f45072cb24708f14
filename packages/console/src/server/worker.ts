import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { History } from "../history.ts";
import type { FromServer, ToServer } from "../protocol.ts";
import { type AppOptions, consoleApp } from "./app.ts";
import { Audience } from "./audience.ts";
import { pageFiles } from "./bundle.ts";

/** What the server's thread is started with. */
export type ServerSettings = Pick<AppOptions, "views" | "asks" | "changes" | "token" | "tellsToken"> & {
  readonly port: number;
};

/** Lines that a page sees at once when it comes. */
const LINES_AT_FIRST = 300;
/** Frames that the history takes in at once: one by one they cost more. */
const FRAMES_AT_ONCE = 60;

const port = parentPort;
if (port) {
  const say = (message: FromServer) => port.postMessage(message);
  const { port: wanted, ...settings } = workerData as ServerSettings;
  const history = new History();
  const waitingFrames: string[] = [];
  const takeIn = () => {
    for (const json of waitingFrames.splice(0)) history.apply(JSON.parse(json));
  };
  const audience = new Audience(
    () => {
      takeIn();
      return JSON.stringify(history.snapshot(LINES_AT_FIRST));
    },
    (count) => say({ kind: "watching", count }),
  );
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let asked = 0;
  port.on("message", (message: ToServer) => {
    if (message.kind === "frame") {
      waitingFrames.push(message.json);
      if (waitingFrames.length >= FRAMES_AT_ONCE) takeIn();
      audience.tell(message.json);
      return;
    }
    const asker = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === "answer") asker?.resolve(message.value);
    else asker?.reject(Object.assign(new Error(message.message), { statusCode: 400 }));
  });
  const app = consoleApp({
    ...settings,
    page: await pageFiles(),
    audience,
    answer: (name, input) => {
      const asker = Promise.withResolvers<unknown>();
      const id = asked++;
      waiting.set(id, asker);
      say({ kind: "ask", id, name, input });
      return asker.promise;
    },
  });
  await app.listen({ port: wanted, host: "127.0.0.1" });
  say({ kind: "listening", port: (app.server.address() as AddressInfo).port });
}
