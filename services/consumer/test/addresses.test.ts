import { expect, it } from "vitest";
import { addressesIn } from "../src/group/addresses.ts";

it.each<[string, string[]]>([
  ["dial tcp 10.0.3.7:6379: connect: connection refused", ["10.0.3.7:6379"]],
  [
    "no connection to orders-db.internal:5432, and none to (cache-0:7000)",
    ["orders-db.internal:5432", "cache-0:7000"],
  ],
  ["jdbc:postgresql://pgbouncer.data.svc:6432/orders timed out", ["pgbouncer.data.svc:6432"]],
  ["cannot reach mysql:3306 or kafka:9092.", ["mysql:3306", "kafka:9092"]],
  ["status:503 line:120 errno:1045", []],
  ["timed out at 12:30:15, 2026-01-25T10:20:30Z, 10:30", []],
  ["localhost:5432, 127.0.0.1:6379 and 0.0.0.0:8080 are here", []],
  ["at Orders.java:12, src/orders.go:33, c.a.Orders:44, main.py:10", []],
  ["fe80::1:5432, a1:b2:33:44:55:66", []],
])("finds in %s what is called", (text, found) => {
  expect(addressesIn(text)).toEqual(found);
});

it("finds at most ten, in no time", () => {
  const many = Array.from({ length: 30 }, (_, n) => `db-${n}:5432`).join(" ");
  expect(addressesIn(many)).toHaveLength(10);
  for (const text of ["a.".repeat(50_000), "a".repeat(100_000), "a:1".repeat(30_000)]) {
    const before = performance.now();
    addressesIn(text);
    expect(performance.now() - before).toBeLessThan(1_000);
  }
});
