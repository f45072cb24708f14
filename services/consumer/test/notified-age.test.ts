import { expect, it } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import { Metrics } from "../src/ops/metrics.ts";

function metricsAt() {
  const clock = { now: 0 };
  const metrics = new Metrics(
    { ...systemClock, monotonic: () => clock.now },
    { templates: () => 0, bufferedBytes: () => 0, outbox: async () => 0, incidentsWaiting: async () => 0 },
  );
  const age = async () => {
    const gauge = await metrics.registry.getSingleMetric("cali_consumer_notified_age_seconds")?.get();
    return gauge?.values[0]?.value;
  };
  return { clock, metrics, age };
}

it("says for how long nothing that was due was kept, from the start on", async () => {
  const { clock, metrics, age } = metricsAt();
  clock.now = 90_000;
  expect(await age()).toBe(90);
  metrics.onLook("due");
  expect(await age()).toBe(0);
  clock.now = 95_000;
  expect(await age()).toBe(5);
});

it("of a notifier: it is as silent when it cannot read the counts", async () => {
  const { clock, metrics, age } = metricsAt();
  metrics.onLook("counts");
  clock.now = 400_000;
  metrics.onLook("due");
  expect(await age()).toBe(400);
  metrics.onLook("counts");
  expect(await age()).toBe(0);
});
