import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Alert } from "../src/core/types.ts";
import { PARTS_OF_VERSIONS, Versions } from "../src/group/versions.ts";
import { keepVersions, takeUpVersions } from "../src/pipeline/stages/keep-versions.ts";
import { HOUR, MINUTE, START } from "./support/grouper-harness.ts";
import { MemoryNotes } from "./support/memory-notes.ts";
import { PipelineHarness } from "./support/pipeline-harness.ts";
import { until } from "./support/process.ts";
import { logRecord } from "./support/records.ts";
import { Rig } from "./support/rig.ts";

const DAY = 24 * HOUR;

describe("versions", () => {
  it("are new for an hour, the first of all never, and one that was seen before not again", () => {
    let now = START;
    const versions = new Versions(() => now);
    versions.see("auth", "1");
    expect(versions.changeOf("auth")).toBeUndefined();
    now += MINUTE;
    versions.see("auth", "2");
    versions.see("auth", "1");
    versions.see("auth", "2");
    const change = { version: "2", since: START + MINUTE, before: "1" };
    expect(versions.changeOf("auth")).toEqual(change);
    now += HOUR;
    expect(versions.changeOf("auth")).toEqual(change);
    now += 1;
    expect(versions.changeOf("auth")).toBeUndefined();
    expect(versions.changeOf("cart")).toBeUndefined();
  });

  it("are none where a line says none", () => {
    const versions = new Versions(() => START);
    for (const version of ["1", "unknown"]) versions.see("auth", version);
    expect(versions.changeOf("auth")).toBeUndefined();
  });

  it("are remembered of the last twenty", () => {
    let now = START;
    const versions = new Versions(() => now);
    for (let n = 0; n < 25; n++) {
      versions.see("auth", `v${n}`);
      now += 4 * MINUTE;
    }
    versions.see("auth", "v10");
    expect(versions.changeOf("auth")).toMatchObject({ version: "v24" });
    versions.see("auth", "v0");
    expect(versions.changeOf("auth")).toMatchObject({ version: "v0", before: "v24" });
  });

  it("are at most twenty an hour of a service that has another with every line", () => {
    let now = START;
    const versions = new Versions(() => now);
    let kept = 0;
    for (let n = 0; n < 7_200; n++) {
      versions.see("auth", `v${n}`);
      now += 1_000;
      for (const part of versions.unkept) {
        versions.keep(part).done();
        kept++;
      }
    }
    expect(kept).toBe(40);
  });

  it("are remembered of 2,000 services; one that changed more than a day ago leaves its place", () => {
    let now = START;
    const versions = new Versions(() => now);
    const services = () =>
      new Set(
        Array.from({ length: PARTS_OF_VERSIONS }, (_, part) => versions.keep(part).text).flatMap((text) =>
          (JSON.parse(text) as [string][]).map(([name]) => name),
        ),
      );
    for (let n = 0; n < 4_000; n++) versions.see(`s${n}`, "1");
    const first = services();
    expect(first.size).toBe(2_000);
    now += DAY;
    versions.see("s0", "2");
    for (let n = 0; n < 4_000; n++) versions.see(`late${n}`, "1");
    expect(services()).toEqual(first);
    now += 1;
    for (let n = 0; n < 4_000; n++) versions.see(`late${n}`, "1");
    const second = services();
    expect(second.size).toBe(2_000);
    expect([...second].filter((name) => first.has(name))).toEqual(["s0"]);
    expect(versions.changeOf("s0")).toMatchObject({ version: "2", before: "1" });
    expect(versions.changeOf("late0")).toBeUndefined();
  });

  it("fit into an item of DynamoDB, however long their names are", () => {
    const versions = new Versions(() => START);
    const nameOf = (n: number) => `${n}`.padEnd(63, "x");
    for (let n = 0; n < 4_000; n++) versions.see(nameOf(n), "0".padEnd(64, "x"));
    const full = JSON.parse(versions.keep(0).text) as [string][];
    for (const [service] of full) {
      for (let v = 1; v < 20; v++) versions.see(service, `${v}`.padEnd(64, "x"));
    }
    const size = Buffer.byteLength(versions.keep(0).text);
    expect(size).toBeGreaterThan(200_000);
    expect(size).toBeLessThan(220_000);
  });

  it("are the same after any number of restarts and replicas", () => {
    const line = fc.record({
      replica: fc.nat(2),
      restarts: fc.boolean(),
      service: fc.constantFrom("auth", "cart", "search"),
      version: fc.constantFrom("1", "2", "3", "unknown"),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        let now = START;
        const make = () => new Versions(() => now);
        const state = new Map<number, string>();
        const load = (versions: Versions) => {
          for (const text of state.values()) versions.restore(text);
          return versions;
        };
        const one = make();
        const replicas = [make(), make(), make()];
        for (const { replica, restarts, service, version } of lines) {
          now += 7 * MINUTE;
          one.see(service, version);
          const versions = restarts ? load(make()) : (replicas[replica] as Versions);
          replicas[replica] = versions;
          versions.see(service, version);
          for (const part of versions.unkept) {
            versions.restore(state.get(part) ?? "");
            const { text, done } = versions.keep(part);
            state.set(part, text);
            done();
          }
          const seen = load(make());
          for (const name of ["auth", "cart", "search"])
            expect(seen.changeOf(name)).toEqual(one.changeOf(name));
        }
      }),
    );
  });

  it("are not kept again when nothing changed, and are when something did meanwhile", () => {
    const versions = new Versions(() => START);
    versions.see("auth", "1");
    const [part = -1, ...others] = versions.unkept;
    expect(others).toEqual([]);
    const { text, done } = versions.keep(part);
    expect(JSON.parse(text)).toEqual([["auth", [["1", START]]]]);
    versions.see("auth", "2");
    done();
    expect(versions.unkept).toEqual([part]);
    versions.keep(part).done();
    expect(versions.unkept).toEqual([]);
    versions.see("auth", "1");
    expect(versions.unkept).toEqual([]);
  });

  it.each(["", "{", "[]", "{}", '[["auth"]]', '[["auth",[["1","now"]]]]', "null"])(
    "are none in the text %j",
    (text) => {
      const versions = new Versions(() => START);
      versions.restore(text);
      for (let part = 0; part < PARTS_OF_VERSIONS; part++) expect(versions.keep(part).text).toBe("[]");
    },
  );
});

