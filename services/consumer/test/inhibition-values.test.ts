import type { Level } from "@cali/log-record";
import { describe, expect, it } from "vitest";
import { Dependencies, isSymptom } from "../src/group/dependencies.ts";
import { type Group, noteLine, rateOf } from "../src/group/group.ts";
import { Inhibition } from "../src/group/inhibition.ts";
import { silencedUntil } from "../src/group/silences.ts";
import { addSample, newTally, noteMinute, type Tally } from "../src/group/tally.ts";
import { MINUTE, START } from "./support/grouper-harness.ts";
import { group, tally } from "./support/groups.ts";
import { logRecord } from "./support/records.ts";

describe("a silence", () => {
  const found = { service: "auth", level: "ERROR", errorCode: "E1", template: "disk is full" } as const;
  it.each([
    [99, undefined],
    [100, 200],
    [199, 200],
    [200, undefined],
  ])("holds from its beginning to before its end: at %i", (now, until) => {
    expect(silencedUntil(found, [{ from: 100, until: 200 }], now)).toBe(until);
  });

  it("ends with the last that holds", () => {
    const silences = [150, 300, 200].map((until) => ({ from: 0, until }));
    expect(silencedUntil(found, [...silences, { from: 0, until: 900, service: "cart" }], 100)).toBe(300);
    expect(silencedUntil(found, [], 100)).toBeUndefined();
    expect(
      silencedUntil({ ...found, errorCode: undefined }, [{ from: 0, until: 9, errorCode: "E1" }], 1),
    ).toBeUndefined();
  });
});

describe("a line's own words", () => {
  it("are those of the last line, the frames of the first that has some", () => {
    const one = group();
    noteLine(one, logRecord({ trace_id: "-", version: "1", pod_name: "a" }));
    expect(one.latest).toEqual({ version: "1", podName: "a", platform: "eks", environment: "test" });
    const content = "boom\n\tat com.acme.A.run(A.java:3)";
    noteLine(one, logRecord({ version: "2", pod_name: "b", log_content: content }));
    noteLine(one, logRecord({ log_content: "boom\n\tat com.acme.B.run(B.java:3)" }));
    expect(one.latest).toEqual({
      version: "1.2.3",
      podName: "checkout-7d4b9c-x2x1z",
      platform: "eks",
      environment: "test",
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      ownFrames: ["com.acme.A.run"],
    });
  });

  it("are counted by minute, for the last twenty", () => {
    const one = group();
    const [a, b] = ["1", "2"].map((sequenceNumber) => newTally({ sequenceNumber, index: 0 }, START));
    one.tallies.set("shard-a", a as Tally).set("shard-b", b as Tally);
    for (let minute = 0; minute < 25; minute++) {
      noteMinute(a as Tally, START + minute * MINUTE);
      if (minute % 2 === 0) noteMinute((minute % 4 === 0 ? a : b) as Tally, START + minute * MINUTE + 59_999);
    }
    expect(a?.rate).toHaveLength(20);
    const last = START + 24 * MINUTE;
    expect(rateOf(one, last)).toEqual(
      Array.from({ length: 20 }, (_, place) => ((place + 5) % 2 === 0 ? 2 : 1)),
    );
    expect(rateOf(one, last + MINUTE).slice(-2)).toEqual([2, 0]);
    expect(rateOf(one, last + 30 * MINUTE)).toEqual(Array(20).fill(0));
  });

  it("are kept as three different samples, cut and redacted", () => {
    const one = tally();
    const long = `${"x".repeat(990)} password=hunter2hunter2`;
    for (const line of [long, long, "a", "a", "b", "c"]) addSample(one, line);
    expect(one.samples).toEqual([`${"x".repeat(990)} password=`, "a", "b"]);
    const repeated = tally();
    addSample(repeated, "mail of a@example.com");
    for (let n = 0; n < 64; n++) addSample(repeated, `mail of b${n}@example.com`);
    // What brings nothing new so often is not looked at any more.
    addSample(repeated, "another");
    expect(repeated.samples).toEqual(["mail of <email>"]);
  });
});

