import { expect, it } from "vitest";
import { Troubles } from "../src/ops/troubles.ts";

it("keeps the consumer ready while what waits is safe, whatever the texts begin with", () => {
  const changes: [string, string | undefined][] = [];
  const troubles = new Troubles((...change) => changes.push(change));
  troubles.set("slack", "alerts wait");
  troubles.set("reading", "slack: a text of Kinesis", "shard-1");
  troubles.set("reading", "slack: a text of Kinesis", "shard-1");
  expect(troubles.blocking()).toEqual(["reading shard-1: slack: a text of Kinesis"]);
  expect(troubles.list()).toEqual(["slack: alerts wait", "reading shard-1: slack: a text of Kinesis"]);
  expect([troubles.has("slack"), troubles.has("incidents")]).toEqual([true, false]);
  troubles.set("reading", undefined, "shard-1");
  troubles.set("reading", undefined, "shard-1");
  expect(troubles.blocking()).toEqual([]);
  expect(changes).toEqual([
    ["slack", "alerts wait"],
    ["reading shard-1", "slack: a text of Kinesis"],
    ["reading shard-1", undefined],
  ]);
});
