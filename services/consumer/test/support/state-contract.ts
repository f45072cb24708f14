import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LeaseLostError } from "../../src/core/errors.ts";
import { noTotals } from "../../src/core/totals.ts";
import type { Alert, Contribution, GroupMeta, TemplateState } from "../../src/core/types.ts";
import type { Lease, StateStore } from "../../src/state/types.ts";
import { freshCheckpoint } from "../../src/state/types.ts";

const contribution = (shardId: string, fingerprint: string, count: number): Contribution => ({
  shardId,
  fingerprint,
  count,
  byLevel: { ERROR: count },
  firstSeen: 1,
  lastSeen: count,
  samples: ["a line"],
  upTo: { sequenceNumber: String(count), index: 0 },
});

export const meta = (fingerprint: string, notifications: number): GroupMeta => ({
  fingerprint,
  service: "checkout",
  template: "it broke",
  level: "ERROR",
  createdAt: 1,
  notifiedAt: notifications,
  notifiedTotals: { a: notifications },
  notifications,
});

export const alert = (id: string): Alert => ({
  id,
  fingerprint: "f",
  service: "checkout",
  level: "ERROR",
  template: "it broke",
  count: 1,
  total: 1,
  suppressed: 0,
  firstSeen: 1,
  lastSeen: 1,
  samples: ["a line"],
  isNew: true,
  muted: [],
});

const template = (fingerprint: string, count: number): TemplateState => ({
  fingerprint,
  service: "checkout",
  tokens: ["it", "broke"],
  count,
  firstSeen: 1,
  lastSeen: count,
});

/** Until the clock that orders what waits has gone on. */
async function nextMillisecond(): Promise<void> {
  for (const now = Date.now(); Date.now() === now; ) await new Promise((resolve) => setImmediate(resolve));
}

