import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert, Contribution, GroupedEvent, GroupMeta } from "../src/core/types.ts";
import { AlertGrouper } from "../src/group/alert-grouper.ts";
import { Harness, HOUR, MINUTE, record, START } from "./support/grouper-harness.ts";

describe("crashes", () => {
  const FINGERPRINTS = ["a", "b", "c"];
  const templateOf = { "errors apart": (name: string) => name, "one error": () => "the store is full" };
  /** Of three groups in one wording the last says most. */
  const identityOf = (name: string) =>
    ["CODE", "java.io.IOException", "com.acme.Store"].slice(0, FINGERPRINTS.indexOf(name)).join("\n");

  /** A shard's records, with commits and crashes anywhere, and time passing. */
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("line" as const), which: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("commit" as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(6 * MINUTE) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  );

  it.each(["errors apart", "one error"] as const)(
    "count every line once, notify every line once, and never use an id twice: %s",
    (kind) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
          let now = START;
          const make = () =>
            new AlertGrouper({
              now: () => now,
              describe: (fingerprint) => ({
                service: "auth",
                template: templateOf[kind](fingerprint),
                identity: identityOf(fingerprint),
              }),
            });
          let grouper = make();
          const events: GroupedEvent[] = [];
          const contributions = new Map<string, Contribution>();
          const metas = new Map<string, GroupMeta>();
          let committed = 0;
          let read = 0;
          const notified: Alert[] = [];
          const commit = () => {
            for (const contribution of grouper.takeDirty("s"))
              contributions.set(contribution.fingerprint, structuredClone(contribution));
            committed = read;
          };
          const notify = () => {
            for (const { meta, along = [], alert } of grouper.due(now)) {
              // The alert and the groups' metas are one commit.
              for (const one of [meta, ...along]) metas.set(one.fingerprint, structuredClone(one));
              notified.push(alert);
              for (const one of [meta, ...along]) grouper.confirm(one);
            }
          };
          const replay = () => {
            for (; read < events.length; read++) grouper.observe(events[read] as GroupedEvent);
          };
          for (const one of [...steps, { do: "crash" as const }]) {
            if (one.do === "line") {
              const fingerprint = FINGERPRINTS[one.which] as string;
              events.push({
                shardId: "s",
                position: { sequenceNumber: String(events.length + 1), index: 0 },
                record: record({ service: "auth", level: "ERROR", message: fingerprint, at: now }),
                fingerprint,
                template: templateOf[kind](fingerprint),
                identity: identityOf(fingerprint),
                isNew: false,
                at: now,
              });
              replay();
            } else if (one.do === "commit") commit();
            else if (one.do === "pass") {
              now += one.ms;
              notify();
            } else {
              grouper = make();
              grouper.restore([...contributions.values()], [...metas.values()]);
              read = committed;
              replay();
            }
          }
          commit();
          now += 24 * HOUR;
          notify();
          for (const fingerprint of FINGERPRINTS) {
            const lines = events.filter((event) => event.fingerprint === fingerprint).length;
            expect(contributions.get(fingerprint)?.count ?? 0).toBe(lines);
            const told = metas.get(fingerprint)?.notifiedTotals.s ?? 0;
            expect(told).toBe(lines);
          }
          expect(notified.reduce((total, { count }) => total + count, 0)).toBe(events.length);
          expect(new Set(notified.map(({ id }) => id)).size).toBe(notified.length);
        }),
        { numRuns: 300 },
      );
    },
  );

  it("skip what is counted already", () => {
    const harness = new Harness();
    expect(harness.line()).toBe(true);
    const [contribution] = harness.grouper.takeDirty("shard-1");
    const other = new AlertGrouper({ now: () => START });
    other.restore([contribution as Contribution], []);
    const event = {
      shardId: "shard-1",
      position: { sequenceNumber: "1", index: 0 },
      record: record({ service: "auth", level: "ERROR", message: "disk is full", at: START }),
      fingerprint: "auth:disk is full",
      template: "disk is full",
      isNew: true,
      at: START,
    };
    expect(other.observe(event)).toBe(false);
    expect(other.observe({ ...event, position: { sequenceNumber: "1", index: 1 } })).toBe(true);
    expect(other.observe({ ...event, position: { sequenceNumber: "10", index: 0 } })).toBe(true);
    expect(other.observe({ ...event, position: { sequenceNumber: "9", index: 7 } })).toBe(false);
  });
});
