import { CatalogueError } from "../errors.ts";
import { CONSEQUENCES } from "./consequences.ts";
import { FAILURES } from "./failures.ts";
import { NOISE } from "./noise.ts";
import { COMMON, NORMAL } from "./normal.ts";
import { SERVICES, type Service } from "./services.ts";
import { compileTemplate, type ErrorSpec, type Template } from "./template.ts";

/** All that one service may write. */
export interface Repertoire {
  service: Service;
  /** INFO more than once, so that a plain pick gives few DEBUG. */
  normal: readonly Template[];
  /** May start an incident. */
  failures: readonly Template[];
  /** Said when a service that this one calls fails. */
  consequences: readonly Template[];
  /** Happens alone: first the common, then the rare. */
  noise: readonly Template[];
}

const INFO_PER_DEBUG = 4;

function repertoireOf(service: Service): Repertoire {
  const { name } = service;
  const own = (specs: readonly ErrorSpec[]): Template[] =>
    specs
      .filter(({ services }) => services === undefined || services.includes(name))
      .map((spec) => compileTemplate(`${name}.${spec.name}`, spec));
  const normal = [...(NORMAL[name] ?? []), ...COMMON].flatMap((spec, index) => {
    const template = compileTemplate(`${name}.normal-${index + 1}`, spec);
    return Array.from({ length: spec.level === "INFO" ? INFO_PER_DEBUG : 1 }, () => template);
  });
  const failures = own(FAILURES);
  return { service, normal, failures, consequences: own(CONSEQUENCES), noise: [...own(NOISE), ...failures] };
}

/** What every service may write, by its name. */
export const CATALOGUE: ReadonlyMap<string, Repertoire> = new Map(
  SERVICES.map((service) => [service.name, repertoireOf(service)]),
);

/** @throws CatalogueError when no service has that name. */
export function repertoire(service: string): Repertoire {
  const found = CATALOGUE.get(service);
  if (found === undefined) {
    throw new CatalogueError(`service: given ${service}, allowed ${[...CATALOGUE.keys()].join(", ")}`);
  }
  return found;
}

/** Every template that says that something is wrong, as the catalogue's files have it (not once for each service). */
export const ERROR_SPECS: readonly ErrorSpec[] = [...FAILURES, ...CONSEQUENCES, ...NOISE];
