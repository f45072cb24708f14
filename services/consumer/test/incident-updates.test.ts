import { describe, expect, it } from "vitest";
import { systemClock } from "../src/core/clock.ts";
import type { Alert, OutboxItem } from "../src/core/types.ts";
import { renderAlert, renderDigest } from "../src/notify/slack/alert-message.ts";
import { IncidentUpdates } from "../src/notify/slack/incident-updates.ts";
import { alert as alertWith } from "./support/state-contract.ts";

let made = 0;
const alert = (over: Partial<Alert>): Alert => ({ ...alertWith(`alert-${++made}`), samples: [], ...over });

describe("what Slack gets of an incident", () => {
  const incident = { id: "alert-0", services: ["payment", "gateway"] };
  const item = (over: Partial<Alert>): OutboxItem => {
    const one = alert(over);
    return { id: one.id, alert: one, state: "pending" };
  };

  it("is one message, then updates; FATAL and other incidents wait for nothing", () => {
    const updates = new IncidentUpdates(60_000, systemClock);
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

  it("is collected in a storm, but for FATAL", () => {
    let now = 1_000;
    const updates = new IncidentUpdates(60_000, { ...systemClock, monotonic: () => now });
    const one = (level: Alert["level"] = "ERROR") =>
      item({ level, incident: { ...incident, id: `incident-${made}` } });
    for (let sent = 0; sent < 8; sent++) {
      const next = one();
      expect(updates.next([next], 5)).toEqual([next]);
      updates.sent([next]);
      now += 1_000;
    }
    const waiting = [one(), one()];
    expect(updates.next(waiting, 5)).toEqual([]);
    now += 14_000;
    const fatal = one("FATAL");
    expect(updates.next([...waiting, fatal], 5)).toEqual([fatal]);
    updates.sent([fatal]);
    expect(updates.next(waiting, 5)).toEqual([]);
    now += 1_000;
    expect(updates.next(waiting, 5)).toEqual(waiting);
    updates.sent(waiting);
    now += 60_000;
    const later = one();
    expect(updates.next([later], 5)).toEqual([later]);
  });

  it("goes on when the update's time has come", () => {
    const updates = new IncidentUpdates(0, systemClock);
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
