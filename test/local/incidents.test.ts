import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asJson, generate, labelOf } from "@cali/log-generator";
import { validateRecord } from "@cali/log-record";
import { expect, it, onTestFinished } from "vitest";
import { scoreRun } from "../../local/ground-truth.ts";
import type { RaisedAlert } from "../../local/pipeline.ts";
import { AlertGrouper } from "../../services/consumer/src/group/alert-grouper.ts";
import { identityOf } from "../../services/consumer/src/group/identity.ts";
import { TemplateMiner } from "../../services/consumer/src/group/template-miner.ts";

const START = Date.parse("2026-01-25T09:00:00Z");
const TROUBLE = new Set(["WARN", "ERROR", "FATAL"]);

/** What the grouper makes of a minute of `npm start`, at the lines' own times, and its labels. */
function minuteOf(seed: string): { alerts: RaisedAlert[]; labels: string } {
  let now = START;
  const miner = new TemplateMiner();
  const grouper = new AlertGrouper({
    now: () => now,
    describe: (fingerprint) => miner.get(fingerprint),
    warnLeastLines: 5,
  });
  const alerts: RaisedAlert[] = [];
  const labels: string[] = [];
  const notify = () => {
    for (const { meta, along = [], alert } of grouper.due(now)) {
      alerts.push({ alert: { ...alert, incident: grouper.incidentOf(alert) }, at: now });
      for (const one of [meta, ...along]) grouper.confirm(one);
    }
  };
  const traffic = { seed, start: START, rate: 60, badShare: 0.01, duration: 60_000, incidentEvery: 20_000 };
  for (const line of generate(traffic)) {
    labels.push(JSON.stringify(labelOf(line)));
    if (line.bad || !TROUBLE.has(line.line.level)) continue;
    const verdict = validateRecord(JSON.parse(asJson(line, { platform: "local", environment: "local" })));
    if (!verdict.ok) throw new Error(verdict.reason);
    const { record } = verdict;
    now = Math.max(now, Math.round(line.at));
    const match = miner.add(record.service, record.message, now, identityOf(record));
    const position = { sequenceNumber: String(line.index + 1), index: 0 };
    grouper.observe({ shardId: "shardId-000000000000", position, record, at: now, ...match });
    notify();
  }
  now += 90_000;
  notify();
  return { alerts, labels: `${labels.join("\n")}\n` };
}

it.each(["spring", "summer", "autumn"])("each incident of the seed %s is one message", async (seed) => {
  const folder = mkdtempSync(join(tmpdir(), "cali-incidents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { alerts, labels } = minuteOf(seed);
  const file = join(folder, "labels.jsonl");
  writeFileSync(file, labels);
  const { messages, messagePrecision, incidentRecall } = await scoreRun(file, alerts);
  expect(messages).toBeLessThanOrEqual(12);
  expect(messagePrecision).toBeGreaterThanOrEqual(0.9);
  expect(incidentRecall).toBeGreaterThanOrEqual(0.95);
});
