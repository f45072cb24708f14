import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LabelError } from "../src/errors.ts";
import { type LineLabel, labelOf, labelSchema, readLabels } from "../src/labels.ts";
import { makeLines } from "./support/lines.ts";

const labels = makeLines({ count: 2_000, badShare: 0.1, incidentEvery: 10_000 }).map(labelOf);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "labels-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function readBack(lines: readonly string[]): Promise<LineLabel[]> {
  const path = join(folder, "labels.jsonl");
  await writeFile(path, lines.map((line) => `${line}\n`).join(""));
  const read: LineLabel[] = [];
  for await (const label of readLabels(path)) read.push(label);
  return read;
}

describe("readLabels", () => {
  it("gives back what was written", async () => {
    expect(labels.some(({ incident }) => incident !== null)).toBe(true);
    expect(labels.every((label) => labelSchema.safeParse(label).success)).toBe(true);
    expect(await readBack(labels.map((label) => JSON.stringify(label)))).toEqual(labels);
  });

  const [first, second, third] = labels.map((label) => JSON.stringify(label));
  it.each([
    [
      "a line that is not JSON",
      [first, "{"],
      "labels.jsonl:2: given a line that is not JSON, allowed a label",
    ],
    ["a line that is not a label", [first, '{"index": 1}'], "labels.jsonl:2: "],
    ["a wrong type", [first?.replace('"valid":true', '"valid":"yes"')], "valid"],
    ["a missing label", [first, third], "labels.jsonl:2: given label 2, allowed 1: labels are missing"],
    ["a label twice", [first, second, second], "labels.jsonl:3: given label 1, allowed 2"],
  ])("refuses %s", async (_, lines, said) => {
    const reading = readBack(lines as string[]);
    await expect(reading).rejects.toThrow(LabelError);
    await expect(reading).rejects.toThrow(said);
  });
});
