import { expect, it } from "vitest";
import type { ObjectStore } from "../src/state/objects/types.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";

it("stops within 25 s though the object store and Slack hang, and goes on where it was", async () => {
  const rig = await Rig.create(2);
  rig.slack.status = 0;
  let isHanging = true;
  let puts = 0;
  const real = rig.objects;
  const objects: ObjectStore = {
    put: (...args) => {
      puts++;
      return isHanging ? new Promise(() => undefined) : real.put(...args);
    },
    get: (key) => real.get(key),
    read: (key) => real.read(key),
    list: (prefix) => real.list(prefix),
    delete: (key) => real.delete(key),
  };
  const [one, other] = rig.kinesis.openShards;
  const first = await rig.start({}, { objects });
  rig.kinesis.put(JSON.stringify(logRecord()), one);
  rig.kinesis.put('{"nonsense', other);
  await until("the good record", async () => (await first.counters()).totals.records === 1);
  await until("the hanging put", () => puts > 0);
  const startedAt = performance.now();
  await rig.stop(first);
  expect(performance.now() - startedAt).toBeLessThan(25_000);

  isHanging = false;
  const second = await rig.start({}, { objects });
  await until("both records", async () => (await second.counters()).totals.records === 2);
  expect((await rig.deadLetters()).map(({ bytes }) => bytes.toString())).toEqual(['{"nonsense']);
});