describe("trouble that explains other trouble", () => {
  const service = (name: string, level: Level, over: Partial<Group> = {}, one: Partial<Tally> = {}) =>
    group(
      { s: { count: 2, notified: 0, byLevel: { [level]: 2 }, pendingSince: START, ...one } },
      { service: name, observedAt: START, isSymptom: true, ...over },
    );
  const dependencies = new Dependencies({ auth: ["ldap"], shop: ["auth"] });
  const window = { now: START, windowMs: MINUTE };

  it.each<[string, Group, string[]]>([
    ["an error", service("ldap", "ERROR"), ["ldap"]],
    ["a warning", service("ldap", "WARN"), []],
    ["a service that is not depended on", service("cart", "ERROR"), []],
    ["an error of long ago", service("ldap", "ERROR", { observedAt: START - MINUTE - 1 }), []],
    ["an error within the window", service("ldap", "ERROR", { observedAt: START - MINUTE }), ["ldap"]],
    ["an error that no shard counts", service("ldap", "ERROR", { tallies: new Map() }), []],
  ])("is %s", (_, root, roots) => {
    const symptom = service("auth", "ERROR");
    expect(new Inhibition([root, symptom], dependencies, window).rootsOf(symptom)).toEqual(roots);
  });

  it("is at least as grave, whichever of a service's groups comes first, and explains symptoms alone", () => {
    const symptom = service("auth", "FATAL");
    const roots = (...groups: Group[]) => new Inhibition(groups, dependencies, window).rootsOf(symptom);
    expect(roots(service("ldap", "ERROR"))).toEqual([]);
    expect(roots(service("ldap", "ERROR"), service("ldap", "FATAL"))).toEqual(["ldap"]);
    expect(roots(service("ldap", "FATAL"), service("ldap", "ERROR"))).toEqual(["ldap"]);
    const own = service("auth", "ERROR", { isSymptom: false });
    expect(new Inhibition([service("ldap", "ERROR"), own], dependencies, window).rootsOf(own)).toEqual([]);
  });

  it("is of what a symptom names, or of what that depends on", () => {
    const given = new Dependencies({ shop: ["cart", "stock"], cart: ["store"], mail: [] });
    const roots = (template: string) => {
      const symptom = service("shop", "ERROR", { template });
      const groups = ["cart", "stock", "store"].map((name) => service(name, "ERROR"));
      return new Inhibition([...groups, symptom], given, window).rootsOf(symptom).toSorted();
    };
    expect(roots("the call timed out")).toEqual(["cart", "stock", "store"]);
    expect(roots("no instances available for cart")).toEqual(["cart", "store"]);
    expect(roots("stock answered 503")).toEqual(["stock"]);
    expect(roots("no connection to mail")).toEqual([]);
  });

  it("holds symptoms back for half an hour, FATAL ones never", () => {
    const until = (symptom: Group, now: number) =>
      new Inhibition([service("ldap", "FATAL"), symptom], dependencies, window).mutedUntil(symptom, now);
    const end = START + 30 * MINUTE;
    expect(until(service("auth", "ERROR"), START)).toBe(end);
    expect(until(service("auth", "ERROR"), end - 1)).toBe(end);
    expect(until(service("auth", "ERROR"), end)).toBeUndefined();
    expect(until(service("auth", "FATAL"), START)).toBeUndefined();
    expect(until(service("cart", "ERROR"), START)).toBeUndefined();
  });

  it("counts what it holds back, by service, and nothing that was notified", () => {
    const groups = [
      service("ldap", "ERROR"),
      service("auth", "ERROR"),
      service("auth", "WARN", {}, { count: 5, notified: 4 }),
      service("shop", "ERROR", {}, { count: 7 }),
      service("auth", "ERROR", {}, { count: 9, notified: 9 }),
    ];
    const inhibition = new Inhibition(groups, dependencies, window);
    expect(inhibition.mutedBy("ldap", START)).toEqual([
      { by: "auth", count: 3 },
      { by: "shop", count: 7 },
    ]);
    expect(inhibition.mutedBy("auth", START)).toEqual([{ by: "shop", count: 7 }]);
    expect(inhibition.mutedBy("shop", START)).toEqual([]);
  });
});

