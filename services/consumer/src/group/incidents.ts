import { jsonOf } from "@cali/log-record";
import { z } from "zod";
import type { Alert } from "../core/types.ts";
import { addressesIn } from "./addresses.ts";
import type { Dependencies } from "./dependencies.ts";

/** Alerts that come later than this after the last one of an incident begin another, ms. */
const WINDOW_MS = 5 * 60_000;
const MOST_OPEN = 200;
/** Services that are remembered of an incident. */
const MOST_SERVICES = 50;

const names = z.array(z.string()).transform((list) => new Set(list));
const incidentSchema = z.object({
  id: z.string(),
  services: names,
  /** Those whose alerts read as symptoms. */
  suffering: names,
  /** Services and addresses that the symptoms name. */
  named: names,
  /** When its last alert came, by the consumer's clock. */
  lastAt: z.number(),
});
type Incident = z.output<typeof incidentSchema>;

/** Which alerts belong together: those of one service, and of services that depend on each other, within one window. */
export class Incidents {
  readonly #dependencies: Dependencies;
  /** The oldest come first. */
  #open: Incident[] = [];

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Those that are open, as a text that `restore` takes. */
  kept(): string {
    return JSON.stringify(this.#open, (_, value) => (value instanceof Set ? [...value] : value));
  }

  /** Takes what `kept` gave, here or in another replica. A text that is none is nothing. */
  restore(text: string): void {
    const known = z.array(incidentSchema).safeParse(jsonOf(text));
    if (known.success) this.#open = known.data;
  }

  /** The incident that an alert belongs to, which grows by it; a new one when it fits none. */
  of(alert: Alert, now: number): NonNullable<Alert["incident"]> {
    this.#open = this.#open.filter(({ lastAt }) => Math.abs(now - lastAt) <= WINDOW_MS);
    const { service, template, samples, isSymptom } = alert;
    const text = [template, ...samples].join(" ");
    const named = this.#dependencies.named(service, text);
    // What does not log, a database for one, is known by its address.
    const called = isSymptom ? [...named, ...addressesIn(text)] : named;
    let incident = this.#best(alert, named, called);
    if (!incident) {
      incident = { id: alert.id, services: new Set(), suffering: new Set(), named: new Set(), lastAt: now };
      this.#open.push(incident);
      if (this.#open.length > MOST_OPEN) this.#open.shift();
    }
    incident.lastAt = now;
    remember(incident.services, service);
    if (isSymptom) remember(incident.suffering, service);
    if (isSymptom) for (const name of called) remember(incident.named, name);
    return { id: incident.id, services: [...incident.services] };
  }

  /** The one that most speaks for; of several the latest. */
  #best(alert: Alert, named: readonly string[], called: readonly string[]): Incident | undefined {
    let best: Incident | undefined;
    let most = 1;
    for (const incident of this.#open) {
      const strength = this.#strength(alert, { named, called }, incident);
      if (strength < most) continue;
      most = strength;
      best = incident;
    }
    return best;
  }

  /** What speaks for an alert being of an incident: that they name each other says more than that they are of one service. */
  #strength(
    { service, isSymptom }: Alert,
    { named, called }: { named: readonly string[]; called: readonly string[] },
    incident: Incident,
  ): number {
    const { services, suffering, named: causes } = incident;
    const names = named.some((name) => services.has(name));
    if (isSymptom && (names || called.some((name) => causes.has(name)))) return 5;
    if (causes.has(service)) return 4;
    if (names) return 3;
    if (services.has(service)) return 2;
    const explained =
      (isSymptom === true &&
        [...services].some((root) => this.#dependencies.isBehind(root, service, named))) ||
      [...suffering].some((one) => this.#dependencies.explains(service, one));
    return explained ? 1 : 0;
  }
}

function remember(set: Set<string>, name: string): void {
  if (set.size < MOST_SERVICES) set.add(name);
}
