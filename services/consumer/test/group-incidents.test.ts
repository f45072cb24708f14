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
