import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readLabelled, scoreLabelled } from "../../local/causes-score.ts";

function fileOf(...lines: readonly unknown[]): string {
  const file = join(mkdtempSync(join(tmpdir(), "cali-score-")), "labelled.jsonl");
  writeFileSync(
    file,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return file;
}
const DEADLOCK = "Deadlock found when trying to get lock; try restarting transaction";

it("counts what is right, wrong and false, by what answered", async () => {
  const file = fileOf(
    { text: DEADLOCK, level: "ERROR", entry: "mysql-deadlock" },
    { text: `OrderError: ${DEADLOCK}`, entry: "mysql-lock-wait" },
    { text: `order 17: ${DEADLOCK}`, entry: null },
    { text: "order 17 was not paid", entry: null },
    { text: "order 18 was not paid", entry: "mysql-gone" },
    "",
  );
  const score = await scoreLabelled(readLabelled(file));
  expect(score).toMatchObject({ known: 3, unknown: 2, right: 1, wrong: 1, false: 1 });
  expect(score.tiers).toEqual({
    hash: { answers: 1, errors: 0 },
    signature: { answers: 2, errors: 2 },
    none: { answers: 2, errors: 0 },
  });
  expect(score.mistakes).toHaveLength(3);
});

it("names each bad line of a labelled file", () => {
  const file = fileOf("no JSON", { text: "x" }, { text: "x", entry: "nobody-knows" });
  expect(() => readLabelled(file)).toThrow(`${file}:1: given no JSON, allowed: `);
  expect(() => readLabelled(file)).toThrow(`${file}:2: given {"text":"x"}, allowed: `);
  expect(() => readLabelled(file)).toThrow(`${file}:3: entry: given nobody-knows, allowed: `);
});

/** Collected by product alone, before anybody looked at the patterns; what was missed was read later. */
it("finds the causes of errors as clients, servers and traces print them, and none of other texts", async () => {
  const file = join(import.meta.dirname, "../../services/consumer/knowledge/wordings.jsonl");
  const { known, unknown, right, wrong, false: falsely } = await scoreLabelled(readLabelled(file));
  expect(known).toBeGreaterThanOrEqual(300);
  expect(unknown).toBeGreaterThanOrEqual(200);
  expect(right / known).toBeGreaterThanOrEqual(0.98);
  expect(wrong / known).toBeLessThanOrEqual(0.01);
  expect(falsely / unknown).toBeLessThanOrEqual(0.01);
});

it("holds what it reached on the hold-out, of which the frozen half is only counted", async () => {
  const of = (half: string) =>
    scoreLabelled(readLabelled(join(import.meta.dirname, `../holdout/${half}.jsonl`)));
  const [dev, frozen, second] = [await of("dev"), await of("frozen"), await of("second")];
  expect(second).toMatchObject({ known: 513, unknown: 403, false: 0 });
  expect(second.right / second.known).toBeGreaterThanOrEqual(0.99);
  expect(second.wrong / second.known).toBeLessThanOrEqual(0.005);
  expect(dev.right / dev.known).toBeGreaterThanOrEqual(0.98);
  expect(frozen.right / frozen.known).toBeGreaterThanOrEqual(0.94);
  for (const { wrong, known, unknown, false: falsely } of [dev, frozen]) {
    expect(wrong / known).toBeLessThanOrEqual(0.021);
    expect(falsely / unknown).toBeLessThanOrEqual(0.021);
  }
});
