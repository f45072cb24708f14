import type { JsonObject } from "./synth.ts";

/** Something that is wrong in a manifest, as `apps/v1 Deployment cali/consumer: /spec/replica: unknown field`. */
export type Problem = string;

interface Validator {
  validate(this: unknown): void;
}

/** A Kubernetes object of any kind. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

export const titleOf = ({ apiVersion, kind, metadata }: Manifest): string =>
  `${apiVersion} ${kind} ${metadata?.namespace ? `${metadata.namespace}/` : ""}${metadata?.name}`;

/**
 * Checks a manifest strictly, as the API server does with `fieldValidation=Strict`: wrong types, missing and
 * unknown fields are problems. A kind that Kubernetes itself has not is one too, unless it is in `customKinds`
 * (such as `monitoring.coreos.com/v1 ServiceMonitor`): nothing is known of those.
 */
export async function manifestProblems(
  manifest: Manifest,
  { customKinds = [] }: { customKinds?: readonly string[] } = {},
): Promise<Problem[]> {
  const { apiVersion, kind } = manifest;
  const title = titleOf(manifest);
  if (customKinds.includes(`${apiVersion} ${kind}`)) return [];
  const model = await modelOf(apiVersion, kind);
  if (!model) return [`${title}: no kind that Kubernetes has`];
  const problems: Problem[] = [];
  const reads = new ReadKeys();
  try {
    model.prototype.validate.call(reads.watch(manifest));
  } catch (error) {
    // With all its errors at once: `data/spec/replicas must be integer, …`.
    problems.push(`${title}: ${(error as Error).message}`);
  }
  return [...problems, ...reads.neverRead().map((path) => `${title}: ${path}: unknown field`)];
}

async function modelOf(apiVersion: string, kind: string): Promise<{ prototype: Validator } | undefined> {
  if (!/^[a-z0-9.]+(\/v\w+)?$/.test(apiVersion) || !/^[A-Za-z]+$/.test(kind)) return undefined;
  try {
    return (await import(/* @vite-ignore */ `kubernetes-models/${apiVersion}/${kind}`))[kind];
  } catch {
    return undefined;
  }
}

/**
 * kubernetes-models validates types and required fields, and passes over fields that it doesn't know. But its
 * validators ask an object for each field they know: what they never asked for is unknown.
 */
class ReadKeys {
  readonly #objects: { path: string; object: object; read: Set<PropertyKey> }[] = [];

  watch<T extends object>(object: T, path = ""): T {
    const read = new Set<PropertyKey>();
    const children = new Map<PropertyKey, unknown>();
    if (!Array.isArray(object)) this.#objects.push({ path, object, read });
    return new Proxy(object, {
      get: (target, key) => {
        read.add(key);
        const value = Reflect.get(target, key);
        if (typeof value !== "object" || value === null) return value;
        if (!children.has(key)) children.set(key, this.watch(value, `${path}/${String(key)}`));
        return children.get(key);
      },
    });
  }

  neverRead(): string[] {
    return this.#objects.flatMap(({ path, object, read }) =>
      Object.keys(object)
        .filter((key) => !read.has(key))
        .map((key) => `${path}/${key}`),
    );
  }
}

export interface Container extends JsonObject {
  readonly name: string;
  readonly image: string;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly [key: string]: unknown;
}

/** What a manifest's pods are made of; nothing for a kind without pods. */
export function podSpecOf(manifest: Manifest): PodSpec | undefined {
  const spec = manifest.spec as JsonObject | undefined;
  if (manifest.kind === "Pod") return spec as unknown as PodSpec;
  const owner = manifest.kind === "CronJob" ? at(spec, "jobTemplate", "spec") : spec;
  return at(owner, "template", "spec") as unknown as PodSpec | undefined;
}

export const allContainers = ({ containers, initContainers = [] }: PodSpec): readonly Container[] => [
  ...initContainers,
  ...containers,
];

/** Containers that don't say what they need, and what they may take at most, of memory, processor and the node's disk. */
export function resourceProblems(pod: PodSpec): Problem[] {
  return allContainers(pod).flatMap((container) =>
    [
      ["requests", "cpu"],
      ["requests", "memory"],
      ["requests", "ephemeral-storage"],
      ["limits", "memory"],
      ["limits", "ephemeral-storage"],
    ]
      .filter(([kind = "", what = ""]) => at(container.resources, kind, what) === undefined)
      .map(([kind, what]) => `${container.name}: no ${kind}.${what}`),
  );
}

/** Images that can change or that nobody can name: no tag, `latest`, an empty one. A digest is always good. */
export function imageProblems(pod: PodSpec): Problem[] {
  return allContainers(pod).flatMap(({ name, image }) => {
    if (typeof image !== "string" || image === "") return [`${name}: no image`];
    if (/@sha256:[0-9a-f]{64}$/.test(image)) return [];
    const tag = /:([\w][\w.-]{0,127})$/.exec(image)?.[1];
    if (tag === undefined) return [`${name}: ${image} has neither tag nor digest`];
    return tag === "latest" ? [`${name}: ${image} is whatever was pushed last`] : [];
  });
}

/** The value at a path, or nothing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
