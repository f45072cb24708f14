import type { Names, Workload } from "../config/names.ts";

/** How the cluster's pods are recognized, and whose roles they take. */
export interface RoleIdentity {
  readonly workloadIdentity: "irsa" | "pod-identity" | "both";
  /** `application`: workloads without a role of their own share one. */
  readonly iam: { readonly workloadRoles: "per-workload" | "application" };
}

/**
 * The annotation by which a service account gets its role with IRSA. With Pod Identity alone there is none: 05-eks binds the role.
 */
export function roleAnnotation(
  { workloadIdentity, iam }: RoleIdentity,
  names: Names,
  workload: Workload,
): Record<string, string> {
  if (workloadIdentity === "pod-identity") return {};
  const own: readonly Workload[] = ["airflow", "clusterAutoscaler", "grafana", "ebsCsi"];
  const role = iam.workloadRoles === "application" && !own.includes(workload) ? "application" : workload;
  return { "eks.amazonaws.com/role-arn": names.actual.roleArn(role) };
}
