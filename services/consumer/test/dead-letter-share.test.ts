import { validateRecord } from "@cali/log-record";
import { expect, it } from "vitest";
import { DeadLetterShare } from "../src/decode/dead-letter-share.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";
import { alertsOf } from "./support/slack-server.ts";

const broken = (number: number) => Buffer.from(`{"service":"shop","number":${number},`);
const letter = (number: number, arrivedAt = number) => ({
  bytes: broken(number),
  reason: `JSON: broken at ${number}`,
  arrivedAt,
});

it("reports once in five minutes a service with more than 5 % dead letters, at least 20", () => {
  const share = new DeadLetterShare();
  for (let number = 0; number < 300; number++) share.read("shop", number);
  const reported = Array.from({ length: 40 }, (_, number) => share.refused(letter(number)));
  expect(reported.map((one) => one !== undefined).indexOf(true)).toBe(19);
  expect(reported.filter((one) => one !== undefined)).toHaveLength(1);
  const record = reported[19];
  expect(validateRecord(record)).toEqual({ ok: true, record });
  expect(record).toMatchObject({ service: "shop", level: "ERROR", error_code: "DEAD_LETTERS" });
  expect(record?.log_content).toContain("20 of 320 in dlq/");
  expect(record?.log_content).toContain("20 times JSON: broken at N");
  const later = Array.from({ length: 20 }, (_, number) => share.refused(letter(number, 400_000)));
  expect(later.filter((one) => one !== undefined)).toHaveLength(1);
});

it("is silent below 20, and below 5 %", () => {
  const few = new DeadLetterShare();
  for (let number = 0; number < 19; number++) expect(few.refused(letter(number))).toBeUndefined();
  const many = new DeadLetterShare();
  for (let number = 0; number < 2_000; number++) many.read("shop", number);
  for (let number = 0; number < 100; number++) expect(many.refused(letter(number))).toBeUndefined();
});

it("is an alert of the consumer, with the reasons and a sample, and every dead letter is kept", async () => {
  const rig = await Rig.create(1);
  const consumer = await rig.start();
  rig.kinesis.put(Buffer.from(JSON.stringify(logRecord())));
  for (let number = 0; number < 25; number++) rig.kinesis.put(broken(number));
  await until("the alert", () => rig.slack.posts.length > 0);
  expect(alertsOf(rig.slack.posts)).toMatchObject([{ service: "shop" }]);
  const text = JSON.stringify(rig.slack.posts);
  expect(text).toContain("cannot be read");
  expect(text).toContain("in dlq/");
  await until("all of them", async () => (await consumer.counters()).totals.records === 26);
  expect(await rig.deadLetters()).toHaveLength(25);
});
