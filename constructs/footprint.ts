import { cpuMillis, memoryMiB } from "./quantity.ts";

/** What a pod asks of a node, and how many of it there are. */
export interface PodFootprint {
  /** Such as `cali/consumer`: namespace and workload. */
  readonly name: string;
  /** One on each node (a DaemonSet); then `replicas` is not used. */
  readonly perNode: boolean;
  readonly replicas: { readonly min: number; readonly max: number };
  /** What the scheduler sets aside. */
  readonly request: { readonly cpuMillis: number; readonly memoryMiB: number };
  /** Where the node stops it; nothing where a container has no such limit. */
  readonly limit: { readonly cpuMillis?: number; readonly memoryMiB?: number };
}

interface Amounts {
  readonly cpu?: string | number;
  readonly memory?: string | number;
  /** What it writes to its node's disk: its logs, what it changes of its image, and (a pod's containers together) `emptyDir` volumes. */
  readonly "ephemeral-storage"?: string | number;
}

/** A container's `resources`, as a manifest or a values file has them. */
export interface Resources {
  readonly requests?: Amounts;
  readonly limits?: Amounts;
}

export interface PodFootprintProps {
  readonly name: string;
  /** `node`: one on each node; a number; or the bounds of its autoscaling. */
  readonly replicas: "node" | number | { readonly min: number; readonly max: number };
  /** Of each container, those of `initContainers` that go on running (sidecars) included. */
  readonly containers: readonly Resources[];
  /** Of each init container that ends; one runs at a time, before the others. */
  readonly initContainers?: readonly Resources[];
}

type Kind = "requests" | "limits";
type What = "cpu" | "memory";

/**
 * The footprint of a pod as the scheduler counts it: the sum of its containers, or its largest init container.
 * Like Kubernetes, a container with a limit and no request is taken to request its limit.
 * https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 * @throws QuantityError when a quantity cannot be read
 */
export function podFootprint(props: PodFootprintProps): PodFootprint {
  const { name, replicas, containers, initContainers = [] } = props;
  const total = (kind: Kind, what: What): number | undefined => {
    const running = containers.map((one) => amount(one, kind, what));
    const starting = initContainers.map((one) => amount(one, kind, what));
    if (kind === "limits" && [...running, ...starting].includes(undefined)) return undefined;
    const sum = running.reduce<number>((total, one) => total + (one ?? 0), 0);
    return Math.max(sum, ...starting.map((one) => one ?? 0));
  };
  return {
    name,
    perNode: replicas === "node",
    replicas: bounds(replicas),
    request: { cpuMillis: total("requests", "cpu") ?? 0, memoryMiB: total("requests", "memory") ?? 0 },
    limit: { cpuMillis: total("limits", "cpu"), memoryMiB: total("limits", "memory") },
  };
}

function bounds(replicas: PodFootprintProps["replicas"]): PodFootprint["replicas"] {
  if (replicas === "node") return { min: 1, max: 1 };
  return typeof replicas === "number" ? { min: replicas, max: replicas } : replicas;
}

function amount(resources: Resources, kind: Kind, what: What): number | undefined {
  const given = resources[kind]?.[what] ?? (kind === "requests" ? resources.limits?.[what] : undefined);
  if (given === undefined) return undefined;
  return what === "cpu" ? cpuMillis(given) : memoryMiB(given);
}
