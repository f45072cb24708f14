import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { MilvusClient } from "@zilliz/milvus2-sdk-node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { Milvus } from "../src/cause/vectors/milvus-client.ts";
import type { MilvusOptions } from "../src/cause/vectors/milvus-options.ts";
import { MilvusVectorStore } from "../src/cause/vectors/milvus-store.ts";
import { MilvusLite } from "./support/milvus-lite.ts";
import { until } from "./support/process.ts";
import { seeded } from "./support/random.ts";
import { failure, vectorStoreContract } from "./support/vector-store-contract.ts";
import { axis, direction, MAKING } from "./support/vectors.ts";

const PASSWORD = "hunter2-and-more";
const OPTIONS: MilvusOptions = { address: "milvus.example:19530", timeoutMs: 20_000 };
/** Enough for a machine that does much else. */
const LONG_MS = 60_000;

const lite = new MilvusLite();
beforeAll(() => lite.start());
afterAll(() => lite.remove());

let made = 0;
/** Another one each time, so that each test has a collection of its own. */
const freshMaking = () => ({ ...MAKING, name: `${MAKING.name} ${made++}` });

async function open(
  options: Partial<MilvusOptions> = {},
  making = freshMaking(),
): Promise<MilvusVectorStore> {
  const store = await MilvusVectorStore.open({
    address: lite.address,
    timeoutMs: LONG_MS,
    making,
    ...options,
  });
  onTestFinished(() => store.close());
  return store;
}

function client(): MilvusClient {
  const sdk = new MilvusClient({ address: lite.address, logLevel: "error" });
  onTestFinished(async () => void (await sdk.closeConnection()));
  return sdk;
}

async function collectionOf(sdk: MilvusClient, making: string): Promise<string> {
  const { data } = await sdk.showCollections();
  const found = data.find(({ name }) => name.startsWith(`cali_${making.replaceAll(/[^a-z0-9]+/g, "_")}_`));
  return found?.name ?? "none";
}

describe("MilvusVectorStore", () => {
  vectorStoreContract(
    async () => {
      const making = freshMaking();
      return { store: await open({}, making), reopen: () => open({}, making) };
    },
    { runs: 15 },
  );

  it("lists more ids than a page has", async () => {
    const store = await open();
    const random = seeded(1);
    const entries = Array.from({ length: 5_200 }, (_, i) => ({ id: `e${i}`, vector: direction(random) }));
    await store.put(entries);
    expect(await store.ids()).toEqual(new Set(entries.map(({ id }) => id)));
    await store.delete(entries.slice(100).map(({ id }) => id));
    expect(await store.ids()).toEqual(new Set(entries.slice(0, 100).map(({ id }) => id)));
  });

  it("keeps makings apart, and lets two replicas begin at once", async () => {
    const [making, other] = [freshMaking(), freshMaking()];
    const stores = await Promise.all([making, making, making, other].map((one) => open({}, one)));
    const ids = ["a", "b", "c", "d"];
    await Promise.all(stores.map((store, i) => store.put([{ id: ids[i] ?? "", vector: axis(i) }])));
    expect(await stores[0]?.ids()).toEqual(new Set(["a", "b", "c"]));
    expect(await stores[3]?.ids()).toEqual(new Set(["d"]));
  });

  it("refuses a collection of other dimensions, another index or other fields, and leaves it as it is", async () => {
    const making = freshMaking();
    const store = await open({}, making);
    await store.put([{ id: "a", vector: axis(0) }]);
    const wider = await open({}, { ...making, dimensions: 16 });
    expect(await failure(wider.ids())).toMatch(
      /collection cali_test_embedder_1_\d+_[0-9a-f]{12}: given vectors of 8 dimensions \(FloatVector\), allowed 16 .*drop the collection/,
    );
    const sdk = client();
    const collection_name = await collectionOf(sdk, making.name);
    await sdk.releaseCollection({ collection_name });
    await sdk.dropIndex({ collection_name, index_name: "vector" });
    await sdk.createIndex({
      collection_name,
      field_name: "vector",
      index_type: "AUTOINDEX",
      metric_type: "L2",
    });
    expect(await failure((await open({}, making)).ids())).toMatch(
      /given an index of L2, allowed one of COSINE/,
    );
    await sdk.dropCollection({ collection_name });
    await sdk.createCollection({
      collection_name,
      fields: [
        { name: "id", data_type: "Int64", is_primary_key: true },
        { name: "vector", data_type: "FloatVector", dim: 8 },
      ],
    });
    expect(await failure((await open({}, making)).ids())).toMatch(
      /given id \(Int64\), vector \(FloatVector\), allowed id \(VarChar, primary key\), vector/,
    );
  });

  it("makes the collection again when it was dropped", async () => {
    const making = freshMaking();
    const store = await open({}, making);
    await store.put([{ id: "a", vector: axis(0) }]);
    const sdk = client();
    await sdk.dropCollection({ collection_name: await collectionOf(sdk, making.name) });
    expect(await store.search(axis(0), 4)).toEqual([]);
    await store.put([{ id: "b", vector: axis(1) }]);
    expect(await store.ids()).toEqual(new Set(["b"]));
  });

  it("fails while Milvus is away, and has all when it is back", async () => {
    const making = freshMaking();
    const store = await open({}, making);
    const hasty = await open({ timeoutMs: 3_000 }, making);
    await store.put([{ id: "a", vector: axis(0) }]);
    expect(await hasty.ids()).toEqual(new Set(["a"]));
    await lite.stop();
    for (const work of [
      () => hasty.search(axis(0), 1),
      () => hasty.put([{ id: "b", vector: axis(1) }]),
      () => hasty.delete(["a"]),
      () => hasty.ids(),
    ]) {
      const from = performance.now();
      expect(await failure(work())).toMatch(
        /^Milvus at 127\.0\.0\.1:\d+: (it cannot be reached|no answer within 3000 ms)/,
      );
      expect(performance.now() - from).toBeLessThan(10_000);
    }
    await lite.start();
    await until("the store's return", () => hasty.ids().then(Boolean, () => false), LONG_MS);
    expect((await store.search(axis(0), 1)).map(({ id }) => id)).toEqual(["a"]);
    await store.put([{ id: "b", vector: axis(1) }]);
    expect(await store.ids()).toEqual(new Set(["a", "b"]));
  });

  it.each([
    ["takes connections and never answers", () => undefined],
    ["closes each connection", (socket: Socket) => void socket.destroy()],
    ["speaks something else", (socket: Socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ])("fails in time when what is there %s", async (_, answer) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      answer(socket);
    });
    const port = await listening(server);
    const store = await open({ address: `127.0.0.1:${port}`, timeoutMs: 1_000 });
    for (const work of [() => store.search(axis(0), 1), () => store.put([{ id: "a", vector: axis(0) }])]) {
      const from = performance.now();
      expect(await failure(work())).toMatch(
        /^Milvus at 127\.0\.0\.1:\d+: (it cannot be reached|no answer within 1000 ms)/,
      );
      expect(performance.now() - from).toBeLessThan(8_000);
    }
  });
});