describe("keeping them", () => {
  it("comes before the checkpoint, waits for the state, and costs nothing while nothing changes", async () => {
    const harness = new PipelineHarness();
    const get = vi.spyOn(harness.notes, "get");
    const set = vi.spyOn(harness.notes, "set");
    set.mockRejectedValueOnce(new Error("throttled"));
    const order: string[] = [];
    const shard = await harness.open();
    const line = (version: string) => JSON.stringify(logRecord({ service: "auth", version }));
    await shard.take([line("1"), line("1")]);
    expect(set).toHaveBeenCalledTimes(2);
    expect(harness.commits).toHaveLength(1);
    await shard.take([line("1")], { first: 3 });
    expect(get).toHaveBeenCalledTimes(2);
    expect(set).toHaveBeenCalledTimes(2);
    set.mockImplementationOnce(async () => void order.push(`note ${harness.commits.length}`));
    await shard.take([line("2")], { first: 4 });
    expect(order).toEqual(["note 2"]);
    expect(harness.commits).toHaveLength(3);
  });

  it("of several shards at once, the newest text is the last", async () => {
    const notes = new MemoryNotes();
    const versions = new Versions(() => START);
    const held: (() => void)[] = [];
    vi.spyOn(notes, "set").mockImplementation(async (key, value) => {
      await new Promise<void>((resolve) => held.push(resolve));
      notes.values.set(key, value);
    });
    const stage = keepVersions(async (_, __, write) => await write(), notes, versions);
    const keep = () => stage(undefined as never, undefined as never);
    versions.see("auth", "1");
    const first = keep();
    await vi.waitFor(() => expect(held).toHaveLength(1));
    versions.see("auth", "2");
    const second = keep();
    const third = keep();
    held[0]?.();
    await first;
    await vi.waitFor(() => expect(held).toHaveLength(2));
    held[1]?.();
    await Promise.all([second, third]);
    expect(held).toHaveLength(2);
    const restarted = new Versions(() => START);
    await takeUpVersions(notes, restarted);
    expect(restarted.changeOf("auth")).toMatchObject({ version: "2", before: "1" });
  });
});

it("what changed is said after a restart as before it", async () => {
  const rig = await Rig.create();
  const put = (service: string, version: string, message: string) =>
    rig.kinesis.put(JSON.stringify(logRecord({ level: "ERROR", service, version, message })));
  const run = async (lines: readonly Parameters<typeof put>[]) => {
    const consumer = await rig.start();
    const found = new Map<string, Alert["changed"]>();
    consumer.events.on("alert", ({ template, changed }) => found.set(template, changed));
    for (const line of lines) put(...line);
    await until("the alerts", () => found.size === lines.length);
    await rig.stop(consumer);
    return found;
  };
  const before = await run([
    ["payment", "1.4.0", "the card is declined"],
    ["payment", "1.5.0", "the ledger is locked"],
    ["search", "7", "the index is gone"],
  ]);
  const change = before.get("the ledger is locked");
  expect(change).toMatchObject({ version: "1.5.0", before: "1.4.0" });
  const after = await run([
    ["payment", "1.4.0", "the receipt is empty"],
    ["payment", "1.5.0", "the clock is wrong"],
    ["search", "7", "the crawler is stuck"],
  ]);
  expect(after).toEqual(
    new Map([
      ["the receipt is empty", change],
      ["the clock is wrong", change],
      ["the crawler is stuck", undefined],
    ]),
  );
});
