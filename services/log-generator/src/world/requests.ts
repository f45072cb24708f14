import { CATALOGUE, type Repertoire, repertoire } from "../catalogue/catalogue.ts";
import { type Call, ROUTES } from "../catalogue/services.ts";
import type { Template } from "../catalogue/template.ts";
import type { Random } from "../random.ts";
import type { Incident } from "./incidents.ts";

/** One line that a request will cause. */
export interface Step {
  template: Template;
  repertoire: Repertoire;
  version: string;
  pod: string;
  /** The service whose call failed, or the own name. */
  upstream: string;
  /** Set when the line would not be there without this incident. */
  incident: Incident | undefined;
}

interface Pod {
  name: string;
  version: string;
}

/** A route once for each point of its weight, so that a plain pick is a weighted one. */
const WEIGHTED_ROUTES = ROUTES.flatMap((route) => Array.from({ length: route.weight }, () => route));

/** Decides which lines a request writes on its way through the services. */
export class RequestPlanner {
  readonly #random: Random;
  readonly #noiseShare: number;
  readonly #pods: ReadonlyMap<string, readonly Pod[]>;

  /** @param noiseShare share of the visits of a service that something unrelated goes wrong in, 0 to 1 */
  constructor(random: Random, noiseShare: number) {
    this.#random = random;
    this.#noiseShare = noiseShare;
    this.#pods = new Map([...CATALOGUE].map(([name, { service }]) => [name, makePods(service, random)]));
  }

  /** @param route index of a route that this request shall take; any by weight when absent */
  plan(at: number, incident: Incident | undefined, route?: number): Step[] {
    const chosen = (route === undefined ? undefined : ROUTES[route]) ?? this.#random.pick(WEIGHTED_ROUTES);
    const steps: Step[] = [];
    this.#visit(chosen.calls, at, incident, steps);
    return steps;
  }

  /** @returns whether the service could answer */
  #visit(call: Call, at: number, incident: Incident | undefined, steps: Step[]): boolean {
    const [name, ...calls] = call;
    const random = this.#random;
    const own = repertoire(name);
    const pod = random.pick(this.#pods.get(name) as readonly Pod[]);
    const say = (template: Template, upstream = name, because?: Incident): void => {
      const { version, name: podName } = pod;
      steps.push({ template, repertoire: own, version, pod: podName, upstream, incident: because });
    };
    say(random.pick(own.normal));
    if (random.chance(this.#noiseShare)) say(random.pickSkewed(own.noise));
    const reach = incident?.reach.get(name);
    const suffers = reach !== undefined && at >= reach.from;
    if (incident?.root === name && suffers && random.chance(reach.share)) {
      say(incident.template, name, incident);
      return false;
    }
    for (const next of calls) {
      const answered = this.#visit(next, at, incident, steps);
      if (answered || !suffers || !random.chance(reach.share)) continue;
      const template = random.pickSkewed(own.consequences);
      say(template, next[0], incident);
      if (template.level !== "WARN") return false;
    }
    say(random.pick(own.normal));
    return true;
  }
}

/** Most pods run the newest version; the last one of a service still runs an older one, if there is one. */
function makePods(
  { name, versions, replicas }: { name: string; versions: readonly [string, ...string[]]; replicas: number },
  random: Random,
): Pod[] {
  const set = random.hex(9);
  return Array.from({ length: replicas }, (_, ordinal) => ({
    name: `${name}-${set}-${random.hex(5)}`,
    version: (ordinal === replicas - 1 ? versions.at(-1) : undefined) ?? versions[0],
  }));
}
