import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asJson, generate } from "@cali/log-generator";
import { decode } from "../services/consumer/src/decode/decode.ts";
import { atLeastTimes, type Benchmark, growsLinearly, perCpuSecond } from "./frame.ts";

const ROOT = join(import.meta.dirname, "..");
const ARRIVAL = Date.parse("2026-01-25T05:00:00Z");
/** The last commit that read CALI's own records alone. */
const BEFORE = "030c56b";
const EARLIER = "CALI's own, before it read others";
/** Each side reads so many before it is measured: how long compiling takes is not what is asked. */
const WARM_UP_RECORDS = 50_000;

/** The other commit's modules, in a folder of their own with this one's dependencies; undefined: the clone doesn't have it. */
function checkOut(commit: string): string | undefined {
  const folder = mkdtempSync(join(ROOT, "bench", ".peer-"));
  try {
    for (const file of [
      "services/consumer/src/decode/decode.ts",
      "packages/log-record/src/index.ts",
      "packages/log-record/src/errors.ts",
      "packages/log-record/src/line.ts",
      "packages/log-record/src/schema.ts",
    ]) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      const show = ["show", `${commit}:${file}`];
      writeFileSync(path, execFileSync("git", show, { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] }));
    }
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Decodes and validates with the other commit's modules. */
async function readerOf(folder: string): Promise<(data: Uint8Array) => void> {
  const before = (await import(join(folder, "services/consumer/src/decode/decode.ts"))) as {
    decode(data: Uint8Array): { ok: boolean; value: unknown }[];
  };
  const { validateRecord } = (await import(join(folder, "packages/log-record/src/index.ts"))) as {
    validateRecord(value: unknown): unknown;
  };
  return (data) => {
    for (const payload of before.decode(data)) if (payload.ok) validateRecord(payload.value);
  };
}

/** The decoder's own samples of other JSON formats. */
function samples(): Buffer[] {
  return ["records.jsonl", "corpus.jsonl"]
    .flatMap((file) =>
      readFileSync(join(ROOT, "packages/log-record/test/fixtures", file), "utf8").split("\n"),
    )
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { text: string; expected: { records?: number } })
    .filter(({ text, expected }) => text.startsWith("{") && expected.records === undefined)
    .map(({ text }) => Buffer.from(text));
}

/**
 * How many records become CALI's for each second of CPU: its own, beside the decoder of the last commit that read nothing else and
 * `JSON.parse` alone; and those of other JSON formats.
 */
export const benchmark: Benchmark = {
  name: "formats",
  unit: "records per second of CPU",
  better: "more",
  size: "records",
  sizes: [2_000, 10_000, 50_000],
  rounds: 5,
  growth: "time",
  targets: [
    { ...atLeastTimes(0.95, EARLIER), says: "at least 0.95 of the rate before it read others" },
    {
      says: "40,000 records of other JSON formats for each second of CPU",
      isReached: ({ rows }) =>
        rows.filter(({ contender }) => contender.startsWith("other")).every(({ median }) => median >= 40_000),
    },
    growsLinearly("CALI's own"),
  ],
  async open(size) {
    const folder = checkOut(BEFORE);
    const place = { platform: "eks", environment: "dev" };
    const own = [...generate({ seed: "bench", start: ARRIVAL, rate: 100, count: size, badShare: 0 })].map(
      (line) => Buffer.from(asJson(line, place)),
    );
    const kinds = samples();
    const others = Array.from({ length: size }, (_, index) => kinds[index % kinds.length] as Buffer);
    const now = (data: Uint8Array) => void decode(data, { arrival: ARRIVAL });
    const then = folder && (await readerOf(folder));
    const contender = (datas: readonly Buffer[], read: (data: Buffer) => void) => {
      const readAll = () => {
        for (const data of datas) read(data);
      };
      for (let read = 0; read < WARM_UP_RECORDS; read += datas.length) readAll();
      return () => perCpuSecond(datas.length, readAll);
    };
    return {
      contenders: {
        "CALI's own": contender(own, now),
        ...(then && { [EARLIER]: contender(own, then) }),
        "JSON.parse alone": contender(own, (data) => JSON.parse(data.toString())),
        [`other JSON formats, ${kinds.length} samples`]: contender(others, now),
      },
      ...(then === undefined && {
        absent: [`the decoder of ${BEFORE}: a clone with its whole history has it`],
      }),
      close: () => folder && rmSync(folder, { recursive: true, force: true }),
    };
  },
};
