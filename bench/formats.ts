import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { asJson, generate } from "@cali/log-generator";
import { decode } from "../services/consumer/src/decode/decode.ts";

/**
 * How many records a second become records of CALI's: its own, beside the decoder and the schema of another commit, in turns in
 * one process; and those of other JSON formats.
 */
const { values } = parseArgs({
  options: {
    /** The last commit that read CALI's own records alone. */
    peer: { type: "string", default: "030c56b" },
    records: { type: "string", default: "20000" },
    rounds: { type: "string", default: "9" },
  },
});
const ROOT = join(import.meta.dirname, "..");
const count = Number(values.records);
const ARRIVAL = Date.parse("2026-01-25T05:00:00Z");

/** The other commit's modules, in a folder of their own with this one's dependencies. */
function checkOut(commit: string): string {
  const folder = mkdtempSync(join(ROOT, "bench", ".peer-"));
  for (const file of [
    "services/consumer/src/decode/decode.ts",
    "packages/log-record/src/index.ts",
    "packages/log-record/src/errors.ts",
    "packages/log-record/src/line.ts",
    "packages/log-record/src/schema.ts",
  ]) {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, execFileSync("git", ["show", `${commit}:${file}`], { cwd: ROOT }));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

const shown = (numbers: number[]) => Math.round(median(numbers)).toLocaleString("en");
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

function rate(datas: readonly Uint8Array[], read: (data: Uint8Array) => void): number {
  const began = process.cpuUsage();
  for (const data of datas) read(data);
  const { user, system } = process.cpuUsage(began);
  return (datas.length * 1e6) / (user + system);
}

const folder = checkOut(values.peer);
try {
  const before = (await import(join(folder, "services/consumer/src/decode/decode.ts"))) as {
    decode(data: Uint8Array): { ok: boolean; value: unknown }[];
  };
  const { validateRecord } = (await import(join(folder, "packages/log-record/src/index.ts"))) as {
    validateRecord(value: unknown): unknown;
  };
  const place = { platform: "eks", environment: "dev" };
  const own = [...generate({ seed: "bench", start: ARRIVAL, rate: 100, count, badShare: 0 })].map((line) =>
    Buffer.from(asJson(line, place)),
  );
  const now = (data: Uint8Array) => void decode(data, { arrival: ARRIVAL });
  const then = (data: Uint8Array) => {
    for (const payload of before.decode(data)) if (payload.ok) validateRecord(payload.value);
  };
  const samples = ["records.jsonl", "corpus.jsonl"]
    .flatMap((file) =>
      readFileSync(join(ROOT, "packages/log-record/test/fixtures", file), "utf8").split("\n"),
    )
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { text: string; expected: { records?: number } })
    .filter(({ text, expected }) => text.startsWith("{") && expected.records === undefined);
  const others = Array.from({ length: count }, (_, index) =>
    Buffer.from(samples[index % samples.length]?.text ?? "{}"),
  );
  const other: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) other.push(rate(others, now));
  console.log(`${samples.length} samples of other JSON formats: ${shown(other)} records per second of CPU`);
  const rates = { now: [] as number[], peer: [] as number[] };
  for (let round = 0; round < Number(values.rounds); round++) {
    rates.peer.push(rate(own, then));
    rates.now.push(rate(own, now));
  }
  const ratios = rates.now.map((one, round) => one / (rates.peer[round] ?? 1));
  console.log(
    `CALI's records: ${shown(rates.now)} per second of CPU, ${values.peer}: ${shown(rates.peer)}; median ratio ${median(ratios).toFixed(2)}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
