import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import { expect, it } from "vitest";
import { Asking, answerLines } from "../src/cause/knowledge/ask.ts";
import { idOf } from "../src/cause/knowledge/catalog.ts";
import { ObjectCatalog } from "../src/cause/knowledge/object-catalog.ts";
import { SeededCatalog, seed } from "../src/cause/knowledge/seed.ts";
import { FolderObjectStore } from "../src/state/objects/folder.ts";
import { MemoryObjectStore } from "./support/memory-objects.ts";

const DEADLOCK = "Deadlock found when trying to get lock; try restarting transaction";
const MAIN = join(import.meta.dirname, "../src/main.ts");

function ask() {
  const catalog = new SeededCatalog(new ObjectCatalog(new MemoryObjectStore()));
  return new Asking(catalog);
}

/** What `consumer knowledge ask` says to these lines. */
async function said(lines: readonly string[], asJson: boolean): Promise<string[]> {
  const output = new PassThrough();

  await answerLines(Readable.from(lines.map((line) => `${line}\n`)), output, ask(), asJson);
  output.end();
  return (await textOf(output)).trimEnd().split("\n");
}

it("answers each event with one line, in order, and a line that is none with an error in its place", async () => {
  const lines = await said(
    [
      JSON.stringify({
        text: `java.sql.SQLException: ${DEADLOCK}\n\tat com.example.Main.main(Main.java:4)`,
        level: "ERROR",
      }),
      "no JSON",
      JSON.stringify({ text: 17 }),
      "",
      JSON.stringify({ text: "order 17 was not paid in time" }),
      JSON.stringify({ text: DEADLOCK, level: "warning" }),
    ],
    true,
  );
  const answers = lines.map((line) => JSON.parse(line));
  expect(answers).toHaveLength(6);
  expect(answers[0]).toMatchObject({ entry: "mysql-deadlock", broader: null, tier: "signature", score: 1 });
  expect(answers[1]).toEqual({
    error:
      'line 2: given "no JSON", allowed: a JSON object such as {"text": "deadlock detected", "level": "ERROR"}',
  });
  expect(answers[2].error).toMatch(/^line 3: given /);
  expect(answers[3].error).toMatch(/^line 4: given ""/);
  expect(answers[4]).toEqual({ entry: null, broader: null, tier: "none", score: null, nearest: [] });
  expect(answers[5]).toMatchObject({ entry: "mysql-deadlock", tier: "hash" });
});

it("takes plain lines, each one event, and says what speaks against the nearest", async () => {
  const lines = await said([DEADLOCK, `${DEADLOCK.replace("Deadlock", "No deadlock was")}`, "hello"], false);
  expect(lines[0]).toBe("mysql-deadlock  hash 1.00");
  expect(lines[1]).toContain('unknown; near: mysql-deadlock 1.00 (it says "no")');
  expect(lines[2]).toBe("unknown");
});

it("needs no configuration, network or state, and takes a thousand events at once", () => {
  const folder = mkdtempSync(join(tmpdir(), "cali-ask-"));
  const patterns = seed().flatMap((known) => known.patterns);
  const events = Array.from({ length: 1_000 }, (_, at) =>
    JSON.stringify({ text: patterns[at % patterns.length], level: "ERROR" }),
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", MAIN, "knowledge", "ask", "--json"],
    { cwd: folder, env: {}, input: events.join("\n"), encoding: "utf8" },
  );
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1_000);
});

it("knows what people added to a knowledge base, and not what they rejected", async () => {
  const objects = new FolderObjectStore(mkdtempSync(join(tmpdir(), "cali-ask-")));
  const catalog = new SeededCatalog(new ObjectCatalog(objects));
  const own = {
    pattern: "carts of shard <shard> were not merged",
    origin: "person",
    state: "confirmed",
  } as const;
  const id = idOf(own);
  await catalog.put([
    { ...own, id, cause: "a race", action: "lock it", createdAt: "2026-01-25T00:00:00.000Z" },
  ]);
  const deadlock = seed().find(({ name }) => name === "mysql-deadlock");
  if (!deadlock) throw new Error("the seed lacks mysql-deadlock");
  await catalog.put([{ ...deadlock.entry, state: "rejected" }]);
  const asked = new Asking(catalog);
  await asked.open();
  expect((await asked.answer("CartError: carts of shard eu-1 were not merged")).entry).toBe(id);
  expect((await asked.answer(DEADLOCK)).entry).not.toBe("mysql-deadlock");
});

function timedOutIn(client: string): string {
  return `Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/${client}/network.py", line 232, in _receive_data_on_socket
    chunk_length = sock.recv_into(mv[bytes_read:])
socket.timeout: timed out`;
}

function closedIn(adapter: string): string {
  return `** (DBConnection.ConnectionError) tcp recv: closed
    (ecto) lib/ecto/adapters/${adapter}/connection.ex:108: Ecto.Adapters.SQL.execute/4`;
}

