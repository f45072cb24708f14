import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Construct } from "constructs";
import { type Names, SERVICE_ACCOUNTS } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { Chart } from "../constructs/chart.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import { type PodFootprint, podFootprint, type Resources } from "../constructs/footprint.ts";
import type { Handle } from "../constructs/handle.ts";

export interface FluentBitProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterName: Handle;
  /** The namespace `logging`. */
  readonly namespace: Handle;
  readonly streamName: Handle;
}

const REDACTION = join(import.meta.dirname, "../helm-values/fluent-bit-redact.lua");

/** 09: Fluent Bit on every node, which makes records of what the services write and puts them into the stream. */
export class FluentBit extends Construct {
  readonly footprints: readonly PodFootprint[];

  constructor(scope: Construct, id: string, props: FluentBitProps) {
    super(scope, id);
    const { config, names } = props;
    new ClusterLogin(this, "ClusterLogin", {
      clusterName: props.clusterName.valueFor(this, names),
      region: config.region,
      helm: true,
    });
    const { name, namespace } = SERVICE_ACCOUNTS.fluentBit;
    const role = config.iam.workloadRoles === "application" ? "application" : "fluentBit";
    const { values } = new Chart(this, "Chart", {
      chart: "fluent-bit",
      version: "0.58.1",
      repository: "https://fluent.github.io/helm-charts",
      namespace: props.namespace.valueFor(this, names),
      valuesFile: "helm-values/fluent-bit-values.yaml",
      inject: {
        serviceAccount: {
          name,
          ...(config.workloadIdentity !== "pod-identity" && {
            annotations: { "eks.amazonaws.com/role-arn": names.actual.roleArn(role) },
          }),
        },
        env: [
          { name: "AWS_REGION", value: config.region },
          { name: "CALI_STREAM", value: props.streamName.valueFor(this, names) },
          { name: "CALI_ENVIRONMENT", value: config.environment },
        ],
        ...(config.fluentBit.redact && { luaScripts: { "redact.lua": readFileSync(REDACTION, "utf8") } }),
      },
    });
    this.footprints = [
      podFootprint({
        name: `${namespace}/fluent-bit`,
        replicas: "node",
        containers: [values.resources as Resources],
      }),
    ];
  }
}
