import type { Names, Workload } from "../config/names.ts";
import type { Config } from "../config/schema.ts";

/**
 * The annotation by which a service account gets its role with IRSA. With Pod Identity there is none: 05-eks binds the role.
 */
export function roleAnnotation(config: Config, names: Names, workload: Workload): Record<string, string> {
  if (config.workloadIdentity !== "irsa") return {};
  const own: readonly Workload[] = ["airflow", "clusterAutoscaler", "grafana", "ebsCsi"];
  const role =
    config.iam.workloadRoles === "application" && !own.includes(workload) ? "application" : workload;
  return { "eks.amazonaws.com/role-arn": names.roleArn(role) };
}
