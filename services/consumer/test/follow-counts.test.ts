import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import { noTotals } from "../src/core/totals.ts";
import type { Alert, Contribution } from "../src/core/types.ts";
import { AlertGrouper, type GroupingOptions } from "../src/group/alert-grouper.ts";
import { CountFollower } from "../src/pipeline/follow-counts.ts";
import { type Changes, changedSince, noteChanges } from "../src/state/changes.ts";
import type { StateStore } from "../src/state/types.ts";
import { HOUR, MINUTE, record, SECOND, START } from "./support/grouper-harness.ts";

/** Workers of two shards, a state, and a notifier that sees nothing but the state. */
class World {
  now = START;
  readonly notified: Alert[] = [];
  /** What was asked of the state: shard, and how many groups; undefined: all. */
  readonly asked: (string | number | undefined)[][] = [];
  listed = ["a", "b"];
  readonly #options: GroupingOptions;
  readonly #workers: Map<string, AlertGrouper>;
  readonly #contributions = new Map<string, Map<string, Contribution>>();
  readonly #changes = new Map<string, Changes>();
  readonly #ended = new Set<string>();
  #notifier: AlertGrouper;
  #follower: CountFollower;
  #sequence = 0;

  constructor(options: GroupingOptions = {}) {
    this.#options = { ...options, now: () => this.now };
    this.#workers = new Map(this.listed.map((shard) => [shard, new AlertGrouper(this.#options)]));
    this.#notifier = new AlertGrouper(this.#options);
    this.#follower = this.#follow();
  }

  #follow(): CountFollower {
    const store = {
      shards: async () =>
        [...this.#changes].map(([shardId, changes]) => ({
          checkpoint: { shardId, ended: this.#ended.has(shardId), totals: noTotals(), attempts: 0, changes },
        })),
      loadContributions: async (shardId: string, fingerprints?: readonly string[]) => {
        this.asked.push([shardId, fingerprints?.length]);
        const all = [...(this.#contributions.get(shardId)?.values() ?? [])];
        return structuredClone(
          fingerprints === undefined ? all : all.filter((one) => fingerprints.includes(one.fingerprint)),
        );
      },
      forgetShard: async (shardId: string) => {
        this.#changes.delete(shardId);
        this.#contributions.delete(shardId);
      },
    } as unknown as StateStore;
    return new CountFollower({
      store,
      grouper: this.#notifier,
      listShards: async () => this.listed,
      discoveryIntervalMs: 0,
      clock: systemClock,
      log: pino({ level: "silent" }),
    });
  }

  line(
    shardId: string,
    template: string,
    fields: Partial<Parameters<typeof record>[0]> = {},
    isNew = true,
    identity?: string,
  ) {
    this.#workers.get(shardId)?.observe({
      shardId,
      position: { sequenceNumber: String(++this.#sequence), index: 0 },
      record: record({ service: "auth", level: "ERROR", message: template, at: this.now, ...fields }),
      fingerprint: identity ? `${template}, ${identity}` : template,
      template,
      ...(identity !== undefined && { identity }),
      isNew,
      at: this.now,
    });
  }

  commit(shardId: string): void {
    const leftBehind = this.#workers.get(shardId)?.takeLeftBehind(shardId) ?? [];
    const dirty = this.#workers.get(shardId)?.takeDirty(shardId) ?? [];
    const kept = this.#contributions.get(shardId) ?? new Map<string, Contribution>();
    this.#contributions.set(shardId, kept);
    for (const one of dirty) kept.set(one.fingerprint, one);
    for (const fingerprint of leftBehind) kept.delete(fingerprint);
    const fingerprints = [...dirty.map(({ fingerprint }) => fingerprint), ...leftBehind];
    this.#changes.set(shardId, noteChanges(this.#changes.get(shardId), fingerprints));
  }

  /** A worker learns what of its groups was notified, as it does when they are many. */
  learn(shardId: string): void {
    this.#workers.get(shardId)?.restore([], [...this.#metas.values()]);
  }

