import type { AlertGrouper } from "../../group/alert-grouper.ts";
import type { Notes } from "../../state/types.ts";
import type { AlertStage } from "../notifier.ts";

/** The note that has the open incidents. */
const OPEN_INCIDENTS = "incidents/open";

/**
 * Says to which incident each alert belongs. The open ones are kept with the state, before their alerts are: they outlive the process, and
 * are the same for all replicas. When two join at the same moment, the later one's note counts, and at worst an incident is two.
 */
export function joinIncidents(grouper: AlertGrouper, notes: Notes): AlertStage {
  return async (due) => {
    if (due.length === 0) return due;
    grouper.incidents.restore((await notes.get(OPEN_INCIDENTS)) ?? "[]");
    const joined = due.map((one) => ({
      ...one,
      alert: { ...one.alert, incident: grouper.incidentOf(one.alert) },
    }));
    await notes.set(OPEN_INCIDENTS, grouper.incidents.kept());
    return joined;
  };
}
