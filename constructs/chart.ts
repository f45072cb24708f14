import { Release } from "@cdktf/provider-helm/lib/release/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { hclName } from "../config/names.ts";
import { withLogicalId } from "./logical-id.ts";
import { asText } from "./template-text.ts";
import { type ChartVersion, chartValues, type Values } from "./values-file.ts";

const MINUTE = 60;

export interface ChartProps extends ChartVersion {
  /** URL of the chart repository. */
  readonly repository: string;
  readonly namespace: string;
  /** From the checkout's root: the one place for what is static. */
  readonly valuesFile: string;
  /** What AWS or the configuration decides: names, region, roles. Maps are merged into the file's. Default: nothing. */
  readonly inject?: Values;
  /** How long an installation may take until its pods are ready, in minutes. Default: 10. */
  readonly timeoutMinutes?: number;
  readonly dependsOn?: ITerraformDependable[];
}

/**
 * A Helm chart, installed from its values file. What fails is rolled back, so that a release is either as it was or
 * as reviewed.
 */
export class Chart extends Construct {
  /** What the chart is given: the file's values and the injected ones. */
  readonly values: Values;
  readonly release: Release;

  /** @throws ConfigError when the values have a key that the chart doesn't know */
  constructor(scope: Construct, id: string, props: ChartProps) {
    super(scope, id);
    this.values = chartValues(props, props.valuesFile, props.inject);
    this.release = withLogicalId(
      new Release(this, "Default", {
        name: props.chart,
        chart: props.chart,
        version: props.version,
        repository: props.repository,
        namespace: props.namespace,
        // 08-cluster makes them, with their Pod Security labels.
        createNamespace: false,
        // JSON is YAML, and quotes every text: what a reference becomes cannot change its type.
        values: [JSON.stringify(asText(this.values), null, 2)],
        atomic: true,
        cleanupOnFail: true,
        maxHistory: 10,
        timeout: (props.timeoutMinutes ?? 10) * MINUTE,
        ...(props.dependsOn && { dependsOn: props.dependsOn }),
      }),
      hclName(props.chart),
    );
  }
}
