import type { TruthShown } from "@cali/console";
import type { GeneratedLine } from "@cali/log-generator";

/** Tells of each incident that the generator plays, as its lines are made: its services, its first and its last line. */
export function truthTeller(tell: (truth: TruthShown) => void): (line: GeneratedLine) => void {
  const known = new Map<string, TruthShown>();
  return ({ line: { service, timestamp }, incident }) => {
    if (incident === undefined) return;
    const at = Date.parse(timestamp);
    const before = known.get(incident.id) ?? { incident: incident.id, services: [], from: at, to: at };
    const { services, from, to } = before;
    const truth = {
      ...before,
      services: services.includes(service) ? services : [...services, service],
      from: Math.min(from, at),
      to: Math.max(to, at),
    };
    known.set(incident.id, truth);
    tell(truth);
  };
}
