import { CATALOGUE, repertoire } from "../catalogue/catalogue.ts";
import { callersOf } from "../catalogue/services.ts";
import type { Template } from "../catalogue/template.ts";
import type { Random } from "../random.ts";
import { type Window, type WindowOptions, Windows } from "./windows.ts";

/** How an incident reaches one service. */
interface Reach {
  /** When the service starts to suffer, ms since the epoch. */
  from: number;
  /** Share of its requests that fail. */
  share: number;
  /** 0: the root; 1: it calls the root; 2: it calls one that calls the root. */
  distance: number;
}

/** One service breaks, and those that call it suffer a little later. */
export interface Incident extends Window {
  /** `inc-1`, `inc-2`, … in order of time. */
  id: string;
  /** Name of the service that broke. */
  root: string;
  /** What the root says. */
  template: Template;
  /** Which services suffer, by their name; the root is one of them. */
  reach: ReadonlyMap<string, Reach>;
}

const MINUTE = 60_000;
/** A service further from the root copes without it. */
const MAX_DISTANCE = 3;

const BREAKABLE: readonly string[] = [...CATALOGUE.values()]
  .filter(({ failures }) => failures.length > 0)
  .map(({ service }) => service.name);

/** @param every mean time between two incidents, ms; 0: there are none */
export function incidents(random: Random, start: number, every: number): Windows<Incident> {
  const options: WindowOptions = { start, every, share: [0.1, 0.3], longest: 5 * MINUTE };
  return new Windows(random, options, (window, ordinal) => makeIncident(random, window, ordinal));
}

function makeIncident(random: Random, window: Window, ordinal: number): Incident {
  const root = random.pick(BREAKABLE);
  const { failures } = repertoire(root);
  const reach = spread(random, window, root);
  return { ...window, id: `inc-${ordinal}`, root, template: random.pick(failures), reach };
}

/** Breadth first along the callers: each hop takes its time and fails fewer requests. */
function spread(random: Random, { from, to }: Window, root: string): Map<string, Reach> {
  const share = 0.6 + 0.35 * random.fraction();
  const hop = Math.min((to - from) / 8, 2_000) * (0.5 + random.fraction() / 2);
  const reach = new Map<string, Reach>([[root, { from, share, distance: 0 }]]);
  for (const [service, reached] of reach) {
    if (reached.distance === MAX_DISTANCE) continue;
    for (const caller of callersOf(service)) {
      if (reach.has(caller)) continue;
      reach.set(caller, {
        from: reached.from + hop,
        share: reached.share * 0.85,
        distance: reached.distance + 1,
      });
    }
  }
  return reach;
}
