import { readFileSync } from "node:fs";
import type { LogRecord } from "@cali/log-record";
import { expect, it } from "vitest";
import type { Alert } from "../src/core/types.ts";
import { until } from "./support/process.ts";
import { Rig } from "./support/rig.ts";

interface Case {
  name: string;
  text: string;
  expected: Partial<LogRecord> & { records?: number; stack?: true; note?: string };
}
const FILE = new URL("../../../packages/log-record/test/fixtures/records.jsonl", import.meta.url);
const CASES = readFileSync(FILE, "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as Case);

/** What an alert says of the record of its one line. */
const saidOf = ({ level, service, version, traceId, podName, errorCode, firstSeen }: Alert) => ({
  level,
  service,
  version,
  trace_id: traceId,
  pod_name: podName,
  error_code: errorCode,
  timestamp: new Date(firstSeen).toISOString(),
});

it.each(CASES)("$name: from the stream to Slack", async ({ name, text, expected }) => {
  const { records = 1, stack, note: _, message, ...fields } = expected;
  const rig = await Rig.create();
  const consumer = await rig.start({ grouping: { groupWaitMs: 0, warnLeastLines: 1 } });
  const alerts: Alert[] = [];
  consumer.events.on("alert", (alert) => alerts.push(alert));
  rig.kinesis.put(Buffer.from(text));
  await until("the record", async () => (await consumer.counters()).totals.records === 1);
  const { totals } = await consumer.counters();
  const isPartlyBroken = name.startsWith("one bad line");
  expect(totals).toMatchObject({ valid: isPartlyBroken ? 2 : records, invalid: isPartlyBroken ? 1 : 0 });
  expect(await rig.deadLetters()).toHaveLength(totals.invalid);
  if (expected.level === undefined) return;
  expect(totals.byLevel).toEqual({ [expected.level]: records });
  if (expected.level === "INFO") return;
  await until("the alert", () => alerts.length > 0 && rig.slack.posts.length > 0);
  expect(saidOf(alerts[0] as Alert)).toMatchObject(fields);
  const [sample = ""] = alerts[0]?.samples ?? [];
  // A line is redacted on its way.
  if (message !== undefined) expect(sample.startsWith(message.slice(0, 12))).toBe(true);
  if (stack) expect(sample).toContain("\n");
  const [post = ""] = rig.slack.posts;
  expect(post).toContain(`${expected.level} in ${alerts[0]?.service}`);
});