  /** Groups that the notifier has in memory. */
  get groups(): number {
    return this.#notifier.size;
  }

  end(shardId: string): void {
    this.#ended.add(shardId);
  }

  /** The notifier is started anew; groups that were notified are in the state. */
  restart(): void {
    const metas = this.#metas;
    this.#notifier = new AlertGrouper(this.#options);
    this.#notifier.restore([], [...metas.values()]);
    this.#follower = this.#follow();
  }

  readonly #metas = new Map<string, ReturnType<AlertGrouper["due"]>[number]["meta"]>();

  /** Looks at the state, and notifies what is due. */
  async look(): Promise<Alert[]> {
    await this.#follower.follow(new AbortController().signal);
    const due = this.#notifier.due(this.now);
    const alerts: Alert[] = [];
    for (const { meta, along = [], alert } of due) {
      const metas = [meta, ...along];
      const others = metas.flatMap((one) => {
        const current = this.#metas.get(one.fingerprint);
        return current && current.notifications !== one.notifications - 1 ? [current] : [];
      });
      if (others.length > 0) {
        this.#notifier.restore([], others);
        continue;
      }
      for (const one of metas) {
        this.#metas.set(one.fingerprint, one);
        this.#notifier.confirm(one);
      }
      alerts.push(alert);
    }
    this.notified.push(...alerts);
    return alerts;
  }
}