describe("symptoms", () => {
  it.each([
    "request timed out",
    "time-out of 3 s",
    "deadline exceeded",
    "ECONNRESET",
    "upstream is gone",
    "502 from the gateway",
    "did not answer",
    "failed to connect",
    "cannot reach it",
    "the socket was closed",
    "no route to host",
    "giving up",
    "no instances available for the seat service",
    "No servers available for service: orders",
    "the load balancer does not have available server for client: orders",
    "discovery found zero available service instances",
    "no endpoints are found for orders",
    "lookup orders on 10.0.0.2:53: no such host",
    "getaddrinfo ENOTFOUND orders",
    "orders: Name does not resolve",
    "could not resolve host: orders",
    "java.net.UnknownHostException: orders",
    "Temporary failure in name resolution",
    "the server's name or address could not be resolved",
    "socket hang up",
    "Connection prematurely closed BEFORE response",
    "orders answered 500",
    "HTTP/1.1 507",
    "status code: 500",
    "will retry",
  ])("read like %s", (message) => {
    expect(isSymptom(message)).toBe(true);
  });

  it.each([
    "disk is full",
    "coupon 15020 is unknown",
    "a NullPointerException",
    "answer is 42",
    "no seats available for the concert",
    "no instances of the class are loaded",
    "the query returned 500 rows",
    "received 512 kB",
    "the conflict is not resolved",
    "could not resolve placeholder 'shop.url'",
  ])("do not read like %s", (message) => expect(isSymptom(message)).toBe(false));

  it("are looked for at the beginning of a line", () => {
    expect(isSymptom(`${"x".repeat(980)} timed out`)).toBe(true);
    expect(isSymptom(`${"x".repeat(1_000)} timed out`)).toBe(false);
  });

  it("name other services that are known, as words", () => {
    const all = new Dependencies({ auth: ["ldap", "db.main"] });
    expect(all.named("auth", "auth: ldap, ldap and db.main. ldapx")).toEqual(["ldap", "db.main"]);
    expect(all.named("auth", "no answer of ldap.prod.svc.cluster.local:636")).toEqual(["ldap"]);
    expect(all.named("auth", "com.ldap.Client")).toEqual([]);
    expect(all.named("auth", `${"x ".repeat(600)}ldap`)).toEqual([]);
  });

  it("teach at the third sight, over any distance, and not in a circle", () => {
    const all = new Dependencies({ shop: ["auth"] });
    const learn = (service: string, message: string) =>
      all.learn(logRecord({ service, message, level: "ERROR", trace_id: "-" }));
    learn("ldap", "started");
    learn("auth", "ldap timed out");
    learn("auth", "ldap timed out");
    expect(all.explains("ldap", "auth")).toBe(false);
    learn("auth", "ldap timed out");
    expect(all.explains("ldap", "auth")).toBe(true);
    expect(all.explains("ldap", "shop")).toBe(true);
    expect(all.explains("auth", "ldap")).toBe(false);
    for (let n = 0; n < 3; n++) learn("ldap", "shop timed out");
    expect(all.explains("ldap", "shop")).toBe(false);
    expect(all.explains("auth", "shop")).toBe(false);
  });

  it("are learned from a trace once for each service, and not from warnings or lines without a trace", () => {
    const all = new Dependencies({});
    const learn = (service: string, message: string, trace_id: string, level: Level = "ERROR") =>
      all.learn(logRecord({ service, message, trace_id, level }));
    for (let n = 0; n < 3; n++) {
      learn("db", "disk is full", "one");
      learn("api", "call timed out", "one");
      learn("db", "slow", `warned-${n}`, "WARN");
      learn("api", "call timed out", `warned-${n}`);
      learn("db", "disk is full", "-");
      learn("api", "call timed out", "-");
    }
    expect(all.explains("db", "api")).toBe(false);
    for (const trace of ["two", "three"]) {
      learn("db", "disk is full", trace);
      learn("db", "it timed out", trace);
      learn("api", "call timed out", trace);
    }
    expect(all.explains("db", "api")).toBe(true);
  });
});

describe("traces that services share", () => {
  it("are learned from in whatever order error and symptom come, but not where the symptom names another service", () => {
    const all = new Dependencies({});
    const learn = (service: string, message: string, trace_id: string) =>
      all.learn(logRecord({ service, message, trace_id, level: "ERROR" }));
    for (const trace of ["one", "two", "three"]) {
      learn("api", "call timed out", trace);
      learn("db", "disk is full", trace);
      learn("web", "no instances available for api", trace);
    }
    expect(all.explains("db", "api")).toBe(true);
    expect(all.explains("api", "web")).toBe(true);
    const apart = new Dependencies({});
    for (const trace of ["one", "two", "three"]) {
      apart.see("mail");
      apart.learn(logRecord({ service: "db", message: "disk is full", level: "ERROR", trace_id: trace }));
      apart.learn(logRecord({ service: "web", message: "mail timed out", level: "ERROR", trace_id: trace }));
    }
    expect([apart.explains("db", "web"), apart.explains("mail", "web")]).toEqual([false, true]);
  });

  it("are remembered up to 2,000, the first error of each", () => {
    const all = new Dependencies({});
    const learn = (service: string, message: string, trace_id: string) =>
      all.learn(logRecord({ service, message, trace_id, level: "ERROR" }));
    for (let n = 0; n < 2_003; n++) learn("db", "disk is full", `trace-${n}`);
    for (const n of [0, 1, 2]) learn("old", "call timed out", `trace-${n}`);
    expect(all.explains("db", "old")).toBe(false);
    // Their traces have taken the places of three more.
    for (const n of [6, 7, 2_002]) {
      learn("late", "disk is full", `trace-${n}`);
      learn("api", "call timed out", `trace-${n}`);
    }
    expect(all.explains("db", "api")).toBe(true);
    expect(all.explains("late", "api")).toBe(false);
  });
});
