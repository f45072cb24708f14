import { asJson, generate, labelOf } from "@cali/log-generator";
import { validateRecord } from "@cali/log-record";
import { expect, it } from "vitest";
import { scoreCauses } from "../../local/knowledge-score.ts";
import { alertLines, truthsOfAlerts } from "../../local/score.ts";
import { MemoryObjectStore } from "../../services/consumer/test/support/memory-objects.ts";

it("finds the right causes of a morning's alerts, and hardly a wrong one", async () => {
  const lines = [
    ...generate({ start: Date.parse("2026-01-25T09:00:00Z"), rate: 50, duration: 1_200_000, seed: "winter" }),
  ].flatMap((line, index) => {
    if (line.bad || (line.line.level !== "ERROR" && line.line.level !== "FATAL")) return [];
    const result = validateRecord(JSON.parse(asJson(line, { platform: "local", environment: "local" })));
    if (!result.ok) throw new Error(result.reason);
    const position = { sequenceNumber: String(index + 1), index: 0 };
    const event = {
      shardId: "shardId-000000000000",
      position,
      record: result.record,
      at: Math.round(line.at),
    };
    return [{ event, label: labelOf(line) }];
  });
  const alerted = truthsOfAlerts(alertLines(lines));
  const score = await scoreCauses(alerted, new MemoryObjectStore());
  expect(score.known).toBeGreaterThan(20);
  expect(score.right).toBeGreaterThan(0.8);
  expect(score.falseHits).toBeLessThan(0.02);
  // A part of the errors is not in the seed, so a score that answers everything is not a good one.
  expect(score.tiers.none).toBeGreaterThan(20);
  expect(score.reachesModel).toBe(score.tiers.none / alerted.length);
  expect(score.questions).toBeGreaterThan(0);
  expect(score.usd).toBeGreaterThan(0);

  // An alert of something else that says what the seed knows is a wrong cause.
  const known = alerted.find(
    ({ truth }) => truth.endsWith(".jwt-expired") || truth.endsWith(".file-descriptors"),
  );
  const foreign = alerted
    .filter((one) => one === known)
    .map(({ alert }) => ({ alert, truth: "shop/shop.nothing" }));
  expect(await scoreCauses(foreign, new MemoryObjectStore())).toMatchObject({
    known: 0,
    wrong: foreign.length,
  });
});
