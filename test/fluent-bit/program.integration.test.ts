import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { validateRecord } from "@cali/log-record";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PodLookup, TailedLine } from "./support/chain.ts";
import { corpus, logFile } from "./support/corpus.ts";
import { criLines } from "./support/cri.ts";
import { Neighbours, startFluentBit } from "./support/program.ts";

/**
 * Fluent Bit itself, where there is one: no registry of packages has it, so `FLUENT_BIT` names the program. It runs the values
 * file's configuration against a Kinesis and an API server of its own, and must do what its equal in `chain.test.ts` does.
 */
const BINARY = process.env.FLUENT_BIT;
const SELECTED: PodLookup = () => ({ labels: { "cali.io/logs": "true" } });
const PATIENCE = { timeout: 120_000, interval: 200 };

describe.skipIf(!BINARY)("Fluent Bit itself", () => {
  const open: Neighbours[] = [];
  const running: ReturnType<typeof startFluentBit>[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.stop("SIGKILL")));
    for (const one of open.splice(0)) {
      one.close();
      rmSync(one.folder, { recursive: true, force: true });
    }
  });

  async function neighbours(lookup: PodLookup = SELECTED) {
    const made = await new Neighbours().start(lookup);
    open.push(made);
    return made;
  }
  const begin = (around: Neighbours) => {
    const program = startFluentBit(BINARY as string, around);
    running.push(program);
    return program;
  };
  const write = (around: Neighbours, lines: readonly TailedLine[]) => {
    for (const { file, line } of lines) appendFileSync(join(around.folder, "containers", file), `${line}\n`);
  };
  /** Each message once, whatever was sent twice. */
  const numbers = ({ payloads }: Neighbours) =>
    new Set(payloads.map((json) => /number (\d+)/.exec(json)?.[1]).filter((one) => one !== undefined));
  const numbered = (from: number, to: number): TailedLine[] =>
    Array.from({ length: to - from }, (_, index) => index + from).flatMap((number) => {
      const text = `[ERROR] 2026-01-25T01:02:03.456Z pay/1.0 [-]: number ${number}\n\tat a.b(c.java:${number})`;
      return [...criLines(text, "2026-01-25T01:02:03.456789012Z")].map((line) => ({
        file: logFile("pay-1"),
        line,
      }));
    });

  it("makes the records of 10,000 lines of the log generator, and what is bad is invalid", async () => {
    const { lines, expected } = corpus({ count: 10_000 });
    const around = await neighbours();
    const program = begin(around);
    write(around, lines);
    await vi.waitFor(() => expect(around.payloads).toHaveLength(10_000), PATIENCE);
    await program.stop("SIGTERM");
    const verdicts = around.payloads.map((json) => validateRecord(JSON.parse(json)));
    const sorted = (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).sort();
    const valid = verdicts.flatMap((verdict) => (verdict.ok ? [verdict.record] : []));
    expect(sorted(valid)).toEqual(sorted(expected.flatMap(({ record }) => (record ? [record] : []))));
  });

  it("reads no pod without the label", async () => {
    const around = await neighbours((pod) => ({ labels: { "cali.io/logs": String(pod === "pay-1") } }));
    const program = begin(around);
    write(
      around,
      numbered(0, 10).map(({ line }) => ({ line, file: logFile("other-1") })),
    );
    write(around, numbered(10, 20));
    await vi.waitFor(() => expect(numbers(around).size).toBe(10), PATIENCE);
    await program.stop("SIGTERM");
    expect([...numbers(around)].every((number) => Number(number) >= 10)).toBe(true);
  });

  it("names the pod while the API server doesn't answer", async () => {
    const around = await neighbours(() => undefined);
    const program = begin(around);
    write(around, numbered(0, 10));
    await vi.waitFor(() => expect(numbers(around).size).toBe(10), PATIENCE);
    await program.stop("SIGTERM");
    expect(around.payloads.map((json) => validateRecord(JSON.parse(json)).ok)).not.toContain(false);
    expect(around.payloads[0]).toContain('"pod_name":"pay-1"');
  });

  /** Ends the program with a signal while lines come, starts it anew, and gives what never came. */
  async function lostTo(signal: "SIGTERM" | "SIGKILL"): Promise<number[]> {
    const around = await neighbours();
    const first = begin(around);
    write(around, numbered(0, 2_000));
    await vi.waitFor(() => expect(numbers(around).size).toBeGreaterThan(0), PATIENCE);
    const ending = first.stop(signal);
    write(around, numbered(2_000, 4_000));
    await ending;
    const second = begin(around);
    write(around, numbered(4_000, 4_100));
    await vi.waitFor(() => expect(numbers(around)).toContain("4099"), PATIENCE);
    await second.stop("SIGTERM");
    const came = numbers(around);
    return Array.from({ length: 4_100 }, (_, number) => number).filter((number) => !came.has(String(number)));
  }

  it("loses nothing to a restart while lines come", async () => {
    expect(await lostTo("SIGTERM")).toEqual([]);
  });

  it("loses at most the message that waits for its stack trace when it is killed", async () => {
    expect((await lostTo("SIGKILL")).length).toBeLessThanOrEqual(1);
  });

  it("loses nothing to a stream that takes nothing, nor to a restart meanwhile", async () => {
    const around = await neighbours();
    around.blocked = true;
    const first = begin(around);
    write(around, numbered(0, 3_000));
    await vi.waitFor(() => expect(around.refused).toBeGreaterThan(500), PATIENCE);
    await first.stop("SIGTERM");
    const second = begin(around);
    write(around, numbered(3_000, 3_100));
    around.blocked = false;
    await vi.waitFor(() => expect(numbers(around).size).toBe(3_100), PATIENCE);
    await second.stop("SIGTERM");
  });
});
