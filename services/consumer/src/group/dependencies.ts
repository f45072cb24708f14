import type { LogRecord } from "@cali/log-record";

/** Which services call which: the key depends on each of the values. */
export type ServiceDependencies = Readonly<Record<string, readonly string[]>>;

/** So many symptoms that name a service, or share a trace with its error, show that it is depended on. */
const LEAST_SIGHTS = 3;
const MOST_SERVICES = 500;
const MOST_TRACES = 2_000;
const LONGEST = 1_000;

/** How it reads when something that is called does not do its part. */
const SYMPTOM =
  /time[ds]?[ -]?out|deadline|ETIMEDOUT|refused|reset by peer|ECONN|unavailable|unreachable|not reachable|circuit|bad gateway|\b50[234]\b|UPSTREAM|upstream|(?:no|does not|did not|not) (?:answer|respond)|(?:fail(?:ed|s|ure)?|unable|cannot|could not|can't) (?:to )?(?:connect|reach|call)|(?:connection|channel|socket)(?: was| is)? (?:closed|lost|broken|reset)|broken pipe|no connection|giving up|\bretr(?:y|ies)\b|host is down|no route/i;

/** Whether a line reads as a symptom of another service's trouble. */
export const isSymptom = (message: string) => SYMPTOM.test(message.slice(0, LONGEST));

/**
 * Which services depend on which, as it was given and as the logs show: who names whom in symptoms, and whose symptoms share a trace
 * with an error of whom.
 */
export class Dependencies {
  /** Services seen, and those given. */
  readonly #services = new Set<string>();
  /** By service, how often its symptoms pointed to another. */
  readonly #sights = new Map<string, Map<string, number>>();
  /** Which service logged the error of a trace, and whose symptoms pointed to it. The oldest come first. */
  readonly #traces = new Map<string, { readonly failed: string; readonly seenBy: Set<string> }>();
  readonly #direct = new Map<string, Set<string>>();
  #reach: ReadonlyMap<string, ReadonlySet<string>> = new Map();

  constructor(given: ServiceDependencies) {
    for (const [service, roots] of Object.entries(given)) {
      this.#direct.set(service, new Set(roots));
      for (const name of [service, ...roots]) this.#services.add(name);
    }
    this.#reach = reachOf(this.#direct);
  }

  /** Learns from a line. @returns whether it is a symptom */
  learn({
    service,
    message,
    trace_id: trace,
    level,
  }: Pick<LogRecord, "service" | "message" | "trace_id" | "level">): boolean {
    if (this.#services.size < MOST_SERVICES) this.#services.add(service);
    const symptom = isSymptom(message);
    if (symptom) {
      for (const named of this.named(service, message)) this.#see(service, named);
      const shared = this.#traces.get(trace);
      if (shared && shared.failed !== service && !shared.seenBy.has(service)) {
        shared.seenBy.add(service);
        this.#see(service, shared.failed);
      }
    } else if (trace !== "-" && level !== "WARN" && !this.#traces.has(trace)) {
      this.#traces.set(trace, { failed: service, seenBy: new Set() });
      if (this.#traces.size > MOST_TRACES) this.#traces.delete(this.#traces.keys().next().value as string);
    }
    return symptom;
  }

  /** Other services that a message names. */
  named(service: string, message: string): string[] {
    const words = new Set(message.slice(0, LONGEST).split(/[^A-Za-z0-9_.-]+|\.(?=\s|$)/));
    return [...words].filter((word) => word !== service && this.#services.has(word));
  }

  /** Whether trouble of `root` explains symptoms of `service`. Services that depend on each other explain nothing of one another. */
  explains(root: string, service: string): boolean {
    return this.#reach.get(service)?.has(root) ?? false;
  }

  #see(service: string, root: string): void {
    const sights = this.#sights.get(service) ?? new Map<string, number>();
    this.#sights.set(service, sights);
    const count = (sights.get(root) ?? 0) + 1;
    sights.set(root, count);
    if (count !== LEAST_SIGHTS) return;
    const direct = this.#direct.get(service) ?? new Set<string>();
    this.#direct.set(service, direct.add(root));
    this.#reach = reachOf(this.#direct);
  }
}

/** All that each service depends on, at any distance, without those that depend on it. */
function reachOf(direct: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, ReadonlySet<string>> {
  const reachable = new Map([...direct.keys()].map((service) => [service, walk(service, direct)] as const));
  return new Map(
    [...reachable].map(
      ([service, roots]) =>
        [service, new Set([...roots].filter((root) => !reachable.get(root)?.has(service)))] as const,
    ),
  );
}

function walk(from: string, direct: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const seen = new Set<string>();
  const ahead = [...(direct.get(from) ?? [])];
  for (let service = ahead.pop(); service !== undefined; service = ahead.pop()) {
    if (seen.has(service)) continue;
    seen.add(service);
    ahead.push(...(direct.get(service) ?? []));
  }
  seen.delete(from);
  return seen;
}
