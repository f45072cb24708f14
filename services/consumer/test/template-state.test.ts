import { describe, expect, it } from "vitest";
import type { TemplateState } from "../src/core/types.ts";
import { asNotified, fingerprintOf, TemplateMiner } from "../src/group/template-miner.ts";
import { meta } from "./support/groups.ts";

const NAMES = ["alice", "bob", "carol", "dave", "erin"];
const state = (text: string, over: Partial<TemplateState> = {}): TemplateState => ({
  fingerprint: fingerprintOf("s", text),
  service: "s",
  tokens: text.split(" "),
  identity: "",
  count: 1,
  firstSeen: 1,
  lastSeen: 1,
  ...over,
});
const restored = (...states: TemplateState[]) => {
  const miner = new TemplateMiner();
  miner.restore(states);
  return miner;
};

describe("what the state holds of a template", () => {
  it("is its text, what makes it another error, its count and times", () => {
    const miner = new TemplateMiner();
    const { fingerprint } = miner.add("s", "node 17 is full", 5, "E1");
    miner.add("s", "node 18 is full", 7, "E1");
    expect(miner.takeDirty()).toEqual([
      {
        fingerprint,
        service: "s",
        tokens: ["node", "<NUM>", "is", "full"],
        identity: "E1",
        count: 2,
        firstSeen: 5,
        lastSeen: 7,
      },
    ]);
    expect(fingerprint).toBe(fingerprintOf("s", "node <NUM> is full", "E1"));
    expect(miner.get(fingerprint)).toEqual({ service: "s", template: "node <NUM> is full", identity: "E1" });
    expect(miner.get("unknown")).toBeUndefined();
    expect(miner.resolve("unknown")).toBe("unknown");
  });

  it("is written again at every power of two of its lines", () => {
    const miner = new TemplateMiner();
    const written = Array.from({ length: 9 }, (_, n) => {
      miner.add("s", "disk is full", n);
      return miner.takeDirty().length;
    });
    expect(written).toEqual([1, 1, 0, 1, 0, 0, 0, 1, 0]);
  });

  it("has its words where the text doesn't show them", () => {
    const miner = new TemplateMiner();
    miner.add("s", "wrote 17 MB to jdbc:x now", 1);
    const [kept] = miner.takeDirty();
    expect(kept).toEqual(state("wrote <NUM> MB to jdbc:x now"));
    miner.add("s", "wrote 1.5 kB to jdbc:x now", 1);
    const [changed] = miner.takeDirty();
    expect(changed).toMatchObject({ tokens: ["wrote", "<*>", "to", "jdbc:x", "now"] });
    const again = restored(changed as TemplateState);
    expect(again.add("s", "wrote 3 GB to jdbc:x now", 2)).toMatchObject({
      fingerprint: kept?.fingerprint,
      isNew: false,
    });
  });

  it("shows only what is common where words that vary were shown differently", () => {
    const miner = new TemplateMiner();
    const { fingerprint } = miner.add("s", "no answer from db.example.com in time", 1);
    expect(miner.get(fingerprint)?.template).toBe("no answer from db.example.com in time");
    miner.takeDirty();
    expect(miner.add("s", "no answer from 10.0.0.7 in time", 1).template).toBe("no answer from <*> in time");
    expect(miner.takeDirty()).toHaveLength(1);
    miner.add("s", "no answer from 10.0.0.8:80 in time", 1);
    expect(miner.takeDirty()).toEqual([]);
  });

  it("has the key of a value, and no blank before a first word", () => {
    const miner = new TemplateMiner();
    miner.add("s", "host=db.example.com is not there", 1);
    expect(miner.add("s", "host=10.0.0.7 is not there", 1).template).toBe("host=<*> is not there");
  });

  it("says which places vary, and of those that became one into which", () => {
    const miner = new TemplateMiner();
    const [first] = NAMES.map((name, at) => miner.add("s", `${name} has left us`, 10 + at));
    const states = miner.takeDirty();
    expect(states.find(({ fingerprint }) => fingerprint === first?.fingerprint)).toEqual({
      ...state("alice has left us"),
      tokens: ["<*>", "has", "left", "us"],
      variables: [0],
      count: 5,
      firstSeen: 10,
      lastSeen: 14,
    });
    expect(states.filter(({ mergedInto }) => mergedInto === first?.fingerprint)).toHaveLength(3);
    // Nobody knows the one that was made for the last line alone.
    expect(miner.get(fingerprintOf("s", "erin has left us"))).toBeUndefined();
    expect(miner.size).toBe(4);
    expect(miner.add("s", "frank has left us", 20)).toEqual({
      fingerprint: first?.fingerprint,
      template: "<*> has left us",
      isNew: false,
    });
  });
});

