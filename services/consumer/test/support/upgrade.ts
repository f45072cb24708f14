import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { NEW_ERRORS } from "../../src/cause/new-errors.ts";
import type { ConsumerConfigInput } from "../../src/config/load.ts";
import { until } from "./process.ts";
import type { Rig } from "./rig.ts";
import { alertsOf } from "./slack-server.ts";

/** The fixtures' folders, oldest first. */
export const STATES = ["state-1", "state-2"] as const;
type State = (typeof STATES)[number];

/** A file of a fixture. */
export const fixture = (state: State, name: "state.sql" | "items.jsonl" | "lines.jsonl") =>
  readFileSync(join(import.meta.dirname, "../fixtures", state, name), "utf8");

/** Alerts that waited for Slack. */
const WAITING = {
  "state-1": { "state.sql": 15, "items.jsonl": 11 },
  "state-2": { "state.sql": 21, "items.jsonl": 21 },
};
/** Texts that were no records then, and are now. */
const INVALID = { "state-1": 1, "state-2": 0 };

/** How many lines a fixture's state and the same once more have of trouble: not the one that is INFO nor the one that was no record, and the first a third time. */
export const troublesIn = (state: State) =>
  2 * (fixture(state, "lines.jsonl").trimEnd().split("\n").length - 2) + 1;

/** The last record of each shard that was read, in their order. */
function checkpointsOf(
  state: State,
  file: "state.sql" | "items.jsonl",
): { shardId: string; sequenceNumber: string }[] {
  const form =
    file === "state.sql"
      ? /INTO shards VALUES \('(shardId-\d+)', '(\d+)'/g
      : /shardId\\":\\"(shardId-\d+)\\",\\"sequenceNumber\\":\\"(\d+)/g;
  return [...fixture(state, file).matchAll(form)]
    .map(([, shardId = "", sequenceNumber = ""]) => ({ shardId, sequenceNumber }))
    .sort((a, b) => (a.sequenceNumber < b.sequenceNumber ? -1 : 1));
}

/**
 * Goes on with the fixture's state, which the consumer finds where `sections` say: the lines that were read come again.
 * No line is lost or counted twice, no error is notified as a new one, and what waited is sent.
 */
export async function goOn(
  rig: Rig,
  state: State,
  file: "state.sql" | "items.jsonl",
  sections: { state?: Partial<ConsumerConfigInput["state"]> },
): Promise<void> {
  const lines = fixture(state, "lines.jsonl").trimEnd().split("\n");
  const [first = "", second = ""] = rig.kinesis.openShards;
  for (const { shardId, sequenceNumber } of checkpointsOf(state, file)) {
    rig.kinesis.put(lines[0] as string, shardId, sequenceNumber);
  }
  for (const [place, line] of lines.entries()) rig.kinesis.put(line, place % 3 ? first : second);
  const consumer = await rig.start({ ...sections, slack: { digestAbove: 11 } });
  const newErrors: string[] = [];
  const newAlerts: string[] = [];
  consumer.events.on("newTemplate", ({ template }) => newErrors.push(template));
  consumer.events.on("alert", (alert) => {
    if (alert.isNew) newAlerts.push(alert.template);
  });
  // The first line was read twice; the text that is no record is one by now.
  const total = 2 * lines.length + 1;
  await until("all lines", async () => (await consumer.counters()).totals.records >= total);
  await until("what waited", async () => (await consumer.counters()).outbox === 0);
  expect((await consumer.counters()).totals).toMatchObject({ records: total, invalid: INVALID[state] });
  expect(newErrors).toEqual([]);
  expect(newAlerts).toEqual([]);
  for await (const { key } of rig.objects.list(NEW_ERRORS)) expect.fail(`${key} was written`);
  const sent = alertsOf(rig.slack.posts).map(({ id }) => id);
  expect(sent.length).toBeGreaterThanOrEqual(WAITING[state][file]);
  expect(new Set(sent).size).toBe(sent.length);
  await rig.stop(consumer);
}
