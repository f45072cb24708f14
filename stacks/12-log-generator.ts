import { Construct } from "constructs";
import { type Names, SERVICE_ACCOUNTS } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { ClusterLogin } from "../constructs/cluster-login.ts";
import type { PodFootprint } from "../constructs/footprint.ts";
import type { Handle } from "../constructs/handle.ts";
import { imageVariable } from "../constructs/image-variable.ts";
import { ServiceDeployment } from "../constructs/service-deployment.ts";

export interface LogGeneratorProps {
  readonly config: Config;
  readonly names: Names;
  readonly clusterName: Handle;
  /** The namespace `cali`. */
  readonly namespace: Handle;
}

const SERVICE = "log-generator";

/** 12: the log generator, which writes to its standard output as a service does; Fluent Bit takes it from there. */
export class LogGenerator extends Construct {
  readonly footprints: readonly PodFootprint[];

  constructor(scope: Construct, id: string, { config, names, clusterName, namespace }: LogGeneratorProps) {
    super(scope, id);
    const { replicas, linesPerSecond, badShare, resources } = config.services.logGenerator;
    new ClusterLogin(this, "ClusterLogin", {
      clusterName: clusterName.valueFor(this, names),
      region: config.region,
    });
    const { footprints } = new ServiceDeployment(this, "Deployment", {
      name: SERVICE,
      namespace: namespace.valueFor(this, names),
      image: imageVariable(this, names, SERVICE).stringValue,
      // It asks AWS for nothing (its role is for --sink kinesis), so with IRSA the account has no role either.
      serviceAccount: SERVICE_ACCOUNTS.logGenerator.name,
      args: ["--sink", "stdout", "--rate", String(linesPerSecond), "--bad-share", String(badShare)],
      resources,
      replicas: { min: replicas, max: replicas },
      // No probe: it serves nothing, and ends when it cannot write, whereupon it is started anew. A probe that can only say
      // yes would notify nobody anything.
      graceSeconds: 30,
      rollout: "old-first",
      // By this label Fluent Bit knows whose lines are log records.
      labels: { "cali.io/logs": "true" },
      // What it says of itself when it ends is no record.
      annotations: { "fluentbit.io/exclude_stderr": "true" },
    });
    this.footprints = footprints;
  }
}
