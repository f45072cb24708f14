import type { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { Construct } from "constructs";
import { type Names, SERVICE_ACCOUNTS, type Workload } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import {
  airflowStatements,
  autoscalerStatements,
  consumerStatements,
  grafanaStatements,
  milvusBackupStatements,
  streamWriterStatements,
} from "./permissions.ts";
import {
  type WorkloadIdentity,
  WorkloadRole,
  type WorkloadRoleProps,
  workloadTrust,
} from "./workload-role.ts";

export interface WorkloadRolesProps {
  readonly config: Config;
  readonly names: Names;
  readonly identity: WorkloadIdentity;
  readonly bucketArn: string;
}

/** One least-privilege role a workload, each for one service account only. */
export class WorkloadRoles extends Construct {
  readonly roles: ReadonlyMap<Workload, IamRole>;

  constructor(scope: Construct, id: string, { config, names, identity, bucketArn }: WorkloadRolesProps) {
    super(scope, id);
    type Permissions = Pick<WorkloadRoleProps, "hclName" | "statements" | "managedPolicies">;
    const permissions: Partial<Record<Workload, Permissions>> = {
      fluentBit: { hclName: "fluent_bit", statements: streamWriterStatements(names) },
      logGenerator: { hclName: "log_generator", statements: streamWriterStatements(names) },
      consumer: { hclName: "consumer", statements: consumerStatements(names, bucketArn) },
      // The hand-written project's HCL name: its role of the same physical name is changed, not made twice.
      airflow: { hclName: "airflow_role", statements: airflowStatements(bucketArn) },
      clusterAutoscaler: {
        hclName: "cluster_autoscaler",
        statements: autoscalerStatements(config.iam.autoscalerScope, names),
      },
      milvusBackup: { hclName: "milvus_backup", statements: milvusBackupStatements(bucketArn) },
      ...(config.grafana.mode === "chart" && {
        grafana: { hclName: "grafana", statements: grafanaStatements(names) },
      }),
    };
    this.roles = new Map(
      (Object.keys(SERVICE_ACCOUNTS) as Workload[]).flatMap((workload) => {
        const props = permissions[workload];
        if (!props) return [];
        const { role } = new WorkloadRole(this, workload, {
          ...props,
          roleName: names.role(workload),
          trust: workloadTrust(identity, SERVICE_ACCOUNTS[workload]),
        });
        return [[workload, role]];
      }),
    );
  }
}
