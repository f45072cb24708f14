import { expect, it } from "vitest";
import { seed } from "../src/cause/knowledge/seed.ts";

/** Drivers of several languages phrase one fault differently: an entry of these has several wordings. */
const WITH_DRIVERS = [
  "postgresql",
  "mysql",
  "sqlserver",
  "oracle",
  "mongodb",
  "cassandra",
  "redis",
  "memcached",
];

it("knows hundreds of errors of dozens of products", () => {
  expect(seed().length).toBeGreaterThanOrEqual(340);
  expect(new Set(seed().map(({ product }) => product)).size).toBeGreaterThanOrEqual(40);
  expect(seed().reduce((sum, { patterns }) => sum + patterns.length, 0)).toBeGreaterThanOrEqual(2_000);
});

it("knows errors of data stores as their drivers phrase them: four wordings on average at least", () => {
  for (const product of WITH_DRIVERS) {
    const entries = seed().filter((known) => known.product === product);
    const wordings = entries.reduce((sum, { patterns }) => sum + patterns.length, 0);
    expect(wordings / entries.length, product).toBeGreaterThanOrEqual(4);
  }
});
