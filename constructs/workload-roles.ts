import type { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { Construct } from "constructs";
import { type Names, SERVICE_ACCOUNTS, type Workload } from "../config/names.ts";
import {
  type AutoscalerScope,
  airflowStatements,
  autoscalerStatements,
  consumerStatements,
  grafanaStatements,
  kclStatements,
  keyStatements,
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
  readonly names: Names;
  readonly identity: WorkloadIdentity;
  readonly bucketArn: string;
  /** ARN of the key of the bucket's objects. Default: S3's own. */
  readonly bucketKeyArn?: string | null;
  /** ARN of the key of the consumer's table. Default: DynamoDB's own. */
  readonly tableKeyArn?: string | null;
  /** Which Auto Scaling groups the cluster autoscaler may change. Default: the cluster's own. */
  readonly autoscalerScope?: AutoscalerScope;
  /** Whether the consumer reads through the Kinesis Client Library. Default: false. */
  readonly kcl?: boolean;
  /** Whether Grafana runs in the cluster and needs a role. Default: false. */
  readonly grafana?: boolean;
}

/** One least-privilege role a workload, each for one service account only. */
export class WorkloadRoles extends Construct {
  readonly roles: ReadonlyMap<Workload, IamRole>;

  constructor(scope: Construct, id: string, props: WorkloadRolesProps) {
    super(scope, id);
    const { names, identity, bucketArn, autoscalerScope = "cluster", grafana = false, kcl = false } = props;
    const bucketKey = keyStatements(names, props.bucketKeyArn ?? null, "s3");
    const tableKey = keyStatements(names, props.tableKeyArn ?? null, "dynamodb");
    type Permissions = Pick<WorkloadRoleProps, "hclName" | "statements" | "managedPolicies">;
    const permissions: Partial<Record<Workload, Permissions>> = {
      fluentBit: { hclName: "fluent_bit", statements: streamWriterStatements(names) },
      logGenerator: { hclName: "log_generator", statements: streamWriterStatements(names) },
      consumer: {
        hclName: "consumer",
        statements: [
          ...consumerStatements(names, bucketArn),
          ...(kcl ? kclStatements(names) : []),
          ...bucketKey,
          ...tableKey,
        ],
      },
      // The hand-written project's HCL name: its role of the same physical name is changed, not made twice.
      airflow: { hclName: "airflow_role", statements: [...airflowStatements(bucketArn), ...bucketKey] },
      clusterAutoscaler: {
        hclName: "cluster_autoscaler",
        statements: autoscalerStatements(autoscalerScope, names),
      },
      milvusBackup: {
        hclName: "milvus_backup",
        statements: [...milvusBackupStatements(bucketArn), ...bucketKey],
      },
      ...(grafana && {
        grafana: { hclName: "grafana", statements: grafanaStatements(names) },
      }),
    };
    this.roles = new Map(
      (Object.keys(SERVICE_ACCOUNTS) as Workload[]).flatMap((workload) => {
        const own = permissions[workload];
        if (!own) return [];
        const { role } = new WorkloadRole(this, workload, {
          ...own,
          roleName: names.role(workload),
          trust: workloadTrust(identity, SERVICE_ACCOUNTS[workload]),
        });
        return [[workload, role]];
      }),
    );
  }
}
