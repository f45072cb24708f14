import { describe, expect, it } from "vitest";
import type { Alert } from "../src/core/types.ts";
import { Dependencies } from "../src/group/dependencies.ts";
import { Incidents } from "../src/group/incidents.ts";
import { MINUTE } from "./support/grouper-harness.ts";
import { alert as alertWith } from "./support/state-contract.ts";

let made = 0;
const alert = (over: Partial<Alert>): Alert => ({ ...alertWith(`alert-${++made}`), samples: [], ...over });

describe("Incidents", () => {
  const incidents = () => new Incidents(new Dependencies({ checkout: ["payment"], gateway: ["checkout"] }));

  it("has alerts of one service, and of those that suffer from it, in one", () => {
    const all = incidents();
    const root = alert({ service: "payment", template: "pool is empty" });
    const { id } = all.of(root, 0);
    expect(id).toBe(root.id);
    expect(all.of(alert({ service: "payment", template: "other" }), MINUTE).id).toBe(id);
    const symptom = alert({ service: "gateway", template: "call timed out", isSymptom: true });
    expect(all.of(symptom, 2 * MINUTE)).toEqual({ id, services: ["payment", "gateway"] });
  });

  it("has the root in the incident of its symptoms when those came first", () => {
    const all = incidents();
    const { id } = all.of(alert({ service: "cart", template: "inventory timed out", isSymptom: true }), 0);
    expect(
      all.of(alert({ service: "checkout", template: "call timed out", isSymptom: true }), 0).id,
    ).not.toBe(id);
    const known = new Incidents(new Dependencies({ cart: ["inventory"] }));
    const first = known.of(alert({ service: "cart", template: "inventory timed out", isSymptom: true }), 0);
    expect(known.of(alert({ service: "inventory", template: "disk is full" }), 1).id).toBe(first.id);
  });

  it.each<[string, Partial<Alert>, number]>([
    ["of services that have nothing to do with it", { service: "search", template: "disk is full" }, 0],
    ["that are no symptoms", { service: "checkout", template: "coupon is unknown" }, 0],
    ["that come much later", { service: "payment", template: "pool is empty" }, 6 * MINUTE],
  ])("takes no alerts %s", (_, over, at) => {
    const all = incidents();
    const { id } = all.of(alert({ service: "payment", template: "pool is empty" }), 0);
    expect(all.of(alert(over), at).id).not.toBe(id);
  });
});

describe("an alert that fits several incidents", () => {
  /** Trouble of the gateway's own, and then of the inventory, which nobody has named yet. */
  const apart = () => {
    const all = new Incidents(knowing("gateway", "inventory", "checkout", "search"));
    const own = all.of(alert({ service: "gateway", template: "TLS handshake failed" }), 0);
    const cause = all.of(alert({ service: "inventory", template: "pool is exhausted" }), 0);
    return { all, own, cause };
  };
  const knowing = (...services: string[]) =>
    new Dependencies(Object.fromEntries(services.map((service) => [service, []])));

  it.each<[string, Partial<Alert>]>([
    ["a symptom", { template: "reset while reading the answer of inventory", isSymptom: true }],
    ["a failure that names its cause", { template: "answered 500 to GET /items: inventory failed" }],
    [
      "one that names it in its lines",
      { template: "call of <*> timed out", samples: ["call of inventory timed out"] },
    ],
  ])("%s is of the one whose service it names, not of another one of its own service", (_, over) => {
    const { all, own, cause } = apart();
    expect(all.of(alert({ service: "gateway", ...over }), 1)).toEqual({
      id: cause.id,
      services: ["inventory", "gateway"],
    });
    const next = alert({ service: "checkout", template: "no answer of gateway", isSymptom: true });
    expect(all.of(next, 2).id).toBe(cause.id);
    expect(all.of(alert({ service: "gateway", template: "jwt expired" }), 3).id).toBe(cause.id);
    expect(own.id).not.toBe(cause.id);
  });

  it("is of the one that it names, also where another one names its service", () => {
    const { all, own, cause } = apart();
    const first = alert({ service: "search", template: "no answer of gateway", isSymptom: true });
    expect(all.of(first, 1).id).toBe(own.id);
    const symptom = alert({ service: "gateway", template: "inventory timed out", isSymptom: true });
    expect(all.of(symptom, 2).id).toBe(cause.id);
  });

  it("is of its own service's when it names none", () => {
    const { all, own } = apart();
    expect(all.of(alert({ service: "gateway", template: "token of user 7 is rejected" }), 1).id).toBe(own.id);
  });

  it("is of the same one after a restart, and a note that is broken is none", () => {
    const { all, cause } = apart();
    const again = new Incidents(knowing("gateway", "inventory"));
    again.restore(all.kept());
    const symptom = alert({ service: "gateway", template: "inventory timed out", isSymptom: true });
    expect(again.of(symptom, 1).id).toBe(cause.id);
    expect(again.kept()).not.toBe(all.kept());
    const before = again.kept();
    for (const broken of ["", "{", "7", '[{"id":1}]']) again.restore(broken);
    expect(again.kept()).toBe(before);
  });
});

