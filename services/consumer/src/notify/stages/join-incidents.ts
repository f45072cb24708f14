import type { AlertGrouper } from "../../group/alert-grouper.ts";
import type { AlertStage } from "../notifier.ts";

/** Says to which incident each alert belongs. */
export const joinIncidents =
  (grouper: AlertGrouper): AlertStage =>
  (due) =>
    due.map((one) => ({ ...one, alert: { ...one.alert, incident: grouper.incidentOf(one.alert) } }));
