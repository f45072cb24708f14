import { parentPort } from "node:worker_threads";
import { openModel } from "./packaged-model.ts";

/** What the worker answers to a list of texts: their vectors, one behind the other, or why there are none. */
export type WorkerAnswer = { readonly vectors: Float32Array } | { readonly failure: string };

if (!parentPort) throw new Error("packaged-worker runs in a worker thread only");
const port = parentPort;
const model = openModel();

port.on("message", async (texts: readonly string[]) => {
  try {
    const vectors = new Float32Array((await (await model).embed([...texts])).flat());
    port.postMessage({ vectors } satisfies WorkerAnswer, [vectors.buffer]);
  } catch (error) {
    port.postMessage({ failure: String(error).slice(0, 200) } satisfies WorkerAnswer);
  }
});
