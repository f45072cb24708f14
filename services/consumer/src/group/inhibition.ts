/** Which services call which: the key depends on each of the values. */
export type ServiceDependencies = Readonly<Record<string, readonly string[]>>;

/**
 * Whose troubles explain a service's own: all that it depends on, at any distance. Services that depend on each other
 * explain nothing of one another, or both would be silent.
 */
export class Inhibition {
  readonly #reach = new Map<string, ReadonlySet<string>>();

  constructor(dependencies: ServiceDependencies) {
    const reachable = new Map<string, Set<string>>();
    for (const service of Object.keys(dependencies)) reachable.set(service, walk(service, dependencies));
    for (const [service, roots] of reachable) {
      this.#reach.set(service, new Set([...roots].filter((root) => !reachable.get(root)?.has(service))));
    }
  }

  /** Whether trouble of `root` explains trouble of `service`. */
  explains(root: string, service: string): boolean {
    return this.#reach.get(service)?.has(root) ?? false;
  }

  /** Whether anything explains trouble of a service. */
  hasRoots(service: string): boolean {
    return (this.#reach.get(service)?.size ?? 0) > 0;
  }
}

function walk(from: string, dependencies: ServiceDependencies): Set<string> {
  const seen = new Set<string>();
  const ahead = [...(dependencies[from] ?? [])];
  for (let service = ahead.pop(); service !== undefined; service = ahead.pop()) {
    if (seen.has(service)) continue;
    seen.add(service);
    ahead.push(...(dependencies[service] ?? []));
  }
  seen.delete(from);
  return seen;
}
