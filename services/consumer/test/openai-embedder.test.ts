import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { OpenAiEmbedder, type OpenAiEmbedderOptions } from "../src/cause/embedding/openai-embedder.ts";
import { EmbedderError } from "../src/cause/errors.ts";
import { sendJson } from "./support/llm-server.ts";

const KEY = "sk-test-0123456789abcdef";
const TEXT = "password of anna is wrong";

interface Asked {
  readonly model: string;
  readonly input: readonly string[];
  readonly dimensions: number;
}
type Mood = (response: ServerResponse, asked: Asked) => void;

/** Each text's own direction: the vector's length is not 1. */
const vectorOf = (text: string, dimensions: number) =>
  Array.from({ length: dimensions }, (_, at) => (at === text.length % dimensions ? 3 : 0.001));

const embeddings = ({ input, dimensions }: Asked) =>
  input.map((text, index) => ({ object: "embedding", index, embedding: vectorOf(text, dimensions) }));

const answering =
  (change: (data: ReturnType<typeof embeddings>) => unknown): Mood =>
  (response, asked) =>
    sendJson(response, 200, { object: "list", data: change(embeddings(asked)) });
const WELL = answering((data) => data);

async function setting(mood: Mood = WELL, options: Partial<OpenAiEmbedderOptions> = {}) {
  const requests: Asked[] = [];
  const paths: (string | undefined)[] = [];
  const state = { mood };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
    requests.push(asked);
    paths.push(`${request.url} ${request.headers.authorization}`);
    state.mood(response, asked);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const embedder = new OpenAiEmbedder({
    apiKey: KEY,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    model: "text-embedding-3-small",
    dimensions: 8,
    timeoutMs: 20_000,
    attempts: 1,
    firstBackoffMs: 1,
    ...options,
  });
  onTestFinished(async () => {
    await embedder.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { embedder, requests, paths, state };
}

describe("an OpenAI-compatible embedder", () => {
  it("asks for its model's vectors of its dimensions, and gives them with length 1 in the order of the texts", async () => {
    const { embedder, requests, paths } = await setting(answering((data) => data.toReversed()));
    const texts = Array.from({ length: 103 }, (_, at) => "x".repeat(at));
    const vectors = await embedder.embed(texts);
    expect(vectors).toHaveLength(103);
    for (const [at, vector] of vectors.entries()) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
      expect(vector.indexOf(Math.max(...vector))).toBe((texts[at] || " ").length % 8);
    }
    expect(requests.map(({ input }) => input.length)).toEqual([100, 3]);
    expect(requests[0]).toMatchObject({
      model: "text-embedding-3-small",
      dimensions: 8,
      encoding_format: "float",
    });
    expect(paths[0]).toBe(`/v1/embeddings Bearer ${KEY}`);
    expect(await embedder.embed([])).toEqual([]);
  });

  it("has a name of its own for each model and number of dimensions", async () => {
    const names = new Set<string>();
    for (const options of [{}, { dimensions: 16 }, { model: "other" }]) {
      const { embedder } = await setting(WELL, options);
      expect(embedder.dimensions).toBe(options.dimensions ?? 8);
      names.add(embedder.name);
    }
    expect([...names]).toEqual(["text-embedding-3-small-8", "text-embedding-3-small-16", "other-8"]);
  });

  it.each<[string, Mood, RegExp]>([
    ["too few", answering((data) => data.slice(1)), /1 embeddings, 2 were asked for/],
    ["too many", answering((data) => [...data, ...data]), /4 embeddings, 2 were asked for/],
    [
      "one twice",
      answering((data) => data.map((one) => ({ ...one, index: 0 }))),
      /2 embeddings, 2 were asked for, each once/,
    ],
    [
      "of another dimension",
      answering((data) => data.map((one) => ({ ...one, embedding: [1, 2, 3] }))),
      /3 dimensions, 8 were asked for/,
    ],
    [
      "of zeros",
      answering((data) => data.map((one) => ({ ...one, embedding: one.embedding.map(() => 0) }))),
      /no direction/,
    ],
    [
      "of what is no number",
      answering((data) => data.map((one) => ({ ...one, embedding: one.embedding.map(() => null) }))),
      /no list of embeddings/,
    ],
    [
      "of NaN",
      (response, asked) =>
        sendJson(response, 200, JSON.stringify({ data: embeddings(asked) }).replaceAll("0.001", "NaN")),
      /cannot be read|no list of embeddings/,
    ],
    [
      "of numbers without end",
      (response, asked) =>
        sendJson(response, 200, JSON.stringify({ data: embeddings(asked) }).replaceAll("0.001", "1e999")),
      /no list of embeddings|no direction/,
    ],
    ["something else", (response) => sendJson(response, 200, { hello: "world" }), /no list of embeddings/],
    [
      "more than it can be",
      (response) => sendJson(response, 200, "x".repeat(200_000)),
      /larger than 91136 bytes/,
    ],
    ["a page", (response) => void response.end("<html>"), /content type/],
    ["nothing", (response) => void response.socket?.destroy(), /cannot be reached/],
    ["500", (response, asked) => sendJson(response, 500, asked), /answered 500/],
    ["429", (response, asked) => sendJson(response, 429, asked), /answered 429/],
    ["401", (response) => sendJson(response, 401, { error: { message: `bad key ${KEY}` } }), /answered 401/],
  ])("that is answered %s says so, without its key and what was asked", async (_what, mood, message) => {
    const { embedder } = await setting(mood);
    const failed = await embedder.embed([TEXT, "another"]).then(
      () => expect.unreachable(),
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(EmbedderError);
    expect((failed as Error).message).toMatch(message);
    expect(`${(failed as Error).stack} ${(failed as Error).cause}`).not.toMatch(/sk-test|password|anna/);
  });

  it("waits for no slow answer, and for none when it is closed", async () => {
    const slow = await setting(() => undefined, { timeoutMs: 100 });
    await expect(slow.embedder.embed(["text"])).rejects.toThrow("no answer in time");
    const { embedder } = await setting(() => undefined);
    const waiting = embedder.embed(["text"]);
    await embedder.close();
    await expect(waiting).rejects.toThrow(EmbedderError);
    await expect(embedder.embed(["text"])).rejects.toThrow("the embedder is closed");
  });

  it.each([500, 429])("asks again after %i, as often as it may", async (status) => {
    const { embedder, state, requests } = await setting(WELL, { attempts: 3 });
    state.mood = (response, asked) =>
      requests.length < 3 ? sendJson(response, status, {}, { "retry-after": "0" }) : WELL(response, asked);
    expect(await embedder.embed(["text"])).toHaveLength(1);
    expect(requests).toHaveLength(3);
  });

  it("leaves an API alone that keeps failing", async () => {
    const { embedder, requests } = await setting((response) => sendJson(response, 500, {}));
    for (let call = 0; call < 5; call++) await expect(embedder.embed(["text"])).rejects.toThrow("500");
    await expect(embedder.embed(["text"])).rejects.toThrow("left alone for a minute");
    expect(requests).toHaveLength(5);
  });
});
