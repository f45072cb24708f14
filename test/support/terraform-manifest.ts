import { asSent } from "./kubernetes-provider.ts";
import type { Manifest } from "./manifests.ts";
import { type Json, type JsonObject, type Resource, resourcesOf, type Synthesized } from "./synth.ts";

/** `apiVersion` and `kind` of the Kubernetes provider's resources. */
const KINDS: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  kubernetes_config_map_v1: ["v1", "ConfigMap"],
  kubernetes_cron_job_v1: ["batch/v1", "CronJob"],
  kubernetes_deployment_v1: ["apps/v1", "Deployment"],
  kubernetes_horizontal_pod_autoscaler_v2: ["autoscaling/v2", "HorizontalPodAutoscaler"],
  kubernetes_namespace_v1: ["v1", "Namespace"],
  kubernetes_network_policy_v1: ["networking.k8s.io/v1", "NetworkPolicy"],
  kubernetes_persistent_volume_claim_v1: ["v1", "PersistentVolumeClaim"],
  kubernetes_pod_disruption_budget_v1: ["policy/v1", "PodDisruptionBudget"],
  kubernetes_role_binding_v1: ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  kubernetes_role_v1: ["rbac.authorization.k8s.io/v1", "Role"],
  kubernetes_secret_v1: ["v1", "Secret"],
  kubernetes_service_account_v1: ["v1", "ServiceAccount"],
  kubernetes_service_v1: ["v1", "Service"],
  kubernetes_stateful_set_v1: ["apps/v1", "StatefulSet"],
  kubernetes_storage_class_v1: ["storage.k8s.io/v1", "StorageClass"],
};

/** The provider names a repeated block in the singular, and some fields in its own way. */
const SPELLINGS: Readonly<Record<string, string>> = {
  clusterIp: "clusterIP",
  container: "containers",
  hostIpc: "hostIPC",
  hostPid: "hostPID",
  initContainer: "initContainers",
  metric: "metrics",
  policy: "policies",
  rule: "rules",
  storageProvisioner: "provisioner",
  subject: "subjects",
  timezone: "timeZone",
  topologySpreadConstraint: "topologySpreadConstraints",
  volume: "volumes",
  volumeClaimTemplate: "volumeClaimTemplates",
  volumeMount: "volumeMounts",
};
/** `port` is a list in containers and Services, and a number or a name in probes. */
const LISTS_OF_PORTS = "port";
/** Lists in the provider's schema that hold one object in Kubernetes. */
const SINGLE = new Set(["labelSelector", "scaleDown", "scaleUp", "tcpSocket"]);
/** Texts in the provider's schema that are numbers in Kubernetes. */
const NUMBERS = new Set(["replicas", "runAsUser", "runAsGroup", "fsGroup"]);
/** Numbers or names; the provider takes texts only. */
const NUMBERS_OR_TEXTS = new Set(["maxSurge", "maxUnavailable", "port", "targetPort"]);
/** Maps whose keys are the user's. */
const FREE = new Set([
  "annotations",
  "labels",
  "matchLabels",
  "selector",
  "data",
  "parameters",
  "requests",
  "limits",
]);
/** What is for Terraform or the provider and not in the manifest. */
const TERRAFORM_ONLY = [
  "lifecycle",
  "timeouts",
  "wait_for_load_balancer",
  "wait_for_rollout",
  "wait_until_bound",
  "data_wo_revision",
  "depends_on",
];

/** The Kubernetes objects of the synthesized stacks, as the provider would send them. */
export function manifestsOf(
  synthesized: Synthesized,
): { address: string; stack: string; manifest: Manifest }[] {
  const resources = resourcesOf(synthesized);
  return resources
    .filter(({ type }) => type.startsWith("kubernetes_"))
    .map((resource) => ({
      address: resource.address,
      stack: resource.stack,
      manifest: manifestOf(resource, resources),
    }));
}

function manifestOf({ type, body: synthesized }: Resource, all: readonly Resource[]): Manifest {
  const known = KINDS[type];
  if (!known) throw new Error(`${type} is not known here: add it to KINDS`);
  const [apiVersion, kind] = known;
  const { data_wo: written, ...rest } = asSent(type, synthesized);
  const own = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !TERRAFORM_ONLY.includes(key) && !key.startsWith("//")),
  );
  const converted = convert({ ...own, ...(written && { string_data: written }) }, "", all) as JsonObject;
  return { apiVersion, kind, ...converted } as unknown as Manifest;
}

function convert(value: Json, key: string, all: readonly Resource[]): Json {
  if (typeof value === "string") return textOf(value, key, all);
  if (Array.isArray(value)) {
    const items = value.map((item) => convert(item, key, all));
    return SINGLE.has(key) ? (items[0] as Json) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const free = FREE.has(key) && !("match_labels" in value);
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      if (free || key === "stringData") return [name, convert(child, "", all)];
      const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      const plural = camel === LISTS_OF_PORTS && Array.isArray(child) ? "ports" : (SPELLINGS[camel] ?? camel);
      return [plural, convert(child, camel, all)];
    }),
  );
}

/** The pipeline's variable and other objects' names as they will be. */
function textOf(text: string, key: string, all: readonly Resource[]): Json {
  if (NUMBERS.has(key)) return Number(text);
  if (NUMBERS_OR_TEXTS.has(key) && /^\d+$/.test(text)) return Number(text);
  if (text === "${var.image}")
    return `123456789012.dkr.ecr.test.amazonaws.com/cali/any@sha256:${"0a".repeat(32)}`;
  const [, type, name] = /^\$\{(kubernetes_\w+)\.(\w+)\.metadata\[0\]\.name\}$/.exec(text) ?? [];
  if (type === undefined) return text;
  const target = all.find((one) => one.type === type && one.name === name);
  return String((target?.body.metadata as JsonObject | undefined)?.name ?? text);
}