/** What every state store promises. `open` gives one on fresh state, `reopen` another one on the same. */
export function stateContract(
  open: () => Promise<{ store: StateStore; reopen(): Promise<StateStore> }>,
  { runs }: { runs: number },
): void {
  describe("leases", () => {
    it("are taken once, renewed by their owner alone, and refused to whoever lost them", async () => {
      const { store } = await open();
      const first = await store.acquireLease("a", "one");
      if (!first) throw new Error("a fresh shard's lease was refused");
      const renewed = await store.renewLease(first);
      const second = await store.acquireLease("a", "two", renewed);
      if (!second) throw new Error("an expired lease was not handed over");
      expect(second.epoch).toBeGreaterThan(first.epoch);
      const stale = { lease: first, checkpoint: freshCheckpoint("a"), templates: [], contributions: [] };
      await expect(store.renewLease(first)).rejects.toThrow("another process has taken it");
      await expect(store.commitBatch(stale)).rejects.toThrow("another process has taken it");
      await expect(store.countAttempt(first, 0)).rejects.toThrow("another process has taken it");
      await store.releaseLease(first);
      expect((await store.shards())[0]?.lease).toMatchObject({ owner: "two", epoch: second.epoch });
      await store.releaseLease(second);
      expect((await store.shards())[0]?.lease?.owner).toBe("");
      expect(await store.acquireLease("a", "three")).toMatchObject({ owner: "three" });
    });
  });

  describe("batches", () => {
    it("are there as a whole after opening again, whatever their size", async () => {
      const { store, reopen } = await open();
      const lease = await store.acquireLease("a", "one");
      if (!lease) throw new Error("no lease");
      const totals = { records: 3, valid: 2, invalid: 1, byLevel: { ERROR: 2 } };
      const checkpoint = { shardId: "a", sequenceNumber: "49".repeat(28), ended: false, totals, attempts: 0 };
      const templates = Array.from({ length: 60 }, (_, i) => template(`t${i}`, i));
      const contributions = Array.from({ length: 250 }, (_, i) => contribution("a", `f${i}`, i + 1));
      await store.commitBatch({ lease, checkpoint, templates, contributions });
      const again = await reopen();
      expect((await again.shards())[0]?.checkpoint).toEqual(checkpoint);
      const byFingerprint = (x: { fingerprint: string }, y: { fingerprint: string }) =>
        x.fingerprint < y.fingerprint ? -1 : 1;
      expect((await again.loadTemplates()).sort(byFingerprint)).toEqual([...templates].sort(byFingerprint));
      expect((await again.loadContributions("a")).sort(byFingerprint)).toEqual(
        [...contributions].sort(byFingerprint),
      );
      expect(await again.loadContributions("b")).toEqual([]);
    });

    it("drop what was let go, at any number, and nothing when the lease is lost", async () => {
      const { store } = await open();
      const lease = (await store.acquireLease("a", "one")) as Lease;
      const contributions = Array.from({ length: 120 }, (_, i) => contribution("a", `f${i}`, 1));
      const commit = { lease, checkpoint: freshCheckpoint("a"), templates: [] };
      await store.commitBatch({ ...commit, contributions });
      const leftBehind = contributions.slice(1).map(({ fingerprint }) => fingerprint);
      await store.commitBatch({ ...commit, contributions: [contribution("a", "new", 1)], leftBehind });
      const left = async () => (await store.loadContributions("a")).map(({ fingerprint }) => fingerprint);
      expect((await left()).sort()).toEqual(["f0", "new"]);
      const stale = { ...commit, lease: { ...lease, epoch: lease.epoch - 1 }, contributions: [] };
      await expect(store.commitBatch({ ...stale, leftBehind: ["f0"] })).rejects.toThrow(LeaseLostError);
      expect((await left()).sort()).toEqual(["f0", "new"]);
      await store.close();
    });

    it("any sequence of them leaves the last of each, and repeating it changes nothing", async () => {
      const { store } = await open();
      const commits = fc.array(
        fc.record({
          shardId: fc.constantFrom("p", "q"),
          fingerprints: fc.uniqueArray(fc.constantFrom("f1", "f2", "f3")),
        }),
        { minLength: 1, maxLength: 6 },
      );
      let count = 0;
      await fc.assert(
        fc.asyncProperty(commits, async (steps) => {
          const last = new Map<string, Contribution>();
          for (const { shardId, fingerprints } of steps) {
            const lease = await store.acquireLease(
              shardId,
              `owner${++count}`,
              (await store.shards()).find((s) => s.checkpoint.shardId === shardId)?.lease,
            );
            if (!lease) throw new Error("no lease");
            const contributions = fingerprints.map((one) => contribution(shardId, one, count));
            const checkpoint = { ...freshCheckpoint(shardId), sequenceNumber: String(count) };
            const commit = { lease, checkpoint, templates: [], contributions };
            await store.commitBatch(commit);
            await store.commitBatch(commit);
            for (const one of contributions) last.set(`${shardId} ${one.fingerprint}`, one);
          }
          for (const [place, one] of last) {
            const [shardId = ""] = place.split(" ");
            const kept = await store.loadContributions(shardId);
            expect(kept.find(({ fingerprint }) => fingerprint === one.fingerprint)).toEqual(one);
          }
        }),
        { numRuns: runs },
      );
    });

    it("count the attempts until one succeeds", async () => {
      const { store } = await open();
      const lease = await store.acquireLease("a", "one");
      if (!lease) throw new Error("no lease");
      expect(await store.countAttempt(lease, 0)).toBe(1);
      expect(await store.countAttempt(lease, 1)).toBe(2);
      // An answer that was lost: the attempt is noted again, and is the same one.
      expect(await store.countAttempt(lease, 1)).toBe(2);
      expect((await store.shards())[0]?.checkpoint.attempts).toBe(2);
      await store.commitBatch({ lease, checkpoint: freshCheckpoint("a"), templates: [], contributions: [] });
      expect(await store.countAttempt(lease, 0)).toBe(1);
    });

    it("of forgotten shards leave their totals", async () => {
      const { store } = await open();
      for (const shardId of ["a", "b"]) {
        const lease = await store.acquireLease(shardId, "one");
        if (!lease) throw new Error("no lease");
        const totals = { ...noTotals(), records: 5, valid: 5 };
        const checkpoint = { ...freshCheckpoint(shardId), ended: true, totals };
        const contributions = [contribution(shardId, "f", 5)];
        await store.commitBatch({ lease, checkpoint, templates: [], contributions });
        await store.forgetShard(shardId);
        await store.forgetShard(shardId);
      }
      expect(await store.shards()).toEqual([]);
      expect(await store.totals()).toEqual({ records: 10, valid: 10, invalid: 0, byLevel: {} });
      expect(await store.loadContributions("a")).toEqual([]);
    });
  });

  describe("notifications", () => {
    it("are claimed once; who comes second learns what the first left", async () => {
      const { store, reopen } = await open();
      const first = { meta: meta("f", 1), alert: alert("f-1") };
      expect(await store.commitNotification(first)).toEqual({ committed: true });
      const second = await store.commitNotification({
        meta: { ...meta("f", 1), createdAt: 99 },
        alert: alert("f-x"),
      });
      expect(second).toEqual({ committed: false, current: first.meta });
      expect(await store.commitNotification({ meta: meta("f", 2), alert: alert("f-2") })).toEqual({
        committed: true,
      });
      const again = await reopen();
      expect(await again.loadGroups()).toEqual([meta("f", 2)]);
      expect((await again.outbox.pending(10)).map(({ id }) => id)).toEqual(["f-1", "f-2"]);
    });
  });

  describe("notifications of several groups", () => {
    it("are claimed together, or none of them", async () => {
      const { store, reopen } = await open();
      const both = { meta: meta("f", 1), along: [meta("g", 1)], alert: alert("f-1") };
      expect(await store.commitNotification(both)).toEqual({ committed: true });
      const late = { meta: meta("h", 1), along: [meta("g", 1), meta("i", 1)], alert: alert("h-1") };
      expect(await store.commitNotification(late)).toEqual({ committed: false, current: meta("g", 1) });
      const next = { meta: meta("h", 1), along: [meta("g", 2), meta("i", 1)], alert: alert("h-1") };
      expect(await store.commitNotification(next)).toEqual({ committed: true });
      const again = await reopen();
      const groups = (await again.loadGroups()).map(({ fingerprint, notifications }) => [
        fingerprint,
        notifications,
      ]);
      expect(groups.sort()).toEqual([
        ["f", 1],
        ["g", 2],
        ["h", 1],
        ["i", 1],
      ]);
      expect((await again.outbox.pending(10)).map(({ id }) => id)).toEqual(["f-1", "h-1"]);
    });
  });

  describe("the outbox", () => {
    it("gives the oldest first, keeps what was being sent, and lets go of what was sent", async () => {
      const { store, reopen } = await open();
      for (const id of ["f1-1", "f2-1", "f3-1"]) {
        await store.commitNotification({ meta: meta(id, 1), alert: alert(id) });
        await nextMillisecond();
      }
      expect(await store.outbox.size()).toBe(3);
      const [first] = await store.outbox.pending(1);
      expect(first).toEqual({ id: "f1-1", alert: alert("f1-1"), state: "pending" });
      await store.outbox.pending(10);
      await store.outbox.markSending(["f1-1", "f2-1"]);
      await store.outbox.markSent(["f1-1"]);
      const again = await reopen();
      expect((await again.outbox.pending(10)).map(({ id, state }) => [id, state])).toEqual([
        ["f2-1", "sending"],
        ["f3-1", "pending"],
      ]);
      expect(await again.outbox.size()).toBe(2);
      const last = (await again.outbox.pending(10)).at(-1)?.id;
      const found = await again.outbox.pending(1, ({ id }) => id === last);
      expect(found.map(({ id }) => id)).toEqual([last]);
      await again.outbox.pending(10, () => false);
      await again.outbox.markSending([last ?? ""]);
    });
  });

  describe("incidents", () => {
    it("wait beside the outbox, in the same commit, until they are indexed", async () => {
      const { store, reopen } = await open();
      await store.commitNotification({ meta: meta("f1", 1), alert: alert("f1-1"), index: true });
      await nextMillisecond();
      await store.commitNotification({ meta: meta("f2", 1), alert: alert("f2-1") });
      await store.commitNotification({ meta: meta("f3", 1), alert: alert("f3-1"), index: true });
      // Notified already: nothing goes in.
      await store.commitNotification({ meta: meta("f1", 1), alert: alert("f1-x"), index: true });
      expect(await store.incidents.size()).toBe(2);
      expect((await store.incidents.pending(10)).map(({ id }) => id)).toEqual(["f1-1", "f3-1"]);
      await store.incidents.markSent(["f1-1"]);
      const again = await reopen();
      expect((await again.incidents.pending(10)).map(({ id }) => id)).toEqual(["f3-1"]);
      expect(await again.outbox.size()).toBe(3);
    });
  });

  describe("notes", () => {
    it("are there for the next process; the first claim stands", async () => {
      const { store, reopen } = await open();
      expect(await store.notes.get("a")).toBeUndefined();
      expect(await store.notes.claim("a", "first")).toBe("first");
      expect(await store.notes.claim("a", "second")).toBe("first");
      await store.notes.set("b", "one");
      await store.notes.set("b", "two");
      const again = await reopen();
      expect(await again.notes.get("a")).toBe("first");
      expect(await again.notes.get("b")).toBe("two");
    });

    it("count, and begin anew in a later period", async () => {
      const { store, reopen } = await open();
      expect(await store.notes.count("spent", 7, { calls: 1, usd: 0.25 })).toEqual({ calls: 1, usd: 0.25 });
      expect(await store.notes.count("spent", 7, { calls: 1, usd: 0.5 })).toEqual({ calls: 2, usd: 0.75 });
      const again = await reopen();
      expect(await again.notes.count("spent", 7, { calls: 0, usd: 0 })).toEqual({ calls: 2, usd: 0.75 });
      const counts = await Promise.all([1, 2, 3].map(() => again.notes.count("spent", 8, { calls: 1 })));
      expect(counts.map(({ calls }) => calls).sort()).toEqual([1, 2, 3]);
      // A replica whose clock is late.
      expect(await again.notes.count("spent", 7, { calls: 1 })).toMatchObject({ calls: 4 });
    });
  });

  describe("the stream", () => {
    it("is remembered with the time of its first reading, and another one of its name is refused", async () => {
      const { store } = await open();
      const stream = { name: "logs", createdAt: 1_000 };
      expect(await store.claimStream(stream, 5)).toMatchObject({ firstReadAt: 5 });
      expect(await store.claimStream(stream, 9)).toMatchObject({ firstReadAt: 5 });
      await expect(store.claimStream({ ...stream, createdAt: 2_000 }, 9)).rejects.toThrow(
        "allowed the one this state belongs to",
      );
      await expect(store.claimStream({ ...stream, name: "else" }, 9)).rejects.toThrow(
        "given the stream else",
      );
    });
  });
}
