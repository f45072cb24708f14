import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { PackagedEmbedder, type PackagedEmbedderOptions } from "../src/cause/embedding/packaged-embedder.ts";
import { cosine } from "../src/cause/embedding/vectors.ts";
import { EmbedderError } from "../src/cause/errors.ts";
import { temporaryFolder } from "./support/process.ts";

/** What the first call may take on a machine that does much else. */
const PATIENT = { timeoutMs: 60_000 };

function embedderOf(options: PackagedEmbedderOptions = PATIENT): PackagedEmbedder {
  const embedder = new PackagedEmbedder(options);
  onTestFinished(() => embedder.close());
  return embedder;
}

/** A worker's program of a few lines; `answer(texts)` gives each text a vector. */
async function workerOf(body: string): Promise<URL> {
  const { folder, remove } = await temporaryFolder();
  onTestFinished(remove);
  const file = join(folder, "worker.mjs");
  await writeFile(
    file,
    `import { parentPort } from "node:worker_threads";
     const answer = (texts) => parentPort.postMessage({ vectors: new Float32Array(texts.length * 512).fill(1) });
     parentPort.on("message", (texts) => { ${body} });`,
  );
  return pathToFileURL(file);
}

describe("the packaged model", () => {
  it("gives unit vectors in the order of the texts, like ones near each other, empty and long ones too", async () => {
    const embedder = embedderOf();
    const texts = [
      "connection refused by the database",
      "the database refused the connection",
      "the image has no such tag",
      "",
      "word ".repeat(60),
      // More than the worker gets at a time.
      ...Array.from({ length: 30 }, () => "refused"),
    ];
    const vectors = await embedder.embed(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const vector of vectors) {
      expect(vector).toHaveLength(embedder.dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
    const [refused, refusal, tag] = vectors as [Float32Array, Float32Array, Float32Array];
    expect(cosine(refused, refusal)).toBeGreaterThan(cosine(refused, tag) + 0.3);
    for (const same of vectors.slice(5)) expect(cosine(same, vectors[5] as Float32Array)).toBeCloseTo(1, 5);
    expect(await embedder.embed([])).toEqual([]);
  });

  it("waits for a backend that starts more slowly than the model's files are read", async () => {
    const { folder, remove } = await temporaryFolder();
    onTestFinished(remove);
    const file = join(folder, "slow.mjs");
    const program = new URL("../src/cause/embedding/packaged-worker.ts", import.meta.url);
    await writeFile(
      file,
      `const { instantiate } = WebAssembly;
       WebAssembly.instantiate = async (...given) => {
         await new Promise((resolve) => setTimeout(resolve, 1_000));
         return instantiate(...given);
       };
       await import(${JSON.stringify(program.href)});`,
    );
    const embedder = embedderOf({ ...PATIENT, worker: pathToFileURL(file) });
    expect(await embedder.embed(["connection refused"])).toHaveLength(1);
  });

  it("leaves the caller's loop alone while it works", async () => {
    const embedder = embedderOf();
    await embedder.embed(["to load it"]);
    const embedding = embedder.embed(Array.from({ length: 8 }, (_, at) => `text ${at} `.repeat(10)));
    let turns = 0;
    let isDone = false;
    embedding.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(turns).toBeGreaterThan(20);
  });

  it("keeps no process alive that forgot to close it", async () => {
    const program = `
      import { PackagedEmbedder } from ${JSON.stringify(join(import.meta.dirname, "../src/cause/embedding/packaged-embedder.ts"))};
      const [vector] = await new PackagedEmbedder({ timeoutMs: 60_000 }).embed(["a text"]);
      console.log(vector.length);`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, "close");
    expect(output).toBe("512\n");
    expect(code).toBe(0);
  });
});

describe("a thread of the packaged model", () => {
  it.each([
    ["throws", `throw new Error("out of luck")`, /thread failed: out of luck/],
    ["exits", "process.exit(3)", /thread failed: it ended with code 3/],
    ["says why", `parentPort.postMessage({ failure: "no weights" })`, /model failed: no weights/],
    ["answers too little", "answer(texts.slice(1))", /something else than the vectors asked for/],
    ["answers nonsense", `parentPort.postMessage({ vectors: "none" })`, /something else than the vectors/],
    [
      "answers what is no number",
      "parentPort.postMessage({ vectors: new Float32Array(texts.length * 512).fill(NaN) })",
      /no finite number/,
    ],
  ])("that %s fails the call, and the next one gets a new thread", async (_what, failing, message) => {
    const worker = await workerOf(`if (texts.includes("bad")) { ${failing} } else answer(texts);`);
    const embedder = embedderOf({ ...PATIENT, worker });
    expect(await embedder.embed(["good"])).toHaveLength(1);
    const failed = embedder.embed(["good", "bad"]);
    const next = embedder.embed(["good"]);
    await expect(failed).rejects.toThrow(EmbedderError);
    await expect(failed).rejects.toThrow(message);
    expect(await next).toHaveLength(1);
  });

  it("that is no program fails the call", async () => {
    const embedder = embedderOf({ ...PATIENT, worker: new URL("file:///no/such/worker.mjs") });
    await expect(embedder.embed(["text"])).rejects.toThrow(EmbedderError);
    await expect(embedder.embed(["text"])).rejects.toThrow(EmbedderError);
  });

  it("gets none of the program's environment", async () => {
    const worker = await workerOf(`if (Object.keys(process.env).length > 0) process.exit(1); answer(texts);`);
    expect(await embedderOf({ ...PATIENT, worker }).embed(["text"])).toHaveLength(1);
  });

  it("that takes too long is ended with its call; what waits behind it is answered by a new one", async () => {
    const worker = await workerOf(
      `if (texts.includes("stuck")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); answer(texts);`,
    );
    const embedder = embedderOf({ ...PATIENT, worker });
    await embedder.embed(["good"]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const stuck = embedder.embed(["stuck"]).catch((error) => error);
    await vi.advanceTimersByTimeAsync(PATIENT.timeoutMs);
    expect(await stuck).toEqual(new EmbedderError("the packaged model took longer than 60000 ms"));
    vi.useRealTimers();
    expect(await embedder.embed(["good"])).toHaveLength(1);
  });

  it("is asked for a bounded number of texts at a time", async () => {
    const worker = await workerOf(`if (texts.includes("end")) answer(texts);`);
    const embedder = embedderOf({ ...PATIENT, mostWaiting: 50, worker });
    const waiting = Promise.allSettled([
      embedder.embed(Array.from({ length: 40 }, () => "text")),
      embedder.embed(Array.from({ length: 10 }, () => "text")),
    ]);
    await expect(embedder.embed(["one more"])).rejects.toThrow(
      "50 texts wait for the packaged model, 1 more are too many: 50 at most",
    );
    await embedder.close();
    for (const call of await waiting) {
      expect(call).toMatchObject({ status: "rejected", reason: { message: "the packaged model is closed" } });
    }
    await expect(embedder.embed(["text"])).rejects.toThrow(EmbedderError);
  });

  it("makes room again when calls are done, however they ended", async () => {
    const worker = await workerOf(`if (texts.includes("bad")) process.exit(1); answer(texts);`);
    const embedder = embedderOf({ ...PATIENT, mostWaiting: 2, worker });
    for (let round = 0; round < 3; round++) {
      await expect(embedder.embed(["bad", "bad"])).rejects.toThrow("code 1");
      expect(await embedder.embed(["good", "good"])).toHaveLength(2);
    }
  });
});
