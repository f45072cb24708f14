import type { LogRecord } from "@cali/log-record";

/** Which services call which: the key depends on each of the values. */
export type ServiceDependencies = Readonly<Record<string, readonly string[]>>;

/** So many symptoms that name a service, or share a trace with its error, show that it is depended on. */
const LEAST_SIGHTS = 3;
/** Services that are remembered besides those that were given. */
const MOST_SERVICES = 500;
/** Services that one is found to depend on. */
const MOST_ROOTS = 50;
const MOST_TRACES = 2_000;
const LONGEST = 1_000;

/** How it reads when something that is called does not do its part. */
const SYMPTOMS = [
  // It does not answer.
  /time[ds]?[ -]?out|deadline|ETIMEDOUT|(?:no|does not|did not|not) (?:answer|respond)|giving up|\bretr(?:y|ies)\b/,
  // It is not reached.
  /refused|reset by peer|ECONN|E(?:HOST|NET)UNREACH|unavailable|unreachable|not reachable|circuit|(?:fail(?:ed|s|ure)?|unable|cannot|could not|can't) (?:to )?(?:connect|reach|call)|no connection|host is down|no route/,
  // The connection is gone.
  /(?:connection|channel|socket)(?: was| is)? (?:prematurely )?(?:closed|lost|broken|reset|aborted)|broken pipe|socket hang up|remote end closed/,
  // Nobody knows where it is.
  /\b(?:no|zero)(?: \w+){0,2} (?:instances?|servers?|endpoints?|hosts?|backends?|nodes?|upstreams?)(?: (?:is|are))? (?:available|found|left|alive|reachable)\b|\b(?:no|zero|not have(?: an?)?|not contain(?: an?)?|not find(?: an?)?) (?:available|healthy|live) (?:service )?(?:instances?|servers?|endpoints?|hosts?|backends?|nodes?)\b|ENOTFOUND|EAI_AGAIN|NXDOMAIN|UnknownHost|no such host|unknown host|(?:unable|cannot|could not|can't|failed) (?:to )?resolve (?:the )?(?:host|name|address|domain|dns)|failed to resolve \S+ after|(?:host|name|address)(?:name)? (?:does not|cannot be|could not be|not) resolve|name resolution/,
  // It fails itself.
  /UPSTREAM|upstream|bad gateway|\b50[234]\b|\b500 Internal Server Error|\b(?:HTTP(?:\/\d(?:\.\d)?)?|status(?:[ _-]?code)?|answered|responded|returned|replied|received|got)(?: with)?(?: an?)?[\s:="']{1,3}5\d\d\b(?! ?(?:ms|[kMG]i?B|%)| (?!status)[a-z]{2,}s\b)/,
];
const SYMPTOM = new RegExp(SYMPTOMS.map(({ source }) => source).join("|"), "i");

const NONE: ReadonlySet<string> = new Set();

/** Whether a line reads as a symptom of another service's trouble. */
export const isSymptom = (message: string) => SYMPTOM.test(message.slice(0, LONGEST));

/**
 * Which services depend on which, as it was given and as the logs show: who names whom in symptoms, and whose symptoms share a trace
 * with an error of whom.
 */
export class Dependencies {
  readonly #given = new Set<string>();
  /** Services seen, without those given. Once there are as many as are remembered, the one that was not seen for longest comes first. */
  readonly #seen = new Set<string>();
  /** By service, how often its symptoms pointed to another. */
  readonly #sights = new Map<string, Map<string, number>>();
  /** Which service logged the error of a trace, and whose symptoms are of it, in whatever order they come. The oldest come first. */
  readonly #traces = new Map<string, { failed: string | undefined; readonly seenBy: Set<string> }>();
  readonly #direct = new Map<string, Set<string>>();
  /** Undefined: it has to be found anew. */
  #reach: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  constructor(given: ServiceDependencies) {
    for (const [service, roots] of Object.entries(given)) {
      this.#direct.set(service, new Set(roots));
      for (const name of [service, ...roots]) this.#given.add(name);
    }
  }

  /** Notes that there is a service: others may name it. */
  see(service: string): void {
    if (this.#given.has(service)) return;
    if (this.#seen.size >= MOST_SERVICES && !this.#seen.delete(service)) {
      const [oldest = ""] = this.#seen;
      this.#seen.delete(oldest);
      this.#sights.delete(oldest);
      if (this.#direct.delete(oldest)) this.#reach = undefined;
    }
    this.#seen.add(service);
  }

  #knows(service: string): boolean {
    return this.#given.has(service) || this.#seen.has(service);
  }

  /** Learns from a line. @returns whether it is a symptom */
  learn({
    service,
    message,
    trace_id: trace,
    level,
  }: Pick<LogRecord, "service" | "message" | "trace_id" | "level">): boolean {
    this.see(service);
    const symptom = isSymptom(message);
    const named = symptom ? this.named(service, message) : [];
    for (const name of named) this.#see(service, name);
    // A symptom that names a service says itself whose it is.
    const isOfTrace = symptom ? named.length === 0 : level !== "WARN";
    if (trace !== "-" && isOfTrace) this.#noteTrace(trace, service, symptom);
    return symptom;
  }

  /** Whether trouble of `root` is behind symptoms of `service` that name these: theirs, or of what they depend on, and of nothing else. */
  isBehind(root: string, service: string, named: readonly string[]): boolean {
    const isTheirs = (name: string) => name === root || this.explains(root, name);
    return this.explains(root, service) && (named.length === 0 || named.some(isTheirs));
  }

  #noteTrace(trace: string, service: string, symptom: boolean): void {
    const known = this.#traces.get(trace) ?? { failed: undefined, seenBy: new Set<string>() };
    const { failed, seenBy } = known;
    this.#traces.set(trace, known);
    if (this.#traces.size > MOST_TRACES) this.#traces.delete(this.#traces.keys().next().value as string);
    if (symptom && !seenBy.has(service)) {
      seenBy.add(service);
      if (failed !== undefined && failed !== service) this.#see(service, failed);
    } else if (!symptom && failed === undefined) {
      known.failed = service;
      for (const one of seenBy) if (one !== service) this.#see(one, service);
    }
  }

  /** Other services that a message names. */
  named(service: string, message: string): string[] {
    const words = new Set(message.slice(0, LONGEST).split(/[^A-Za-z0-9_.-]+|\.(?=\s|$)/));
    // A host's first label: `payment.shop.svc.cluster.local`.
    for (const word of words) words.add(word.slice(0, (word.indexOf(".") + 1 || word.length + 1) - 1));
    return [...words].filter((word) => word !== service && this.#knows(word));
  }

  /** Whether trouble of `root` explains symptoms of `service`. Services that depend on each other explain nothing of one another. */
  explains(root: string, service: string): boolean {
    return this.rootsOf(service).has(root);
  }

  /** Services whose trouble explains symptoms of this one. */
  rootsOf(service: string): ReadonlySet<string> {
    this.#reach ??= reachOf(this.#direct);
    return this.#reach.get(service) ?? NONE;
  }

  #see(service: string, root: string): void {
    // A trace may tell of one that was forgotten since.
    if (!this.#knows(service)) return;
    const sights = this.#sights.get(service) ?? new Map<string, number>();
    this.#sights.set(service, sights);
    const count = (sights.get(root) ?? 0) + 1;
    sights.set(root, count);
    if (count !== LEAST_SIGHTS) return;
    const direct = this.#direct.get(service) ?? new Set<string>();
    if (direct.size >= MOST_ROOTS) return;
    this.#direct.set(service, direct.add(root));
    this.#reach = undefined;
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