async function listening(server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => open.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function milvus(options: Partial<MilvusOptions> = {}): Promise<Milvus> {
  const client = await Milvus.open({ ...OPTIONS, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** As gRPC rejects. */
const grpc = (code: number, details: string) =>
  Object.assign(new Error(`${code}: ${details}`), { code, details });
const status = (code: number, retriable = false) => ({
  status: { error_code: code === 0 ? "Success" : "UnexpectedError", reason: "because", code, retriable },
});

describe("requests to Milvus", () => {
  it("need certificates that can be read", async () => {
    expect(await failure(milvus({ tls: { rootCertPath: "/no/such/ca.pem" } }))).toMatch(/ENOENT.*ca\.pem/);
  });

  it("repeats only what may succeed later", async () => {
    const tries = async (answers: readonly unknown[]) => {
      let tried = 0;
      const client = await milvus();
      const end = await client
        .run(() =>
          client.request(z.unknown(), async () => {
            const answer = answers[Math.min(tried++, answers.length - 1)];
            if (answer instanceof Error) throw answer;
            return answer;
          }),
        )
        .then(
          () => "done",
          (error: Error) => error.message,
        );
      return { tried, end };
    };
    const unavailable = grpc(14, "no connection");
    expect(await tries([unavailable, status(9, true), status(101), status(0)])).toEqual({
      tried: 4,
      end: "done",
    });
    expect(await tries([unavailable])).toEqual({
      tried: 4,
      end: "Milvus at milvus.example:19530: it cannot be reached: no connection",
    });
    expect(await tries([grpc(7, "permission denied")])).toMatchObject({ tried: 1 });
    expect(await tries([grpc(4, "Deadline exceeded")])).toEqual({
      tried: 1,
      end: "Milvus at milvus.example:19530: no answer within 20000 ms",
    });
    expect(await tries([status(1100)])).toEqual({
      tried: 1,
      end: "Milvus at milvus.example:19530: it answered UnexpectedError (1100): because",
    });
    expect(await tries([new TypeError("the SDK stumbled")])).toMatchObject({ tried: 1 });
  });

  it("takes no answer that is not Milvus'", async () => {
    const client = await milvus();
    const schema = z.object({ data: z.array(z.object({ id: z.string() })) });
    for (const answer of [undefined, null, "", {}, [], { status: {} }, { data: [] }]) {
      expect(await failure(client.request(schema, async () => answer))).toMatch(/its answer has no status/);
    }
    expect(await failure(client.request(schema, async () => ({ ...status(0), data: [{ id: 1 }] })))).toMatch(
      /its answer is not Milvus': data\.0\.id: /,
    );
  });

  it("never shows a secret, in whatever the failure says it", async () => {
    for (const secret of [{ username: "root", password: PASSWORD }, { token: PASSWORD }]) {
      const client = await milvus(secret);
      const encoded = Buffer.from(secret.token ?? `root:${PASSWORD}`).toString("base64");
      for (const failed of [
        grpc(16, `wrong: ${PASSWORD}`),
        new Error(`authorization: ${encoded}`),
        {
          status: {
            error_code: "UnexpectedError",
            code: 1400,
            reason: `no user of ${PASSWORD} or ${encoded}`,
          },
        },
      ]) {
        const message = await failure(client.request(z.unknown(), () => Promise.reject(failed)));
        expect(message).toContain("***");
        expect(message).not.toContain(PASSWORD);
        expect(message).not.toContain(encoded);
      }
    }
  });
});
