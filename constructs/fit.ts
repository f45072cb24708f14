import type { PodFootprint } from "./footprint.ts";
import type { NodeCapacity } from "./node-capacity.ts";

/** How the pods of a cluster stand on a number of nodes. */
export interface Fit {
  readonly nodes: number;
  /** What is left on each node. */
  readonly free: readonly NodeCapacity[];
  /** The pods of each node. */
  readonly placed: readonly (readonly PodFootprint[])[];
  /** Sums of what all pods request, those of each node counted on each. */
  readonly requested: NodeCapacity;
  /** Sums of the memory limits; `unlimited` names the pods that have none. */
  readonly limitMiB: number;
  readonly unlimited: readonly string[];
  /** Pods for which there was no room. */
  readonly unplaced: readonly PodFootprint[];
}

const FULL = { cpuMillis: 0, memoryMiB: 0, pods: 0 };

/**
 * Puts pods onto nodes as the scheduler could: each whole, the largest first, onto the first node with room (first-fit
 * decreasing). Sums alone would say yes to two pods of 3 GiB on three nodes of 2 GiB.
 *
 * @param count which of its replicas: `min` or `max`
 */
export function fitOnto(
  node: NodeCapacity,
  nodes: number,
  pods: readonly PodFootprint[],
  count: "min" | "max",
): Fit {
  const daemons = pods.filter(({ perNode }) => perNode);
  const others = pods
    .filter(({ perNode }) => !perNode)
    .flatMap((pod) => Array.from({ length: pod.replicas[count] }, () => pod))
    .sort((a, b) => share(b, node) - share(a, node));
  const free: NodeCapacity[] = Array.from({ length: nodes }, () => daemons.reduce(minus, node));
  const placed = free.map(() => [...daemons]);
  const unplaced = daemons.length > 0 && free.some(isOverdrawn) ? [...daemons] : [];
  for (const pod of others) {
    const place = free.findIndex((one) => !isOverdrawn(minus(one, pod)));
    if (place === -1) unplaced.push(pod);
    else {
      free[place] = minus(free[place] as NodeCapacity, pod);
      placed[place]?.push(pod);
    }
  }
  const all = [...Array.from({ length: nodes }, () => daemons).flat(), ...others];
  return {
    nodes,
    free,
    placed,
    requested: all.reduce<NodeCapacity>(
      (sum, { request }) => ({
        cpuMillis: sum.cpuMillis + request.cpuMillis,
        memoryMiB: sum.memoryMiB + request.memoryMiB,
        pods: sum.pods + 1,
      }),
      FULL,
    ),
    limitMiB: all.reduce((sum, { limit }) => sum + (limit.memoryMiB ?? 0), 0),
    unlimited: [...new Set(all.filter(({ limit }) => limit.memoryMiB === undefined).map(({ name }) => name))],
    unplaced,
  };
}

/** How much of a node a pod takes, by what it takes most of. */
function share({ request }: PodFootprint, node: NodeCapacity): number {
  return Math.max(request.cpuMillis / node.cpuMillis, request.memoryMiB / node.memoryMiB);
}

function minus(node: NodeCapacity, { request }: PodFootprint): NodeCapacity {
  return {
    cpuMillis: node.cpuMillis - request.cpuMillis,
    memoryMiB: node.memoryMiB - request.memoryMiB,
    pods: node.pods - 1,
  };
}

const isOverdrawn = ({ cpuMillis, memoryMiB, pods }: NodeCapacity) =>
  cpuMillis < 0 || memoryMiB < 0 || pods < 0;
