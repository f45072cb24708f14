import { expect, it } from "vitest";
import { identityOf } from "../src/group/identity.ts";
import { TemplateMiner } from "../src/group/template-miner.ts";
import { logRecord } from "./support/records.ts";

const NAMES = "alice bob carol dave erin frank grace heidi ivan judy".split(" ");
const trace = (message: string, ...lines: string[]) => [message, ...lines].join("\n");
const python = (type: string, file = "orders.py") =>
  trace(
    "job failed",
    "Traceback (most recent call last):",
    `  File "/app/${file}", line 12, in place`,
    `${type}: x`,
  );
const dotnet = (type: string) =>
  trace("Unhandled exception", `${type}: x`, "   at Acme.Orders.Place(String id)");
const go = (frame: string) =>
  trace("panic in handler", "goroutine 7 [running]:", `${frame}(0xc000012345)`, "\t/app/orders.go:12 +0x1f");

/** Errors in one wording, and how many they are. */
it.each<[string, number, string[]]>([
  [
    "exceptions of Python",
    3,
    [python("KeyError"), python("ValueError"), python("redis.exceptions.ConnectionError")],
  ],
  ["one exception of Python at two places", 2, [python("KeyError"), python("KeyError", "stock.py")]],
  [
    "exceptions of .NET",
    3,
    ["System.NullReferenceException", "System.OutOfMemoryException", "Npgsql.PostgresException"].map(dotnet),
  ],
  ["panics of Go at two places", 2, [go("main.place"), go("main.cancel")]],
  ["SQLSTATEs", 3, ["40001", "23505", "57014"].map((code) => `query failed (SQLSTATE ${code})`)],
  ["errors of MySQL", 2, ["1205", "1213"].map((code) => `ERROR ${code} (HY000): the statement was not run`)],
  ["errors of Oracle", 2, ["ORA-00060", "ORA-01555"].map((code) => `${code}: the statement was not run`)],
  [
    "statuses of gRPC",
    3,
    ["Unavailable", "NotFound", "Internal"].map((code) => `rpc error: code = ${code} desc = call failed`),
  ],
  ["statuses of HTTP", 3, ["502", "503", "404"].map((code) => `the shop answered ${code}`)],
  ["errnos", 2, ["ECONNREFUSED", "ETIMEDOUT"].map((code) => `connect ${code} to the cache`)],
  ["exit codes", 2, ["137", "1"].map((code) => `worker ended with exit code ${code}`)],
  [
    "brokers and databases",
    4,
    ["rabbitmq", "mongo", "etcd", "minio"].map((name) => `lost the connection to ${name}`),
  ],
  ["opposites", 2, ["accepted", "rejected"].map((word) => `the order was ${word} by the shop`)],
  ["users, once ten were seen", 1, NAMES.map((name) => `${name} has no right to log in`)],
  [
    "hosts, paths and numbers",
    1,
    [
      "cannot write /var/lib/a/b on node-1.prod.internal after 3 tries",
      "cannot write /srv/data/c on node-77.prod.internal after 12 tries",
    ],
  ],
])("keeps %s apart: %i", (_, expected, contents) => {
  const miner = new TemplateMiner();
  const found = contents.map((content) => {
    const message = content.split("\n")[0] as string;
    const record = logRecord({ service: "shop", level: "ERROR", message, log_content: content });
    return miner.add("shop", message, 0, identityOf(record)).fingerprint;
  });
  expect(new Set(found.map((one) => miner.resolve(one))).size).toBe(expected);
});
