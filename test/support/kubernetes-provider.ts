import type { Json, JsonObject } from "./synth.ts";

/**
 * What the Kubernetes provider sends for a block that leaves an attribute out. Its SDK knows no "not set": an attribute
 * without a value is sent with the schema's default or its type's zero value. So a container's block without
 * `run_as_non_root` says `false`, and that goes over what the pod says.
 *
 * From terraform-provider-kubernetes 2.38.0, `kubernetes/`; each row names the file that decides it.
 */
interface SentDefaults {
  readonly block: Block;
  readonly sent: JsonObject;
  readonly source: string;
}

type Block =
  | "service account"
  | "workload"
  | "claim"
  | "service"
  | "pod"
  | "job's pod"
  | "pod security context"
  | "container security context"
  | "seccomp profile";

const SENT_DEFAULTS: readonly SentDefaults[] = [
  {
    block: "container security context",
    sent: { allow_privilege_escalation: true, privileged: false, read_only_root_filesystem: false },
    source: "schema_container.go, securityContextSchema",
  },
  {
    block: "container security context",
    sent: { run_as_non_root: false },
    source: "structures_container.go, expandContainerSecurityContext",
  },
  {
    block: "pod security context",
    sent: { run_as_non_root: false },
    source: "structures_pod.go, expandPodSecurityContext",
  },
  {
    block: "seccomp profile",
    sent: { type: "Unconfined" },
    source: "schema_container.go, seccompProfileField",
  },
  {
    block: "pod",
    sent: {
      automount_service_account_token: true,
      enable_service_links: true,
      host_ipc: false,
      host_network: false,
      host_pid: false,
      share_process_namespace: false,
      termination_grace_period_seconds: 30,
      dns_policy: "ClusterFirst",
    },
    source: "schema_pod_spec.go, podSpecFields",
  },
  { block: "pod", sent: { restart_policy: "Always" }, source: "schema_pod_spec.go, podSpecFields" },
  { block: "job's pod", sent: { restart_policy: "Never" }, source: "schema_job_spec.go, jobSpecFields" },
  {
    block: "service account",
    sent: { automount_service_account_token: true },
    source: "resource_kubernetes_service_account_v1.go",
  },
  {
    block: "workload",
    sent: { wait_for_rollout: true },
    source: "resource_kubernetes_deployment_v1.go, resource_kubernetes_stateful_set_v1.go",
  },
  {
    block: "claim",
    sent: { wait_until_bound: true },
    source: "resource_kubernetes_persistent_volume_claim_v1.go",
  },
  {
    block: "service",
    sent: { wait_for_load_balancer: true },
    source: "resource_kubernetes_service_v1.go",
  },
];

/** What a block of each kind is found by: the resource's type for the resource itself, else the path's last keys. */
const RESOURCE_BLOCKS: Readonly<Record<string, Block>> = {
  kubernetes_service_account_v1: "service account",
  kubernetes_deployment_v1: "workload",
  kubernetes_stateful_set_v1: "workload",
  kubernetes_persistent_volume_claim_v1: "claim",
  kubernetes_service_v1: "service",
};

function blockAt(path: readonly string[]): Block | undefined {
  const text = path.join(".");
  if (/(^|\.)seccomp_profile$/.test(text)) return "seccomp profile";
  if (/(^|\.)(init_)?container\.security_context$/.test(text)) return "container security context";
  if (/(^|\.)template\.spec\.security_context$/.test(text)) return "pod security context";
  if (/(^|\.)template\.spec$/.test(text)) return text.startsWith("spec.job_template.") ? "job's pod" : "pod";
  return undefined;
}

/** Where Terraform keeps what is not the provider's. */
const NOT_THE_PROVIDERS = ["//", "lifecycle", "depends_on"];

/** A resource of the Kubernetes provider with all that the provider adds to it: its arguments as they are sent. */
export function asSent(type: string, body: JsonObject): JsonObject {
  const own = RESOURCE_BLOCKS[type];
  const sent = Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      NOT_THE_PROVIDERS.includes(key) ? value : fill(value, [key]),
    ]),
  );
  return own ? { ...defaultsOf(own), ...sent } : sent;
}

function fill(value: Json, path: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((item) => fill(item, path));
  if (typeof value !== "object" || value === null) return value;
  const block = blockAt(path);
  const filled = Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, fill(child, [...path, key])]),
  );
  return block ? { ...defaultsOf(block), ...filled } : filled;
}

function defaultsOf(block: Block): JsonObject {
  const rows = SENT_DEFAULTS.filter((row) => row.block === block).map(({ sent }) => sent);
  return Object.assign({}, block === "job's pod" ? defaultsOf("pod") : {}, ...rows);
}
