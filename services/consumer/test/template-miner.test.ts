import { describe, expect, it } from "vitest";
import { TemplateMiner, WILDCARD } from "../src/group/template-miner.ts";

describe("TemplateMiner", () => {
  const NAMES = "alice bob carol dave erin frank grace heidi ivan judy".split(" ");

  it("takes a word for variable once five different ones stood in its place", () => {
    const miner = new TemplateMiner();
    const matches = NAMES.map((name, at) => miner.add("auth", `${name} could not log in`, at));
    expect(matches.filter(({ isNew }) => isNew)).toHaveLength(4);
    expect(matches[4]).toEqual({
      fingerprint: matches[0]?.fingerprint,
      template: "<*> could not log in",
      isNew: false,
    });
    expect(new Set(matches.slice(4).map(({ fingerprint }) => fingerprint)).size).toBe(1);
    for (const { fingerprint } of matches) expect(miner.resolve(fingerprint)).toBe(matches[0]?.fingerprint);
    expect(miner.add("auth", "alice could not log in", 99)).toEqual(matches[4]);
  });

  it("finds two words that vary, one after the other", () => {
    const miner = new TemplateMiner();
    for (const by of NAMES.slice(0, 5)) {
      for (const name of NAMES.slice(5)) miner.add("s", `${name} was locked out by ${by}`, 1);
    }
    expect(miner.add("s", "trent was locked out by victor", 3)).toMatchObject({
      template: "<*> was locked out by <*>",
      isNew: false,
    });
  });

  it.each([
    ["what is connected to", ["redis", "kafka", "postgres"].map((name) => `Failed to connect to ${name}`)],
    ["what became of it", ["order of the shop was accepted", "order of the shop was rejected"]],
    ["what was done", ["Started the consumer of the topic", "Paused the consumer of the topic"]],
    ["a line of two words", NAMES.map((name) => `${name} failed`)],
  ])("keeps apart %s", (_, texts) => {
    const miner = new TemplateMiner();
    expect(new Set(texts.map((text) => miner.add("s", text, 1).fingerprint)).size).toBe(texts.length);
  });

  it.each([
    ["hosts", "no answer from db.example.com in time", "no answer from 10.0.0.7 in time"],
    ["paths", "cannot write /var/lib/a.db now", "cannot write /srv/other/b.db now"],
    ["sizes", "heap is at 12 MB of all", "heap is at 1.5 GB of all"],
    [
      "dates in words",
      "expires Fri Jun 17 20:55:07 2005 at last",
      "expires Sat Jul 2 01:00:00 UTC 2005 at last",
    ],
    ["values of keys", "refused rhost=10.0.0.7 user=root", "refused rhost=a.example.com user=root"],
    ["numbers and what is none", "sent frame 17 to the peer", "sent frame - to the peer"],
    ["methods of paths", "slow request GET /a took long", "slow request PUT /b/c took long"],
  ])("gives %s one template at once", (_, one, other) => {
    const miner = new TemplateMiner();
    const first = miner.add("s", one, 1);
    expect(miner.resolve(miner.add("s", other, 2).fingerprint)).toBe(miner.resolve(first.fingerprint));
  });

  it("never lets lines of different identity meet", () => {
    const miner = new TemplateMiner();
    const fingerprints = NAMES.map(
      (name) => miner.add("s", `call of ${name} has failed`, 1, name).fingerprint,
    );
    expect(new Set(fingerprints).size).toBe(NAMES.length);
    const [one, other] = ["E1", "E2"].map((code) => miner.add("s", "call of alice has failed", 2, code));
    expect(one?.fingerprint).not.toBe(other?.fingerprint);
  });

  it("keeps services apart", () => {
    const miner = new TemplateMiner();
    const fingerprints = ["auth", "cart"].map((service) => miner.add(service, "disk is full", 1).fingerprint);
    expect(new Set(fingerprints).size).toBe(2);
  });

  it("keeps lines of other lengths and other beginnings apart", () => {
    const miner = new TemplateMiner();
    const all = ["disk is full", "disk is nearly full", "memory is full", "full is memory"];
    expect(new Set(all.map((line) => miner.add("s", line, 1).fingerprint)).size).toBe(4);
  });

  it("gives the same fingerprint in another process that sees the same line first", () => {
    const one = new TemplateMiner().add("auth", "user 17 is locked", 1);
    const other = new TemplateMiner().add("auth", "user 99 is locked", 2);
    expect(one.fingerprint).toBe(other.fingerprint);
    expect(one.fingerprint).toMatch(/^[0-9a-f]{16}$/);
  });

  it("takes to the state what is new or different, and not every line", () => {
    const miner = new TemplateMiner();
    miner.add("s", "user alice left", 1);
    expect(miner.takeDirty()).toEqual([
      expect.objectContaining({ tokens: ["user", "alice", "left"], count: 1, firstSeen: 1, lastSeen: 1 }),
    ]);
    for (let i = 0; i < 1_000; i++) miner.add("s", "user alice left", 2);
    expect(miner.takeDirty()).toHaveLength(1);
    miner.add("s", "user alice left", 3);
    expect(miner.takeDirty()).toEqual([]);
    miner.add("s", "user bob left", 4);
    expect(miner.takeDirty()).toEqual([expect.objectContaining({ tokens: ["user", "bob", "left"] })]);
    for (const name of ["carol", "dave", "erin"]) miner.add("s", `user ${name} left`, 5);
    const all = miner.takeDirty();
    const owner = all.find(({ mergedInto }) => mergedInto === undefined);
    const others = all.filter((one) => one !== owner);
    expect(owner).toMatchObject({ tokens: ["user", WILDCARD, "left"], variables: [1], firstSeen: 1 });
    expect(others.map(({ mergedInto }) => mergedInto)).toEqual(Array(3).fill(owner?.fingerprint));
  });

  it("keeps its bound, and lets those go that were unseen the longest", () => {
    const miner = new TemplateMiner({ maxTemplates: 50 });
    const word = (i: number) =>
      String.fromCharCode(97 + (i % 26)) + String.fromCharCode(97 + Math.floor(i / 26));
    const first = miner.add("s", "the one that is always there", 0).fingerprint;
    for (let i = 0; i < 500; i++) {
      miner.add("s", `${word(i)} ${word(i + 1)}`, i);
      miner.add("s", "the one that is always there", i);
      expect(miner.size).toBeLessThanOrEqual(51);
    }
    expect(miner.get(first)).toBeDefined();
    const again = miner.add("s", `${word(0)} ${word(1)}`, 1_000);
    expect(again.isNew).toBe(true);
  });

  it("keeps its bound over many services", () => {
    const miner = new TemplateMiner({ maxTemplates: 50 });
    for (let i = 0; i < 1_000; i++) miner.add(`service-${i}`, "disk is full", i);
    expect(miner.size).toBeLessThanOrEqual(51);
  });

  it.each([
    "",
    " ",
    "\n\t",
    "x".repeat(100_000),
    "a ".repeat(100_000),
    "🙂 ".repeat(2_000),
    "\u0000",
    "<*> <NUM>",
    "__proto__ constructor",
  ])("takes any text: %#", (text) => {
    const miner = new TemplateMiner();
    const first = miner.add("s", text, 1);
    expect(first.isNew).toBe(true);
    expect(miner.add("s", text, 2)).toMatchObject({ fingerprint: first.fingerprint, isNew: false });
    expect(first.template.length).toBeLessThan(12_000);
  });
});