describe("templates that became one", () => {
  it("are of the oldest, of two as old the one whose fingerprint comes first", () => {
    const ofTimes = (...times: number[]) => {
      const states = NAMES.slice(0, 4).map((name, at) =>
        state(`${name} has left us`, { firstSeen: times[at] ?? 0 }),
      );
      const { fingerprint } = restored(...states).add("s", "erin has left us", 0);
      return { owner: states.find((one) => one.fingerprint === fingerprint)?.tokens[0], states };
    };
    expect(ofTimes(4, 3, 1, 2).owner).toBe("carol");
    expect(ofTimes(9, 9, 9, 1).owner).toBe("dave");
    const { owner, states } = ofTimes(5, 5, 5, 5);
    const [least] = [...states].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    expect(owner).toBe(least?.tokens[0]);
  });

  it("count together, and stay one after a restart, in whatever order the state has them", () => {
    const owner = state("<*> has left us", { fingerprint: "o", variables: [0], count: 7 });
    const member = state("bob has left us", { fingerprint: "m", mergedInto: "o" });
    for (const order of [
      [owner, member],
      [member, owner],
    ]) {
      const miner = restored(...order);
      expect(miner.size).toBe(2);
      expect(miner.resolve("m")).toBe("o");
      expect(miner.add("s", "bob has left us", 2)).toMatchObject({ fingerprint: "o", isNew: false });
      // The eighth line.
      expect(miner.takeDirty()).toEqual([expect.objectContaining({ fingerprint: "o", count: 8 })]);
    }
  });

  it("stand alone when the one that they are is not there", () => {
    const miner = restored(state("bob has left us", { fingerprint: "m", mergedInto: "gone" }));
    expect(miner.resolve("m")).toBe("m");
    expect(miner.add("s", "bob has left us", 2)).toMatchObject({ fingerprint: "m", isNew: false });
    const own = restored(state("bob has left us", { fingerprint: "m", mergedInto: "m" }));
    expect(own.add("s", "bob has left us", 2)).toMatchObject({ fingerprint: "m", isNew: false });
  });
});

