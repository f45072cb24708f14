import type { Level } from "@cali/log-record";
import { describe, expect, it } from "vitest";
import { NewKinds } from "../src/group/kinds.ts";
import { fingerprintOf } from "../src/group/template-miner.ts";
import { HOUR, record, START } from "./support/grouper-harness.ts";
import { at } from "./support/groups.ts";

const line = (template: string, service = "auth", level: Level = "ERROR") => ({
  shardId: "s",
  position: at(1),
  record: record({ service, level, message: template, at: START }),
  fingerprint: `${service}:${template}`,
  template,
  isNew: false,
  at: START,
});

/** Sorts lines at a time that the test sets; two new kinds an hour have groups of their own. */
function sorter(most = 2) {
  let now = START;
  const kinds = new NewKinds(most, () => now);
  return {
    /** The template that a line is counted under. */
    sort: (...of: Parameters<typeof line>) => kinds.sort(line(...of)),
    templateOf: (...of: Parameters<typeof line>) => kinds.sort(line(...of)).template,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe("new kinds of errors", () => {
  it("have groups of their own up to a number, and one for all that come after", () => {
    const { sort } = sorter();
    for (const kind of ["a", "b"]) expect(sort(kind)).toEqual(line(kind));
    expect(sort("c")).toEqual({
      ...line("c"),
      fingerprint: fingerprintOf("auth", "new kinds"),
      template: "1 new kinds in auth, most often: c",
      isNew: true,
    });
    expect(sort("d").fingerprint).toBe(fingerprintOf("auth", "new kinds"));
  });

  it("have groups of their own in 200 services an hour, and one for all services that come after", () => {
    const { sort, pass } = sorter();
    for (let job = 0; job < 200; job++)
      expect(sort("failed", `job-${job}`).record.service).toBe(`job-${job}`);
    const together = sort("failed", "job-200");
    expect(together).toMatchObject({
      fingerprint: fingerprintOf("many services", "new kinds"),
      template: "1 new kinds in many services, most often: failed",
      record: { service: "many services" },
    });
    expect(sort("failed", "job-201").fingerprint).toBe(together.fingerprint);
    expect(sort("died", "job-201", "FATAL").fingerprint).toBe(
      fingerprintOf("many services FATAL", "new kinds"),
    );
    // Those that are known keep theirs.
    expect(sort("is full", "job-7")).toEqual(line("is full", "job-7"));
    pass(HOUR + 1);
    expect(sort("failed", "job-202").record.service).toBe("job-202");
  });

  it("are said with how many they are, and with the one that has the most lines", () => {
    const { templateOf } = sorter();
    const said = ["a", "b", "c", "d", "d", "c", "c", "e"].map((kind) => templateOf(kind));
    expect(said.slice(2)).toEqual([
      "1 new kinds in auth, most often: c",
      "2 new kinds in auth, most often: c",
      "2 new kinds in auth, most often: d",
      "2 new kinds in auth, most often: d",
      "2 new kinds in auth, most often: c",
      "3 new kinds in auth, most often: c",
    ]);
    expect(templateOf("x".repeat(300))).toBe("4 new kinds in auth, most often: c");
    const { templateOf: ofLong } = sorter(0);
    expect(ofLong("x".repeat(300))).toBe(`1 new kinds in auth, most often: ${"x".repeat(200)}`);
  });

  it("are those of one service, and FATAL ones by themselves", () => {
    const { templateOf } = sorter();
    for (const kind of ["a", "b", "c"]) templateOf(kind);
    expect(templateOf("d", "cart")).toBe("d");
    expect(templateOf("d", "auth", "FATAL")).toBe("d");
    expect(templateOf("e", "auth", "WARN")).toBe("2 new kinds in auth, most often: c");
    templateOf("e", "auth", "FATAL");
    const fatal = templateOf("f", "auth", "FATAL");
    expect(fatal).toBe("1 new kinds in auth, most often: f");
  });

  it("have groups of their own again once fewer than that came in an hour", () => {
    const { templateOf, pass } = sorter();
    for (const kind of ["a", "b", "c"]) templateOf(kind);
    pass(HOUR);
    expect(templateOf("d")).toBe("2 new kinds in auth, most often: c");
    pass(1);
    expect(templateOf("e")).toBe("e");
    // Those from before are forgotten.
    expect(templateOf("f")).toBe("1 new kinds in auth, most often: f");
  });

  it("do not become more by lines of one that is counted already", () => {
    const { templateOf, pass } = sorter();
    for (const kind of ["a", "b", "c"]) templateOf(kind);
    pass(HOUR);
    for (let n = 0; n < 5; n++) templateOf("c");
    pass(1);
    expect(templateOf("d")).toBe("d");
  });

  it("are remembered up to 5,000 of a service", () => {
    const { templateOf } = sorter(0);
    for (let n = 0; n < 5_000; n++) templateOf(`kind ${n}`);
    expect(templateOf("another")).toBe("5000 new kinds in auth, most often: kind 0");
  });

  it("are remembered of the 1,000 services that were seen last", () => {
    const { templateOf, pass } = sorter(1);
    templateOf("a", "old");
    for (let n = 0; n < 998; n++) {
      // No more than 200 in an hour.
      pass(20_000);
      templateOf("a", `service-${n}`);
    }
    templateOf("a", "seen");
    expect(templateOf("b", "seen")).toContain("new kinds in seen");
    templateOf("a", "one-more");
    expect(templateOf("c", "seen")).toContain("2 new kinds in seen");
    expect(templateOf("b", "old")).toBe("b");
  });
});
