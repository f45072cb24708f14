import type { Level } from "@cali/log-record";
import { describe, expect, it } from "vitest";
import { Dependencies } from "../src/group/dependencies.ts";
import { Harness, HOUR, MINUTE, SECOND, START } from "./support/grouper-harness.ts";
import { logRecord } from "./support/records.ts";

describe("inhibition", () => {
  const dependencies = { checkout: ["payment"], gateway: ["checkout"] };

  it("keeps those quiet that depend on a service in trouble, at any distance, and notifies them when it is over", () => {
    const harness = new Harness({ dependencies, inhibitWindowMs: 5 * MINUTE });
    harness.line({ service: "payment", template: "pool is empty" });
    harness.pass(SECOND);
    harness.line({ service: "checkout", template: "payment timed out" });
    harness.line({ service: "gateway", template: "checkout does not answer" });
    expect(harness.pass(4 * MINUTE)).toEqual([]);
    const notified = harness.pass(3 * MINUTE).map(({ service }) => service);
    expect(notified.sort()).toEqual(["checkout", "gateway"]);
  });

  it("shows what it keeps quiet in the root's alert", () => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "checkout", template: "payment timed out" });
    harness.line({ service: "checkout", template: "payment timed out" });
    harness.line({ service: "payment", template: "pool is empty" });
    expect(harness.pass(SECOND)).toEqual([
      expect.objectContaining({ service: "payment", muted: [{ by: "checkout", count: 2 }] }),
    ]);
  });

  it("does not follow from a warning", () => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "payment", template: "slow", level: "WARN" });
    harness.line({ service: "checkout", template: "payment timed out" });
    expect(harness.pass(SECOND)).toHaveLength(2);
  });

  it.each([
    ["feature flag new-login is unknown", "panic: nil map"],
    ["disk quota exceeded", "auth timed out, giving up for good"],
    ["token cache: no such host", "OutOfMemoryError: no call to auth is possible, connection refused"],
  ])(
    "never holds back what is FATAL, however long an error of a dependency goes on: %s, %s",
    (trouble, fatal) => {
      const harness = new Harness({ dependencies: { gateway: ["auth"] } });
      for (let minute = 0; minute < 24 * 60; minute++) {
        harness.line({ service: "auth", template: trouble });
        if (minute === 90) harness.line({ service: "gateway", template: fatal, level: "FATAL" });
        const notified = harness.pass(MINUTE).filter(({ service }) => service === "gateway");
        expect(notified).toHaveLength(minute === 90 ? 1 : 0);
      }
    },
  );

  it("holds nothing back for longer than 30 minutes, a restart included", () => {
    const options = { dependencies };
    const before = new Harness(options);
    before.line({ service: "payment", template: "pool is empty" });
    before.line({ service: "checkout", template: "payment timed out" });
    before.pass(2 * MINUTE);
    const harness = new Harness(options);
    harness.now = before.now;
    harness.grouper.restore(before.grouper.takeDirty("shard-1"), []);
    const notified: string[] = [];
    for (let minute = 2; minute < 60; minute++) {
      harness.line({ service: "payment", template: "pool is empty" });
      harness.line({ service: "checkout", template: "payment timed out" });
      for (const { template } of harness.pass(MINUTE)) notified.push(`${minute} ${template}`);
    }
    expect(notified.filter((text) => text.endsWith("payment timed out"))).toEqual(["29 payment timed out"]);
  });

  it("says what may have caused it, when the half hour is over", () => {
    const harness = new Harness({ dependencies });
    for (let minute = 0; minute < 31; minute++) {
      harness.line({ service: "payment", template: "pool is empty" });
      harness.line({ service: "checkout", template: "payment timed out" });
      harness.pass(MINUTE);
    }
    expect(harness.notified.find(({ service }) => service === "checkout")?.mayBeCausedBy).toEqual([
      "payment",
    ]);
  });

  it.each<[string, Level, string]>([
    ["does not read as a symptom", "ERROR", "coupon is unknown"],
    ["is graver", "FATAL", "payment timed out"],
  ])("holds back nothing that %s", (_, level, template) => {
    const harness = new Harness({ dependencies });
    harness.line({ service: "payment", template: "pool is empty" });
    harness.line({ service: "checkout", template, level });
    expect(harness.pass(SECOND).map(({ service }) => service)).toContain("checkout");
  });

  it("learns who depends on whom from symptoms that name a service", () => {
    const harness = new Harness();
    harness.line({ service: "payment", template: "pool is empty" });
    harness.pass(SECOND);
    for (const what of ["payment timed out", "connection to payment refused", "payment does not answer"]) {
      harness.line({ service: "checkout", template: what });
    }
    expect(harness.pass(MINUTE)).toEqual([]);
  });

  it("learns it from traces that a symptom shares with an error", () => {
    const dependencies = new Dependencies({});
    const line = (service: string, message: string, trace_id: string) =>
      dependencies.learn(logRecord({ service, message, trace_id, level: "ERROR" }));
    for (const trace of ["a", "b", "c"]) {
      expect(line("payment", "pool is empty", trace)).toBe(false);
      expect(line("checkout", "upstream request timed out", trace)).toBe(true);
    }
    expect(dependencies.explains("payment", "checkout")).toBe(true);
    expect(dependencies.explains("checkout", "payment")).toBe(false);
  });

  it("forgets, of very many services, those that were not seen for longest", () => {
    const dependencies = new Dependencies({ checkout: ["payment"] });
    const symptom = (root: string) => ({
      service: "cart",
      message: `${root} timed out`,
      trace_id: "-",
      level: "WARN" as const,
    });
    for (let n = 0; n < 2_000; n++) {
      dependencies.see(`job-${n}`);
      dependencies.see("cart");
    }
    dependencies.see("stock");
    for (let n = 0; n < 3; n++) {
      dependencies.learn(symptom("stock"));
      dependencies.learn(symptom("job-0"));
    }
    expect(dependencies.explains("stock", "cart")).toBe(true);
    expect(dependencies.explains("job-0", "cart")).toBe(false);
    for (let n = 0; n < 500; n++) dependencies.see(`task-${n}`);
    expect(dependencies.explains("stock", "cart")).toBe(false);
    expect(dependencies.explains("payment", "checkout")).toBe(true);
  });

  it("silences neither of two that depend on each other", () => {
    const harness = new Harness({ dependencies: { a: ["b"], b: ["a"] } });
    harness.line({ service: "a" });
    harness.line({ service: "b" });
    expect(harness.pass(SECOND)).toHaveLength(2);
  });
});

describe("silences", () => {
  const silence = { service: "auth", level: "ERROR", errorCode: "E1", template: "disk" } as const;

  it("hold back what they fit while they last, and notify it after", () => {
    const harness = new Harness({ silences: [{ ...silence, from: START, until: START + HOUR }] });
    harness.line({ code: "E1" });
    harness.line({ template: "other", code: "E1" });
    expect(harness.pass(59 * MINUTE).map(({ template }) => template)).toEqual(["other"]);
    expect(harness.pass(2 * MINUTE)).toEqual([
      expect.objectContaining({ template: "disk is full", count: 1 }),
    ]);
  });

  it.each<[string, object]>([
    ["another service", { service: "cart" }],
    ["another level", { level: "WARN" }],
    ["another error code", { errorCode: "E2" }],
    ["a text that the template doesn't have", { template: "memory" }],
    ["another time", { from: START + HOUR }],
  ])("do not fit %s", (_, change) => {
    const harness = new Harness({
      silences: [{ ...silence, from: START, until: START + 2 * HOUR, ...change }],
    });
    harness.line({ code: "E1" });
    expect(harness.pass(SECOND)).toHaveLength(1);
  });
});
