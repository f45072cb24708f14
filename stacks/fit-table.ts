import { ConfigError } from "@cali/settings";
import { type App, TerraformStack } from "cdktf";
import type { Config } from "../config/schema.ts";
import { type Fit, fitOnto } from "../constructs/fit.ts";
import type { PodFootprint } from "../constructs/footprint.ts";
import { allocatable, type NodeCapacity } from "../constructs/node-capacity.ts";
import { systemFootprints } from "../constructs/system-pods.ts";
import { columns } from "./columns.ts";

/** What the stacks' pods ask of the nodes. */
export function footprintsOf(app: App): PodFootprint[] {
  return app.node.children
    .filter((child) => child instanceof TerraformStack)
    .flatMap((stack) => stack.node.children)
    .flatMap((child) => ("footprints" in child ? (child.footprints as readonly PodFootprint[]) : []));
}

/** How everything that runs in the cluster stands on the node group. */
export interface ClusterFit {
  readonly instanceTypes: readonly string[];
  /** What one node has for pods. */
  readonly node: NodeCapacity;
  readonly pods: readonly PodFootprint[];
  /** The fewest pods on the fewest nodes. */
  readonly fewest: Fit;
  /** The most pods on the most nodes. */
  readonly most: Fit;
}

/**
 * Whether everything that runs in the cluster fits onto the node group.
 *
 * @param file for the error: the configuration's file
 * @returns undefined where the size of a node is not known.
 * @throws ConfigError when the fewest nodes cannot hold the fewest pods: some would wait for ever
 */
export function checkFit(
  config: Config,
  workloads: readonly PodFootprint[],
  file: string,
): ClusterFit | undefined {
  const { instanceTypes, minSize, maxSize } = config.cluster.nodeGroup;
  const node = smallest(instanceTypes);
  if (!node) return undefined;
  const pods = [...systemFootprints(config), ...workloads];
  const [fewest, most] = [fitOnto(node, minSize, pods, "min"), fitOnto(node, maxSize, pods, "max")];
  if (fewest.unplaced.length > 0) {
    throw new ConfigError(file, [
      {
        key: "cluster.nodeGroup.minSize",
        given: `${minSize} × ${instanceTypes.join(" or ")}, with no room for ${names(fewest.unplaced)}`,
        allowed: remedy(node, minSize, pods),
      },
    ]);
  }
  return { instanceTypes, node, pods, fewest, most };
}

/** Whether everything fits, as tables. */
export function fitTables(fit: ClusterFit | undefined, { cluster }: Config): string {
  const { instanceTypes } = cluster.nodeGroup;
  if (!fit) {
    return `Whether all pods fit is not known: constructs/node-capacity.ts does not have each of ${instanceTypes.join(", ")}.`;
  }
  const { node, pods, fewest, most } = fit;
  return [
    ...columns([["pods", "number", "CPU", "memory", "limit"], ...pods.map(row)]),
    "",
    ...columns(sums([fewest, most], node, instanceTypes)),
    ...(most.unplaced.length > 0
      ? [
          `At most pods, ${most.nodes} nodes have no room for ${names(most.unplaced)}: raise cluster.nodeGroup.maxSize.`,
        ]
      : []),
  ].join("\n");
}

/** Each node may be of any of the types, so what counts is the least that one of them has. */
function smallest(instanceTypes: readonly string[]): NodeCapacity | undefined {
  const known = instanceTypes.map(allocatable);
  if (known.includes(undefined)) return undefined;
  const least = (key: keyof NodeCapacity) => Math.min(...known.map((one) => one?.[key] ?? 0));
  return { cpuMillis: least("cpuMillis"), memoryMiB: least("memoryMiB"), pods: least("pods") };
}

/** How many nodes would do, or that none of this type does. */
function remedy(node: NodeCapacity, from: number, pods: readonly PodFootprint[]): string {
  const MOST = 100;
  for (let nodes = from + 1; nodes <= MOST; nodes++) {
    if (fitOnto(node, nodes, pods, "min").unplaced.length === 0) {
      return `${nodes} or more nodes of that type, a larger type in cluster.nodeGroup.instanceTypes, or smaller requests`;
    }
  }
  return "a larger type in cluster.nodeGroup.instanceTypes: these pods fit onto no number of nodes of that type";
}

function names(pods: readonly PodFootprint[]): string {
  return [
    ...new Set(
      pods.map(({ name, request }) => `${name} (${cpu(request.cpuMillis)}, ${mib(request.memoryMiB)})`),
    ),
  ].join(", ");
}

function row({ name, perNode, replicas, request, limit }: PodFootprint): string[] {
  const { min, max } = replicas;
  const number = perNode ? "each node" : min === max ? String(min) : `${min} to ${max}`;
  const ends = limit.memoryMiB === undefined ? "none" : mib(limit.memoryMiB);
  return [name, number, cpu(request.cpuMillis), mib(request.memoryMiB), ends];
}

/** A column for each case: so the table fits into 80 columns. */
function sums(fits: readonly Fit[], node: NodeCapacity, types: readonly string[]): string[][] {
  const of = (part: number, whole: number, unit: (value: number) => string) =>
    `${unit(part)} of ${unit(whole)} (${Math.round((100 * part) / Math.max(1, whole))}%)`;
  const row = (name: string, cell: (fit: Fit) => string) => [name, ...fits.map(cell)];
  return [
    row("nodes", ({ nodes }) => `${nodes} × ${types.join(" or ")}`),
    row("pods", ({ requested, nodes }) => of(requested.pods, node.pods * nodes, String)),
    row("CPU", ({ requested, nodes }) => of(requested.cpuMillis, node.cpuMillis * nodes, cpu)),
    row("memory", ({ requested, nodes }) => of(requested.memoryMiB, node.memoryMiB * nodes, mib)),
    row(
      "memory limits",
      ({ limitMiB, nodes }) => `${Math.round((100 * limitMiB) / Math.max(1, node.memoryMiB * nodes))}%`,
    ),
    row("fits", ({ unplaced }) => (unplaced.length === 0 ? "yes" : "no")),
  ];
}

const cpu = (millis: number) => `${millis}m`;
const mib = (value: number) => `${value} MiB`;