describe("which alerts are of one incident", () => {
  const between = (dependencies: Record<string, string[]> = {}) =>
    new Incidents(new Dependencies(dependencies));
  const of = (all: Incidents, service: string, template: string, at = 0, isSymptom = true) =>
    all.of(alert({ service, template, isSymptom }), at);

  it.each([
    ["five minutes later", 5 * MINUTE, true],
    ["more than five minutes later", 5 * MINUTE + 1, false],
    ["five minutes earlier, by a clock that was set back", -5 * MINUTE, true],
    ["more than that earlier", -5 * MINUTE - 1, false],
  ])("those that come %s: %i, %s", (_, at, isSame) => {
    const all = between();
    const { id } = of(all, "auth", "disk is full");
    expect(of(all, "auth", "disk is full", at).id === id).toBe(isSame);
  });

  it("those that come within five minutes of its last one", () => {
    const all = between();
    const { id } = of(all, "auth", "disk is full");
    for (let at = 1; at <= 4; at++) expect(of(all, "auth", "disk is full", at * 4 * MINUTE).id).toBe(id);
  });

  it("those of two services whose symptoms name the same third one", () => {
    const all = between({ cart: [], shop: [], ldap: [] });
    const { id } = of(all, "cart", "ldap timed out");
    expect(of(all, "shop", "no answer of ldap")).toEqual({ id, services: ["cart", "shop"] });
    // What is no symptom and names it has nothing to do with it.
    const other = between({ cart: [], shop: [], ldap: [] });
    const first = of(other, "cart", "ldap timed out");
    expect(of(other, "shop", "ldap is not set", 0, false).id).not.toBe(first.id);
  });

  it("those of services whose symptoms name the same address, of what does not log", () => {
    const all = between();
    const { id } = of(all, "cart", "dial tcp orders-db.internal:5432: connect: connection refused");
    expect(of(all, "shop", "could not connect to orders-db.internal:5432")).toEqual({
      id,
      services: ["cart", "shop"],
    });
    expect(of(all, "mail", "could not connect to mail-db.internal:5432").id).not.toBe(id);
    expect(of(all, "stock", "orders-db.internal:5432 is not set", 0, false).id).not.toBe(id);
    // It is no service of which nothing but its own trouble is the cause.
    const known = between({ cart: ["pool"] });
    const root = of(known, "pool", "the disk is full", 0, false);
    expect(of(known, "cart", "orders-db.internal:5432 timed out").id).toBe(root.id);
  });

  it("the cause that symptoms named before, and nothing that no symptom named", () => {
    const all = between({ cart: [], ldap: [], db: [] });
    const { id } = of(all, "cart", "ldap timed out");
    expect(of(all, "ldap", "disk is full", 0, false).id).toBe(id);
    const own = between({ cart: [], ldap: [] });
    const first = of(own, "cart", "no user in ldap", 0, false);
    expect(of(own, "ldap", "disk is full", 0, false).id).not.toBe(first.id);
  });

  it("a symptom of what it depends on, and the trouble of what a symptom depends on", () => {
    const dependencies = { shop: ["auth"], auth: ["ldap"] };
    const all = between(dependencies);
    const { id } = of(all, "ldap", "disk is full", 0, false);
    expect(of(all, "shop", "call timed out").id).toBe(id);
    const back = between(dependencies);
    const symptom = of(back, "shop", "call timed out");
    expect(of(back, "ldap", "disk is full", 0, false).id).toBe(symptom.id);
    // Trouble that reads as no symptom comes from nowhere else.
    const apart = between(dependencies);
    const root = of(apart, "ldap", "disk is full", 0, false);
    expect(of(apart, "shop", "coupon is unknown", 0, false).id).not.toBe(root.id);
    const other = between(dependencies);
    const error = of(other, "shop", "coupon is unknown", 0, false);
    expect(of(other, "ldap", "disk is full", 0, false).id).not.toBe(error.id);
  });

  it("of two that say as much the later one", () => {
    const all = between({ a: ["x"], b: ["y"], c: ["a", "b"] });
    const [first, later] = [of(all, "a", "disk is full", 0, false), of(all, "b", "disk is full", 1, false)];
    expect(of(all, "c", "call timed out", 2).id).toBe(later.id);
    expect(first.id).not.toBe(later.id);
  });

  it("of 200 open ones, the oldest is closed for another", () => {
    const all = between();
    const ids = Array.from({ length: 201 }, (_, n) => of(all, `service-${n}`, "disk is full").id);
    expect(of(all, "service-1", "disk is full").id).toBe(ids[1]);
    expect(of(all, "service-0", "disk is full").id).not.toBe(ids[0]);
  });

  it("names 50 services at most", () => {
    const names = Array.from({ length: 60 }, (_, n) => `service-${n}`);
    const all = between({ root: names });
    const { id } = of(all, "root", `failed: ${names.join(" ")} timed out`);
    const grown = names.map((name) => of(all, name, "disk is full", 0, false)).filter((one) => one.id === id);
    expect(grown.at(-1)?.services).toHaveLength(50);
    expect(JSON.parse(all.kept())[0].named).toHaveLength(50);
  });

  it("are kept with what they were about", () => {
    const all = between({ cart: [], ldap: [] });
    const { id } = of(all, "cart", "ldap timed out", 7);
    expect(JSON.parse(all.kept())).toEqual([
      { id, services: ["cart"], suffering: ["cart"], named: ["ldap"], lastAt: 7 },
    ]);
    const calm = between();
    of(calm, "cart", "disk is full", 7, false);
    expect(JSON.parse(calm.kept())).toMatchObject([{ services: ["cart"], suffering: [], named: [] }]);
  });
});
