import { type PodFootprint, type PodFootprintProps, podFootprint, type Resources } from "./footprint.ts";
import type { Values } from "./values-file.ts";

/** Where a pod's `resources` are in a chart's values. */
export interface PodInValues {
  /** Namespace and workload, such as `airflow/airflow-scheduler`. */
  readonly name: string;
  readonly replicas: PodFootprintProps["replicas"];
  /** Path of each container's resources, such as `scheduler.resources`. */
  readonly containers: readonly string[];
  /** Path of each init container's. Default: none. */
  readonly initContainers?: readonly string[];
}

/**
 * What a chart's pods ask of a node, read from the values that are deployed. Which pods there are `npm run test:charts`
 * compares with the rendered chart.
 */
export function chartFootprints(values: Values, pods: readonly PodInValues[]): PodFootprint[] {
  return pods.map(({ name, replicas, containers, initContainers = [] }) =>
    podFootprint({
      name,
      replicas,
      containers: containers.map((path) => resourcesAt(values, path)),
      initContainers: initContainers.map((path) => resourcesAt(values, path)),
    }),
  );
}

function resourcesAt(values: Values, path: string): Resources {
  const found = path.split(".").reduce<unknown>((value, key) => (value as Values | undefined)?.[key], values);
  if (typeof found !== "object" || found === null) throw new RangeError(`the values have no ${path}`);
  return found;
}
