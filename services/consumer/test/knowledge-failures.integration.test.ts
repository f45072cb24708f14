import { writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { KnownSignatures } from "../src/cause/knowledge/known-signatures.ts";
import { sendJson } from "./support/llm-server.ts";
import { MilvusLite } from "./support/milvus-lite.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";

/** Like the seed's `file-descriptors`, with a word more. */
const SIMILAR = "accept on 0.0.0.0:8080 failed: too many open files, 4635 of really 3503 in use";
const UNKNOWN = "*Cause*\\nunknown";
const UNAVAILABLE = "Knowledge unavailable: similar errors could not be looked for";

// Few lines are alike by their vectors and not by their words: here words know nothing, so that the vectors are asked.
beforeEach(() => {
  vi.spyOn(KnownSignatures.prototype, "find").mockReturnValue([]);
});
afterEach(() => vi.restoreAllMocks());

type Start = Parameters<Rig["start"]>[0];

/** What Slack gets of one error when the consumer runs with these settings, and the consumer. */
async function alertWith(
  sections: Start,
  { isReady = false, rig: given }: { isReady?: boolean; rig?: Rig } = {},
) {
  const rig = given ?? (await Rig.create());
  const consumer = await rig.start(sections);
  // The model may take longer to load than an alert waits.
  const upToDate = () => rig.said.some(({ msg }) => msg === "the knowledge base's vectors are up to date");
  if (isReady) await until("the vectors are there", upToDate, 300_000);
  rig.kinesis.put(JSON.stringify(logRecord({ level: "ERROR", message: SIMILAR, error_code: "EMFILE" })));
  await until("Slack has it", () => rig.slack.posts.length === 1, 300_000);
  return { rig, consumer, post: rig.slack.posts[0] ?? "" };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("alerts with the cause of a similar error, by the packaged model and sqlite-vec", async () => {
  const { post, consumer } = await alertWith({ knowledge: { vectors: "sqlite" } }, { isReady: true });
  expect(post).toContain("known of a similar template · similarity 0.");
  expect(post).toContain("The process has used up its file descriptors");
  expect(consumer.troubles()).toEqual([]);
  const metrics = await (await fetch(`http://127.0.0.1:${consumer.port}/metrics`)).text();
  expect(metrics).toContain('cali_consumer_causes_total{tier="vector"} 1');
});

it("alerts with that cause although the store was damaged, and begins it anew", async () => {
  const rig = await Rig.create();
  const file = join(rig.folder, "vectors.sqlite");
  await writeFile(file, "this is no database, but long enough to be taken for one".repeat(100));
  const { post } = await alertWith({ knowledge: { vectors: "sqlite", file } }, { isReady: true, rig });
  expect(post).toContain("known of a similar template");
  expect(JSON.stringify(rig.said)).toContain("made anew");
});

it("alerts with the cause that Milvus finds, without while it is away, and with it again when it is back", async () => {
  const milvus = new MilvusLite();
  onTestFinished(() => milvus.remove());
  await milvus.start();
  const settings = { vectors: "milvus" as const, milvusAddress: milvus.address, refreshMs: 1_000 };
  const { post, rig } = await alertWith({ knowledge: settings }, { isReady: true });
  expect(post).toContain("known of a similar template");
  const notify = async (service: string) => {
    const before = rig.slack.posts.length;
    rig.kinesis.put(
      JSON.stringify(logRecord({ level: "ERROR", message: SIMILAR, error_code: "EMFILE", service })),
    );
    await until("Slack has it", () => rig.slack.posts.length > before, 300_000);
    return rig.slack.posts.at(-1) ?? "";
  };
  await milvus.stop();
  expect(await notify("payment")).toContain(UNAVAILABLE);
  await milvus.start();
  let services = 0;
  await until(
    "its cause is there again",
    async () => (await notify(`s${services++}`)).includes("similar template"),
    120_000,
  );
});

it("alerts without a cause while Milvus cannot be reached, says so, and stays ready", async () => {
  const server = createServer();
  const milvusAddress = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  const { post, consumer } = await alertWith({
    knowledge: { vectors: "milvus", milvusAddress, timeoutMs: 1_000 },
  });
  expect(post).toContain(UNKNOWN);
  expect(post).toContain(UNAVAILABLE);
  await until("the trouble is reported", () => consumer.troubles().length > 0, 300_000);
  expect(consumer.troubles().join()).toMatch(/^knowledge: similar errors may be missed: /);
  expect((await fetch(`http://127.0.0.1:${consumer.port}/readyz`)).status).toBe(200);
});

it("alerts in time while Milvus takes connections and never answers", async () => {
  const sockets: { destroy(): void }[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const milvusAddress = await listening(server);
  const { post, rig } = await alertWith({ knowledge: { vectors: "milvus", milvusAddress, timeoutMs: 500 } });
  expect(post).toContain(UNKNOWN);
  expect(post).toContain(UNAVAILABLE);
  expect(JSON.stringify(rig.said)).toContain("similar errors could not be looked for");
});

it("alerts without a cause when the embedder answers with another dimension", async () => {
  const server = createHttpServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input?: string[] };
    const data = (input ?? []).map((_, index) => ({ object: "embedding", index, embedding: [1, 2, 3] }));
    sendJson(response, 200, { object: "list", data });
  });
  const baseUrl = `http://${await listening(server)}/v1`;
  const { post, rig } = await alertWith({
    llm: { apiKey: "secret-of-the-model", baseUrl, attempts: 1, timeoutMs: 1_000 },
    knowledge: { vectors: "sqlite", embedder: "openai" },
  });
  expect(post).toContain(UNKNOWN);
  expect(post).toContain("similar errors could not be looked for");
  expect(JSON.stringify(rig.said)).toMatch(/a vector has 3 dimensions, 512 were asked for/);
  expect(JSON.stringify(rig.said)).not.toContain("secret-of-the-model");
});