describe("a notifier that follows what workers count", () => {
  it("notifies with the counts of all shards, and what the last line said of itself", async () => {
    const world = new World();
    world.line("a", "disk is full");
    world.now += SECOND;
    world.line("b", "disk is full", { content: "disk is full\n\tat com.acme.Disk.write(Disk.java:3)" });
    world.commit("a");
    world.commit("b");
    expect(await world.look()).toMatchObject([
      {
        service: "auth",
        template: "disk is full",
        count: 2,
        isNew: true,
        ownFrames: ["com.acme.Disk.write"],
        podName: expect.any(String),
      },
    ]);
    expect(world.notified[0]?.rate?.at(-1)).toBe(2);
    expect(await world.look()).toEqual([]);
  });

  it("waits for more of a known kind, as the process that counts would", async () => {
    const world = new World({ groupWaitMs: 30 * SECOND });
    world.line("a", "disk is full", {}, false);
    world.commit("a");
    expect(await world.look()).toEqual([]);
    world.now += 31 * SECOND;
    world.line("a", "disk is full", {}, false);
    world.commit("a");
    expect(await world.look()).toMatchObject([{ count: 2 }]);
  });

  it("notices that a group comes back after it was quiet", async () => {
    const world = new World({ groupIntervalMs: 5 * MINUTE, repeatIntervalMs: 4 * HOUR });
    world.line("a", "disk is full");
    world.commit("a");
    await world.look();
    world.now += 20 * MINUTE;
    world.line("a", "disk is full");
    world.commit("a");
    expect(await world.look()).toMatchObject([{ count: 1, total: 2 }]);
  });

  it("counts warnings of all shards before they are loud", async () => {
    const world = new World({ warnLeastLines: 4, warnWindowMs: MINUTE });
    for (const shard of ["a", "b"]) {
      world.line(shard, "slow", { level: "WARN" });
      world.line(shard, "slow", { level: "WARN" });
      world.commit(shard);
    }
    expect(await world.look()).toMatchObject([{ count: 4, level: "WARN" }]);
  });

  it("reads all of a shard once, and then what has changed", async () => {
    const world = new World();
    for (const template of ["one", "two", "three"]) world.line("a", template);
    world.commit("a");
    await world.look();
    world.line("a", "two");
    world.commit("a");
    await world.look();
    await world.look();
    expect(world.asked).toEqual([
      ["a", undefined],
      ["a", 1],
    ]);
  });

  it("lets go of a group when its workers have, and notifies its next line", async () => {
    const world = new World({ maxGroups: 3, newKindsAnHour: 1_000 });
    for (let kind = 0; kind < 30; kind++) {
      world.line("a", `kind ${kind}`);
      world.commit("a");
      await world.look();
      world.learn("a");
    }
    world.commit("a");
    await world.look();
    expect(world.groups).toBeLessThanOrEqual(4);
    expect(world.notified).toHaveLength(30);
    world.now += HOUR;
    world.line("a", "kind 0");
    world.commit("a");
    for (let look = 0; look < 3; look++) await world.look();
    expect(world.notified).toHaveLength(31);
    expect(world.notified.at(-1)).toMatchObject({ template: "kind 0", count: 1, isNew: false });
  });

  it("forgets an ended shard when the stream does, and not before", async () => {
    const world = new World();
    world.line("a", "disk is full");
    world.commit("a");
    world.end("a");
    expect(await world.look()).toHaveLength(1);
    world.listed = ["b"];
    await world.look();
    world.asked.length = 0;
    world.line("b", "no route");
    world.commit("b");
    expect(await world.look()).toMatchObject([{ template: "no route" }]);
    expect(world.asked).toEqual([["b", undefined]]);
  });

  it("notifies every line once, however commits, looks and restarts fall", async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("line"), shard: fc.constantFrom("a", "b"), which: fc.nat(3) }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("commit"), shard: fc.constantFrom("a", "b") }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("look") }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("restart") }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("pass"), ms: fc.integer({ min: 1, max: HOUR }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const world = new World();
        let lines = 0;
        for (const one of steps as { do: string; shard?: string; which?: number; ms?: number }[]) {
          if (one.do === "line") {
            world.line(one.shard as string, `kind ${one.which}`);
            lines++;
          } else if (one.do === "commit") world.commit(one.shard as string);
          else if (one.do === "look") await world.look();
          else if (one.do === "restart") world.restart();
          else world.now += one.ms ?? 0;
        }
        for (const shard of ["a", "b"]) world.commit(shard);
        for (let hour = 0; hour < 10; hour++) {
          await world.look();
          world.now += HOUR;
        }
        expect(world.notified.reduce((sum, { count }) => sum + count, 0)).toBe(lines);
        const ids = world.notified.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe("what has changed", () => {
  it("is known of the last commits with at most 100 groups, and says so of earlier ones", () => {
    let changes: Changes | undefined;
    for (let commit = 0; commit < 60; commit++) changes = noteChanges(changes, [`a${commit}`, `b${commit}`]);
    const all = changes as Changes;
    expect(all.last.flat()).toHaveLength(100);
    expect(changedSince(all, 58)).toEqual(["a58", "b58", "a59", "b59"]);
    expect(changedSince(all, 60)).toEqual([]);
    expect(changedSince(all, 9)).toBeUndefined();
    expect(changedSince(all, 61)).toBeUndefined();
    expect(noteChanges(all, []).commits).toBe(60);
    const many = noteChanges(
      all,
      Array.from({ length: 101 }, (_, place) => String(place)),
    );
    expect(many).toEqual({ commits: 61, last: [] });
    expect(changedSince(many, 60)).toBeUndefined();
  });
});

describe("one error with a stack trace on one shard and without on the other", () => {
  const named = "java.sql.SQLException";

  it("is one alert, and stays one after the notifier is started anew", async () => {
    const world = new World();
    world.line("a", "no seat", {}, true, "");
    world.line("b", "no seat", {}, true, named);
    world.commit("a");
    world.commit("b");
    expect(await world.look()).toMatchObject([
      { fingerprint: `no seat, ${named}`, count: 2, along: ["no seat"] },
    ]);
    world.restart();
    world.line("a", "no seat", {}, false, "");
    world.commit("a");
    world.now += MINUTE;
    expect(await world.look()).toEqual([]);
    world.now += 5 * HOUR;
    expect(await world.look()).toMatchObject([{ fingerprint: `no seat, ${named}`, count: 1, total: 3 }]);
  });
});
