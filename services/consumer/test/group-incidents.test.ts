import { describe, expect, it } from "vitest";
import type { Alert, OutboxItem } from "../src/core/types.ts";
import { Dependencies } from "../src/group/dependencies.ts";
import { Incidents } from "../src/group/incidents.ts";
import { renderAlert, renderDigest } from "../src/notify/slack/alert-message.ts";
import { IncidentUpdates } from "../src/notify/slack/incident-updates.ts";
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

describe("what Slack gets of an incident", () => {
  const incident = { id: "alert-0", services: ["payment", "gateway"] };
  const item = (over: Partial<Alert>): OutboxItem => {
    const one = alert(over);
    return { id: one.id, alert: one, state: "pending" };
  };

  it("is one message, then updates; FATAL and other incidents wait for nothing", () => {
    const updates = new IncidentUpdates(60_000);
    const first = [item({ incident }), item({ incident })];
    const other = item({ incident: { ...incident, id: "another" } });
    expect(updates.next([...first, other], 5)).toEqual(first);
    updates.sent(first);
    const later = item({ incident });
    expect(updates.next([later, other], 5)).toEqual([other]);
    expect(updates.next([later], 5)).toEqual([]);
    const fatal = item({ incident, level: "FATAL" });
    expect(updates.next([later, fatal], 5)).toEqual([fatal]);
  });

  it("goes on when the update's time has come", () => {
    const updates = new IncidentUpdates(0);
    const later = item({ incident });
    updates.sent([later]);
    expect(updates.next([later], 5)).toEqual([later]);
  });

  it("names the incident, where it is, and what it likely comes from", () => {
    const symptom = alert({ service: "gateway", incident, isSymptom: true });
    const cause = { cause: "the pool is too small", action: "raise it", origin: "confirmed" as const };
    const root = alert({ service: "payment", incident, cause });
    expect(JSON.stringify(renderDigest([symptom, root]))).toContain("the pool is too small");
    expect(JSON.stringify(renderDigest([symptom, root]))).toContain(
      "*Update of the incident* in payment, gateway, most likely from payment · `alert-0`",
    );
    expect(JSON.stringify(renderAlert(root))).toContain("update of the incident `alert-0`");
    expect(JSON.stringify(renderAlert({ ...root, id: "alert-0" }))).not.toContain("update of");
  });
});
