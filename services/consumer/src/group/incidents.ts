import type { Alert } from "../core/types.ts";
import type { Dependencies } from "./dependencies.ts";

/** Alerts that come later than this after the last one of an incident begin another, ms. */
const WINDOW_MS = 5 * 60_000;
const MOST_OPEN = 500;

interface Incident {
  readonly id: string;
  readonly services: Set<string>;
  /** Those whose alerts read as symptoms. */
  readonly suffering: Set<string>;
  /** Services that the symptoms name. */
  readonly named: Set<string>;
  lastAt: number;
}

/** Which alerts belong together: those of one service, and of services that depend on each other, within one window. */
export class Incidents {
  readonly #dependencies: Dependencies;
  /** The oldest come first. */
  #open: Incident[] = [];

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** The incident that an alert belongs to; a new one when it fits none. */
  of(alert: Alert, now: number): NonNullable<Alert["incident"]> {
    this.#open = this.#open.filter(({ lastAt }) => Math.abs(now - lastAt) <= WINDOW_MS);
    const { service, template, samples, isSymptom } = alert;
    const named = isSymptom ? this.#dependencies.named(service, [template, ...samples].join(" ")) : [];
    let incident = this.#open.find((one) => this.#belongs(alert, named, one));
    if (!incident) {
      incident = { id: alert.id, services: new Set(), suffering: new Set(), named: new Set(), lastAt: now };
      this.#open.push(incident);
      if (this.#open.length > MOST_OPEN) this.#open.shift();
    }
    incident.lastAt = now;
    incident.services.add(service);
    if (isSymptom) incident.suffering.add(service);
    for (const name of named) incident.named.add(name);
    return { id: incident.id, services: [...incident.services] };
  }

  #belongs({ service, isSymptom }: Alert, named: readonly string[], incident: Incident): boolean {
    const { services, suffering } = incident;
    return (
      services.has(service) ||
      incident.named.has(service) ||
      named.some((name) => services.has(name) || incident.named.has(name)) ||
      (isSymptom === true && [...services].some((root) => this.#dependencies.explains(root, service))) ||
      [...suffering].some((one) => this.#dependencies.explains(service, one))
    );
  }
}