describe("a state that is taken", () => {
  it("changes nothing that is known already, and is not written again", () => {
    const miner = new TemplateMiner();
    const { fingerprint } = miner.add("s", "disk is full", 5);
    miner.takeDirty();
    miner.restore([state("something else here", { fingerprint })]);
    expect(miner.get(fingerprint)?.template).toBe("disk is full");
    expect(miner.takeDirty()).toEqual([]);
  });

  it("of a consumer that knew no identities belongs to the first line that fits it", () => {
    const { identity: _, ...old } = state("payment was not taken", { fingerprint: "old", count: 2 });
    const miner = restored(old);
    expect(miner.add("s", "payment was not taken", 2, "E1")).toMatchObject({
      fingerprint: "old",
      isNew: false,
    });
    expect(miner.takeDirty()).toEqual([
      expect.objectContaining({ fingerprint: "old", identity: "E1", count: 3 }),
    ]);
    const other = miner.add("s", "payment was not taken", 3, "E2");
    expect(other).toMatchObject({
      fingerprint: fingerprintOf("s", "payment was not taken", "E2"),
      isNew: true,
    });
    expect(miner.add("s", "payment was not taken", 4, "E1").fingerprint).toBe("old");
    // Of another service it says nothing.
    expect(restored(old).add("t", "payment was not taken", 2).isNew).toBe(true);
  });

  it("of a consumer that knew no identities has a variable where it shows one", () => {
    const { identity: _, ...old } = state("user <*> has left <*>:7", { fingerprint: "old" });
    expect(restored(old).add("s", "user frank has left <*>:7", 2)).toMatchObject({ fingerprint: "old" });
    const known = state("user <*> has left", { fingerprint: "new" });
    expect(restored(known).add("s", "user frank has left", 2).isNew).toBe(true);
  });

  it("is as general as it was notified", () => {
    const { identity: _, ...old } = state("user bob left", { fingerprint: "f" });
    const notified = [meta({ fingerprint: "f", template: "user <*> left" })];
    expect(asNotified([old], notified)).toEqual([{ ...old, tokens: ["user", "<*>", "left"] }]);
    expect(asNotified([old], [meta({ fingerprint: "f", template: "user <*> left us" })])).toEqual([old]);
    expect(asNotified([old], [meta({ fingerprint: "g", template: "user <*> left" })])).toEqual([old]);
    const current = state("user bob left", { fingerprint: "f" });
    expect(asNotified([current], notified)).toEqual([current]);
  });
});

describe("a miner that is full", () => {
  it("lets the twentieth go that was unseen the longest, and never the newest", () => {
    const miner = new TemplateMiner({ maxTemplates: 40 });
    const word = (n: number) => "abcdefghij"[Math.floor(n / 10)] + "klmnopqrst".charAt(n % 10);
    const made = Array.from({ length: 40 }, (_, n) => miner.add("s", word(n), n).fingerprint);
    miner.add("s", word(0), 99);
    expect(miner.size).toBe(40);
    const { fingerprint, isNew } = miner.add("s", "one more", 100);
    expect([miner.size, isNew]).toEqual([39, true]);
    const gone = made.filter((one) => miner.get(one) === undefined);
    expect(gone).toEqual([made[1], made[2]]);
    expect(miner.get(fingerprint)).toBeDefined();
    expect(miner.add("s", word(1), 101)).toMatchObject({ fingerprint: made[1], isNew: true });
    // What is gone is not written.
    expect(miner.takeDirty().map((one) => one.fingerprint)).not.toContain(made[2]);
  });

  it("holds one template at least, and ends", () => {
    const miner = new TemplateMiner({ maxTemplates: 1 });
    for (const line of ["disk is full", "no route to host", "out of memory"]) {
      expect(miner.add("s", line, 1)).toMatchObject({ template: line, isNew: true });
      expect(miner.size).toBe(1);
    }
    expect(restored().size).toBe(0);
  });

  it("makes those apart again that were one with a template that is gone", () => {
    const miner = new TemplateMiner({ maxTemplates: 4 });
    for (const name of NAMES) miner.add("s", `${name} has left us`, 1);
    for (const line of ["disk is full", "no route to host", "out of memory", "no such file"]) {
      miner.add("s", line, 2);
    }
    expect(miner.add("s", "frank has left us", 3)).toMatchObject({
      template: "frank has left us",
      isNew: true,
    });
  });
});

describe("a fingerprint", () => {
  it("is of service and text, and of what of the identity the text does not say", () => {
    expect(fingerprintOf("s", "disk is full")).toBe("2cbcbb4e007f3c4b");
    expect(fingerprintOf("s", "E1: disk is full", "E1")).toBe(fingerprintOf("s", "E1: disk is full"));
    expect(fingerprintOf("s", "E1: disk is full", "E1\nE2")).toBe(
      fingerprintOf("s", "E1: disk is full", "E2"),
    );
    expect(fingerprintOf("s", "disk is full", "E1")).not.toBe(fingerprintOf("s", "disk is full"));
    expect(fingerprintOf("t", "disk is full")).not.toBe(fingerprintOf("s", "disk is full"));
  });
});
