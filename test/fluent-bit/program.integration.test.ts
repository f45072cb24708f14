import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { validateRecord } from "@cali/log-record";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LateDeliveries } from "../../services/consumer/src/decode/late-deliveries.ts";
import { arrived, numberedLog } from "./support/arrived.ts";
import type { PodLookup } from "./support/chain.ts";
import { ContainerLog } from "./support/container-log.ts";
import { corpus } from "./support/corpus.ts";
import { Neighbours, startFluentBit } from "./support/program.ts";

/**
 * Fluent Bit itself, where there is one: no registry of packages has it, so `FLUENT_BIT` names the program. It runs the values
 * file's configuration against a Kinesis and an API server of its own, and must do what its equal in `chain.test.ts` does.
 * `TIMES`: how often each test runs, in a row. `AWAY_SECONDS`: how long the stream is away.
 */
const BINARY = process.env.FLUENT_BIT;
const TIMES = Number(process.env.TIMES ?? 1);
const AWAY_SECONDS = Number(process.env.AWAY_SECONDS ?? 10);
const SELECTED: PodLookup = () => ({ labels: { "cali.io/logs": "true" } });
const PATIENCE = { timeout: 400_000, interval: 200 };

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
  const logOf = (around: Neighbours, pod = "pay-1") => new ContainerLog(join(around.folder, "pods"), pod);
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => numberedLog(from + index));

  /** Waits until all numbers are there, ends the program, and holds that none is lost, doubled or in another's record. */
  async function allOf(count: number, around: Neighbours, program: ReturnType<typeof begin>) {
    const missing = () => {
      const { whole } = arrived(around.payloads);
      return Array.from({ length: count }, (_, number) => number).filter((number) => !whole.has(number));
    };
    await vi.waitFor(() => expect(missing()).toEqual([]), PATIENCE);
    await program.stop("SIGTERM");
    const all = arrived(around.payloads);
    expect({ lost: missing(), doubled: all.doubled, glued: all.glued }).toEqual({
      lost: [],
      doubled: [],
      glued: [],
    });
    if (all.cut > 0) console.log(`${all.cut} of ${count} logs came in pieces`);
    return all;
  }
  const someArrived = (around: Neighbours, most = 0) =>
    vi.waitFor(() => expect(around.payloads.length).toBeGreaterThan(most), PATIENCE);

  const times = Array.from({ length: TIMES }, (_, index) => index + 1);
  describe.each(times)("run %i", () => {
    it("makes the records of 10,000 lines of the log generator, and what is bad is invalid", async () => {
      const { lines, expected } = corpus({ count: 10_000 });
      const around = await neighbours();
      const program = begin(around);
      for (const { file, line } of lines) {
        const path = join(around.folder, "pods", file);
        mkdirSync(dirname(path), { recursive: true });
        appendFileSync(path, `${line}\n`);
      }
      await vi.waitFor(() => expect(around.payloads.length).toBeGreaterThanOrEqual(10_000), PATIENCE);
      await program.stop("SIGTERM");
      const values = around.payloads.map((json) => {
        const { source_id, ...value } = JSON.parse(json);
        expect(source_id).toMatch(/^5b1c3a52-/);
        return value as Record<string, unknown>;
      });
      // What is too long for a record may come in pieces, none of which is valid either.
      const sorted = (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).sort();
      const valid = values.map(validateRecord).flatMap((verdict) => (verdict.ok ? [verdict.record] : []));
      expect(sorted(valid)).toEqual(sorted(expected.flatMap(({ record }) => (record ? [record] : []))));
    });

    it("reads no pod without the label", async () => {
      const around = await neighbours((pod) => ({ labels: { "cali.io/logs": String(pod === "pay-1") } }));
      const program = begin(around);
      logOf(around, "other-1").write(numbered(0, 10));
      logOf(around).write(numbered(10, 20));
      await vi.waitFor(() => expect(arrived(around.payloads).whole.size).toBe(10), PATIENCE);
      await program.stop("SIGTERM");
      expect([...arrived(around.payloads).whole].every((number) => number >= 10)).toBe(true);
    });

    it("names the pod while the API server doesn't answer", async () => {
      const around = await neighbours(() => undefined);
      const program = begin(around);
      logOf(around).write(numbered(0, 10));
      await allOf(10, around, program);
      expect(around.payloads[0]).toContain('"pod_name":"pay-1"');
    });

    it("loses nothing in ten restarts while lines come", async () => {
      const around = await neighbours();
      const log = logOf(around);
      let program = begin(around);
      let next = 0;
      const write = (count: number) => {
        log.write(numbered(next, next + count));
        next += count;
      };
      for (let restart = 0; restart < 10; restart += 1) {
        const before = around.payloads.length;
        write(400);
        await someArrived(around, before);
        write(300);
        // The last line before the end waits for its stack trace.
        const ending = program.stop("SIGTERM");
        write(300);
        await ending;
        program = begin(around);
      }
      // What waits for its stack trace is put out before the end: `hold` in the values says why.
      await allOf(next, around, program);
    });

    it("loses at most the message of each container that waits for its stack trace when it is killed", async () => {
      const around = await neighbours();
      const log = logOf(around);
      const first = begin(around);
      log.write(numbered(0, 2_000));
      await someArrived(around);
      const ending = first.stop("SIGKILL");
      log.write(numbered(2_000, 4_000));
      await ending;
      const second = begin(around);
      log.write(numbered(4_000, 4_100));
      await vi.waitFor(
        () => expect(arrived(around.payloads).whole.size).toBeGreaterThanOrEqual(4_099),
        PATIENCE,
      );
      await second.stop("SIGTERM");
      expect(arrived(around.payloads).doubled).toEqual([]);
    });

    it("reads on where the kubelet rotated while it was away", async () => {
      const around = await neighbours();
      const log = logOf(around);
      const first = begin(around);
      log.write(numbered(0, 1_000));
      await someArrived(around);
      await first.stop("SIGTERM");
      log.write(numbered(1_000, 1_342));
      log.rotate();
      log.write(numbered(1_342, 2_000));
      await allOf(2_000, around, begin(around));
    });

    it("doubles nothing of a file that was rotated while it ran, after a restart and another rotation", async () => {
      const around = await neighbours();
      const log = logOf(around);
      let program = begin(around);
      log.write(numbered(0, 1_000));
      await vi.waitFor(() => expect(arrived(around.payloads).whole.size).toBe(1_000), PATIENCE);
      log.rotate();
      log.write(numbered(1_000, 2_000));
      await vi.waitFor(() => expect(arrived(around.payloads).whole.size).toBe(2_000), PATIENCE);
      await program.stop("SIGTERM");
      program = begin(around);
      log.write(numbered(2_000, 3_000));
      log.rotate();
      log.write(numbered(3_000, 4_000));
      const { payloads, cut } = await allOf(4_000, around, program);
      // The stream, too, has each once: searches need no ids for this.
      expect(payloads).toBe(4_000 + cut);
    });

    it("reads a file that was rotated before it was seen", async () => {
      const around = await neighbours();
      const program = begin(around);
      logOf(around, "known-1").write(numbered(0, 10));
      await someArrived(around);
      const log = logOf(around, "new-1");
      log.write(numbered(10, 500));
      log.rotate();
      log.write(numbered(500, 1_000));
      const { payloads, cut } = await allOf(1_000, around, program);
      expect(payloads).toBe(1_000 + cut);
    });

    it.each([0.02, 0.2])(
      "loses and doubles nothing while the stream refuses %f of the records",
      async (share) => {
        const around = await neighbours();
        around.refusal = share;
        const program = begin(around);
        logOf(around).write(numbered(0, 3_000));
        // All the time: few records are in a chunk, so that each comes through.
        const { payloads } = await allOf(3_000, around, program);
        expect(around.refused).toBeGreaterThan(0);
        console.log(`refusing ${share}: ${payloads} payloads of 3,000 logs`);
      },
    );

    it("loses nothing to a stream that is away, nor to a restart meanwhile", async () => {
      const around = await neighbours();
      around.isAway = true;
      const log = logOf(around);
      const first = begin(around);
      log.write(numbered(0, 2_000));
      await vi.waitFor(() => expect(around.refused).toBeGreaterThan(0), PATIENCE);
      await wait(AWAY_SECONDS * 1_000);
      await first.stop("SIGTERM");
      const second = begin(around);
      log.write(numbered(2_000, 3_000));
      around.isAway = false;
      await allOf(3_000, around, second);
      // The consumer hears of it: now, or where the stream is not away for two minutes here, as if it had been.
      const deliveries = new LateDeliveries();
      const at = Date.now() + Math.max(0, 121 - AWAY_SECONDS) * 1_000;
      const alerts = around.payloads.map((payload) => deliveries.see(JSON.parse(payload), at));
      expect(alerts.filter((one) => one !== undefined)).toMatchObject([{ error_code: "LATE_DELIVERIES" }]);
    });

    it("keeps foreign lines apart, and what is below a byte that is no UTF-8", async () => {
      const around = await neighbours();
      const program = begin(around);
      const log = logOf(around);
      for (let number = 0; number < 200; number += 1) {
        log.write([
          numberedLog(number, "INFO"),
          '{"level":"ERROR","message":"json"}',
          "panic: runtime error",
        ]);
        log.write([Buffer.from(`[ERROR] 2026-01-25T01:02:03.456Z pay/1.0 [-]: byte ${number}`)]);
        log.write([Buffer.from("\tat \xff\xfe", "latin1"), Buffer.from(`\tat below ${number}`)]);
      }
      await vi.waitFor(() => expect(around.payloads).toHaveLength(800), PATIENCE);
      await program.stop("SIGTERM");
      const values = around.payloads.map((json) => JSON.parse(json) as Record<string, unknown>);
      const isWhole = ({ log_content }: Record<string, unknown>) =>
        /^byte (\d+)\n\tat .*\n\tat below \1$/.test(String(log_content));
      expect(values.filter(isWhole)).toHaveLength(200);
      expect(values.filter(({ message }) => /^number \d+$/.test(String(message)))).toHaveLength(200);
      expect(values.filter(({ message, level }) => message === "json" && level === "ERROR")).toHaveLength(
        200,
      );
      expect(values.filter(({ log }) => log === "panic: runtime error")).toHaveLength(200);
    });
  });
});