it.each([
  ["Error: connect ECONNREFUSED 10.2.3.4:6379", "redis-connection-refused", "node-econnrefused"],
  ["dial tcp 10.2.3.4:1521: connect: connection refused", "oracle-no-listener", "db-connection-refused"],
  ["[Errno 111] Connect call failed ('10.2.3.4', 5432)", "db-connection-refused", null],
  [
    "write tcp 10.1.1.7:41234->10.2.3.4:5672: write: broken pipe",
    "rabbitmq-connection-lost",
    "node-econnreset",
  ],
  // The port says whose it is, too, where the words are those of many.
  [
    "ConnectionError: Failed to connect to db:1433 in 15000ms",
    "sqlserver-connection-refused",
    "db-connection-refused",
  ],
  ["ConnectionError: Failed to connect to db:8433 in 15000ms", null, null],
  ["Error: connect ECONNREFUSED 10.2.3.4:8080", "node-econnrefused", null],
  ["Error: connect ECONNREFUSED 10.2.3.4:16379", "node-econnrefused", null],
  ["Error: connect ECONNREFUSED 10.2.3.4:8080 after 6379 ms", "node-econnrefused", null],
  ["clickhouse: Error: connect ECONNREFUSED 10.2.3.4:3306", "node-econnrefused", null],
])("tells a runtime's error at a product's port as the product's: %s", async (text, entry, broader) => {
  expect(await ask().answer(text)).toMatchObject({ entry, broader });
});

it.each([
  [
    "ConnectTimeoutError: Connection timeout\n    at Socket.<anonymous> (/app/node_modules/@redis/client/dist/lib/client/socket.js:171:124)",
    "redis-timeout",
  ],
  ["[ioredis] Unhandled error event: Error: connect ECONNREFUSED 10.2.3.4:6380", "redis-connection-refused"],
  ["kafka: dial tcp 10.2.3.4:19092: connect: connection refused", "kafka-broker-down"],
  // What any program may say, and only the stack says of whom.
  [timedOutIn("pymongo"), "mongo-network-timeout"],
  [timedOutIn("redis"), "redis-timeout"],
  [timedOutIn("orders"), null],
  [closedIn("postgres"), "pg-connection-lost"],
  [closedIn("myxql"), null],
  // Another server's address, or two products: whose it is stays open.
  ["redis-proxy: Error: connect ECONNREFUSED 10.2.3.4:8080", "node-econnrefused"],
  ["kafka-orders: POST http://stock/items failed: connect ECONNREFUSED 10.2.3.4", "node-econnrefused"],
  ["redis to kafka: Error: connect ECONNREFUSED 10.2.3.4", "node-econnrefused"],
])("tells a runtime's error of which a product's client speaks as the product's: %s", async (text, entry) => {
  expect(await ask().answer(text)).toMatchObject({ entry });
});

const RECEIPT = `AQEBWH9tta${"f5P9olvqrYya/Nik4axKT43+".repeat(12)}8=`;

it.each([
  // The reason that a pattern marks, in somebody's own wrapper, beside the product's name.
  [
    `SQS delete message failed: Value ${RECEIPT} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
    "sqs-receipt-invalid",
  ],
  ["Mongo::Error::OperationFailure (not master (10107))", "mongo-not-primary"],
  ["MyApp::OperationFailure (not master)", null],
  // A name that has the product's in it.
  ["`AUTH` failed: ERR invalid password (Predis\\Connection\\ConnectionException)", "redis-auth"],
  ["`AUTH` failed: ERR invalid password (Shop\\Connection\\ConnectionException)", null],
  ["AprMemCache::Get error: Connection refused (111)", "memcached-unreachable"],
  ["JedisConnectionException: ConnectException: Connection refused: connect", "redis-connection-refused"],
  // Why a client reached no server goes before that it reached none.
  [
    "RabbitMQ.Client.Exceptions.BrokerUnreachableException: None of the specified endpoints were reachable\n ---> System.Net.Sockets.SocketException (11001): No such host is known.",
    "dns-failure",
  ],
  // What a program lacks is no error of that name.
  ["AttributeError: 'AppContext' object has no attribute 'expired_jwt'", null],
])("knows a reason in others' wrappers: %s", async (text, entry) => {
  expect((await ask().answer(text)).entry).toBe(entry);
});

it.each([
  ["Readiness probe failed: dial tcp 10.2.3.4:6379: connect: connection refused", "k8s-probe-failed"],
  [
    "rpc error: code = Unavailable desc = dial tcp 10.2.3.4:9000: connect: connection refused",
    "grpc-unavailable",
  ],
  [
    'Get "http://docker/v1.24/info": dial unix /var/run/docker.sock: connect: connection refused',
    "docker-daemon",
  ],
  [
    'RequestError: send request failed: Post "https://sqs.eu-west-1.amazonaws.com/": dial tcp 10.2.3.4:443: i/o timeout',
    "aws-endpoint-unreachable",
  ],
  // A database that AWS runs is none of its API's endpoints.
  ["dial tcp: lookup orders.cluster-c1.eu-west-1.rds.amazonaws.com: no such host", "dns-failure"],
  ['django.db.utils.ProgrammingError: relation "shop_cart" does not exist', "django-migration-missing"],
  ['psycopg2.errors.UndefinedTable: relation "shop_cart" does not exist', "pg-undefined-table"],
  [
    "UnhandledPromiseRejectionWarning: QueryFailedError: column cart.sum does not exist",
    "pg-undefined-column",
  ],
  ["(node:17) UnhandledPromiseRejectionWarning: Error: the cart is empty", "node-unhandled-rejection"],
  [
    "WARN TaskSetManager: Lost task 1.1 in stage 2.0 (TID 7, node-3, executor 2): java.lang.OutOfMemoryError: Java heap space",
    "heap-out-of-memory-java",
  ],
  ["tail: inotify resources exhausted: Too many open files", "linux-inotify-limit"],
])("tells an error that another says in its own words as the one that says more: %s", async (text, entry) => {
  expect(await ask().answer(text)).toMatchObject({ entry });
});
