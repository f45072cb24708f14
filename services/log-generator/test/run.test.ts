import { describe, expect, it } from "vitest";
import { SinkError } from "../src/errors.ts";
import type { GeneratedLine } from "../src/generate.ts";
import { run } from "../src/run.ts";
import { emptyCounters, refuse, type Sink } from "../src/sinks/types.ts";
import { makeLines } from "./support/lines.ts";

const NEVER = new AbortController().signal;

/** Keeps what it is given until `close`, then accepts it. */
class Memory implements Sink {
  readonly counters = emptyCounters();
  readonly lines: GeneratedLine[] = [];
  failure: SinkError | undefined;
  onWrite: (line: GeneratedLine) => Promise<void> | undefined = () => undefined;

  write(line: GeneratedLine): Promise<void> | undefined {
    this.lines.push(line);
    return this.onWrite(line);
  }

  async close(): Promise<void> {
    if (this.failure === undefined) this.counters.accepted = this.lines.length;
    else refuse(this.counters, this.lines.length, this.failure.message);
  }
}

const usual = { speed: Number.POSITIVE_INFINITY, stop: NEVER, grace: 1_000 } as const;

describe("run", () => {
  it("gives every line to the sink and to the labels, in order", async () => {
    const [lines, sink, labels] = [makeLines({ count: 5_000 }), new Memory(), new Memory()];
    const summary = await run({ ...usual, lines, sink, labels });
    expect(sink.lines).toEqual(lines);
    expect(labels.lines).toEqual(lines);
    expect(summary).toMatchObject({ made: 5_000, accepted: 5_000, refused: 0 });
    expect(summary.failure).toBeUndefined();
  });

  it("sends no line before its time, at the given speed", async () => {
    const [lines, sink] = [makeLines({ count: 200, rate: 1_000 }), new Memory()];
    const times: number[] = [];
    sink.onWrite = () => void times.push(performance.now());
    const began = performance.now();
    await run({ ...usual, lines, sink, speed: 0.5 });
    for (const [index, line] of lines.entries()) {
      // A timer may fire up to a millisecond early.
      expect((times[index] ?? 0) - began).toBeGreaterThan((line.at - (lines[0]?.at ?? 0)) / 0.5 - 2);
    }
  });

  it("waits for a sink that holds it back", async () => {
    const sink = new Memory();
    let waiting = 0;
    sink.onWrite = async () => {
      waiting += 1;
      expect(waiting).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      waiting -= 1;
    };
    await run({ ...usual, lines: makeLines({ count: 100 }), sink });
    expect(sink.lines).toHaveLength(100);
  });

  it("stops between lines, while it waits for the next one's time, and while the sink holds it back", async () => {
    const stop = new AbortController();
    const busy = new Memory();
    busy.onWrite = (line) => (line.index === 99 ? void stop.abort() : undefined);
    expect(await run({ ...usual, lines: makeLines(), sink: busy, stop: stop.signal })).toMatchObject({
      made: 100,
    });

    // Each is told to stop once it waits.
    const stopped = async (onWrite: Memory["onWrite"], more: object) => {
      const later = new AbortController();
      const sink = new Memory();
      sink.onWrite = (line) => {
        setImmediate(() => later.abort());
        return onWrite(line);
      };
      return run({ ...usual, lines: makeLines(), ...more, sink, stop: later.signal });
    };
    const slow = { lines: makeLines({ rate: 0.001 }), speed: 1 };
    expect(await stopped(() => undefined, slow)).toMatchObject({ made: 1, accepted: 1 });
    expect(await stopped(() => new Promise(() => undefined), {})).toMatchObject({ made: 1, accepted: 1 });
  });

  it("makes no more lines once the sink or the labels have failed, and says why", async () => {
    for (const failing of ["sink", "labels"] as const) {
      const parts = { sink: new Memory(), labels: new Memory() };
      parts[failing].onWrite = ({ index }) => {
        if (index === 9) parts[failing].failure = new SinkError("the disk is full");
        return undefined;
      };
      const summary = await run({ ...usual, ...parts, lines: makeLines() });
      expect(summary).toMatchObject({ made: 10, failure: "the disk is full" });
      expect(summary.accepted + summary.refused).toBe(10);
    }
  });
});
