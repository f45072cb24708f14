import { expect, it } from "vitest";
import { NEW_ERRORS } from "../src/cause/new-errors.ts";
import type { Alert } from "../src/core/types.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";

const NAMES = "alice bob carol dave erin frank grace heidi ivan judy".split(" ");
const WORDS = "the pool was drained before any worker could renew its claim on a shared cursor again".split(
  " ",
);

/** A sentence of eight words; another one for each number. */
const sentence = (number: number) =>
  Array.from(
    { length: 8 },
    (_, word) => WORDS[(number * (word + 1) + Math.floor(number / 7) * word) % WORDS.length],
  ).join(" ");

it("keeps different errors apart, and many of one kind together, in the whole program", async () => {
  const rig = await Rig.create();
  const put = (service: string, message: string, more: { content?: string; code?: string } = {}) => {
    const { content = message, code } = more;
    const record = logRecord({
      service,
      level: "ERROR",
      message,
      log_content: content,
      ...(code && { error_code: code }),
    });
    rig.kinesis.put(JSON.stringify({ ...record, timestamp: new Date().toISOString() }));
  };
  for (const type of [
    "java.lang.NullPointerException",
    "java.lang.OutOfMemoryError",
    "java.sql.SQLException",
  ]) {
    put("exceptions", "Unhandled exception", {
      content: `Unhandled exception\n${type}: x\n\tat com.acme.A.run(A.java:3)`,
    });
  }
  for (const code of ["CARD_DECLINED", "CARD_EXPIRED"]) put("codes", "payment was not taken", { code });
  for (const name of ["redis", "kafka", "postgres"]) put("names", `Failed to connect to ${name}`);
  for (const name of [...NAMES, ...NAMES]) put("users", `${name} could not log in`);
  for (let line = 0; line < 1_000; line++) put("sentences", `Unexpected system error: ${sentence(line)}`);
  const alerts: Alert[] = [];
  const newErrors: string[] = [];
  const consumer = await rig.start({ limits: { templates: 5_000 } });
  consumer.events.on("alert", (alert) => alerts.push(alert));
  consumer.events.on("newTemplate", ({ fingerprint }) => newErrors.push(fingerprint));
  await until("all lines", async () => (await consumer.counters()).totals.valid === 1_028);
  await until("the alerts", () => alerts.some(({ template }) => template.includes("new kinds in sentences")));
  await until("Slack", async () => (await consumer.counters()).outbox === 0);
  await rig.stop(consumer);

  const of = (service: string) => alerts.filter((alert) => alert.service === service).length;
  expect([of("exceptions"), of("codes"), of("names")]).toEqual([3, 2, 3]);
  expect(of("users")).toBeLessThanOrEqual(10);
  expect(of("sentences")).toBeLessThanOrEqual(25);
  const templates = await rig.openState().loadTemplates();
  const users = templates.filter(
    ({ service, mergedInto }) => service === "users" && mergedInto === undefined,
  );
  expect(users.map(({ tokens }) => tokens.join(" "))).toEqual(["<*> could not log in"]);
  // Those that are counted together are learned from, too.
  expect(newErrors.length).toBe(new Set(newErrors).size);
  const kept: string[] = [];
  for await (const { key } of rig.objects.list(NEW_ERRORS)) kept.push(key);
  expect(kept.length).toBe(newErrors.length);
  expect(newErrors.length).toBeGreaterThan(100);
});
