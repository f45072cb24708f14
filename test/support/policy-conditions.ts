import { referencesIn } from "../../delivery/core/parity/expression.ts";
import { type Manifest, type PodSpec, podSpecOf } from "./manifests.ts";
import { type Json, type JsonObject, type Resource, resourcesOf, type Synthesized } from "./synth.ts";
import { manifestsOf } from "./terraform-manifest.ts";

/** A rule over everything that an environment synthesizes. */
export interface Policy {
  readonly name: string;
  /** Why it matters. */
  readonly reason: string;
  /** Addresses that break it. */
  readonly violations: (synthesized: Synthesized) => string[];
}

interface Statement {
  readonly Effect: string;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly NotAction?: unknown;
  readonly Action?: string | string[];
  readonly Resource?: string | string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

/** What makes a role's policies exclusive, and the type of the policies that are listed there. */
export const EXCLUSIVE = {
  aws_iam_role_policies_exclusive: { of: "aws_iam_role_policy", argument: "policy_names", value: "name" },
  aws_iam_role_policy_attachments_exclusive: {
    of: "aws_iam_role_policy_attachment",
    argument: "policy_arns",
    value: "policy_arn",
  },
} as const;

const DOCUMENTS = ["policy", "assume_role_policy", "access_policies"];

export const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

/** The statements of a resource's policy documents. References count as text. */
export function statements({ body }: Resource): Statement[] {
  return DOCUMENTS.filter((argument) => typeof body[argument] === "string").flatMap((argument) => {
    const text = String(body[argument])
      // A list that Terraform puts in stands without quotes.
      .replaceAll(/:\s*\$\{(?:[^{}"]|"[^"]*")*\}(?=\s*[,}])/g, ': "${reference}"')
      // A function's own quotes inside a reference.
      .replaceAll(/\$\{[^{}]*\}/g, (reference) => reference.replaceAll('"', "'"));
    return list((JSON.parse(text) as { Statement?: Statement | Statement[] }).Statement);
  });
}

export const allows = (resource: Resource) => statements(resource).filter(({ Effect }) => Effect === "Allow");

export const principals = ({ Principal }: Statement): string[] =>
  typeof Principal === "string"
    ? [Principal]
    : Object.values(Principal ?? {}).flatMap((one) => list(one as string));

/** Addresses of the resources for which something holds. */
export const where =
  (test: (resource: Resource, all: readonly Resource[]) => boolean) => (synthesized: Synthesized) => {
    const all = resourcesOf(synthesized);
    return all.filter((resource) => test(resource, all)).map(({ address }) => address);
  };

export const ofType = (type: string, broken: (body: JsonObject, all: readonly Resource[]) => boolean) =>
  where((resource, all) => resource.type === type && broken(resource.body, all));

/** Addresses of objects in the cluster, as the Kubernetes provider sends them, for which something holds. */
export const whereManifest = (test: (manifest: Manifest) => boolean) => (synthesized: Synthesized) =>
  manifestsOf(synthesized)
    .filter(({ manifest }) => test(manifest))
    .map(({ address }) => address);

export const wherePod = (test: (pod: PodSpec) => boolean) =>
  whereManifest((manifest) => {
    const pod = podSpecOf(manifest);
    return pod !== undefined && test(pod);
  });

/** Every text of a resource. Comments are not the provider's. */
export function textsIn(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => (key === "//" ? [] : textsIn(child)));
}

/** Paths of empty maps, lists and nulls, such as `spec.template.spec.volume.0.empty_dir`. */
export function emptyPathsIn(value: Json, path: readonly string[] = []): string[] {
  if (typeof value !== "object") return [];
  const entries = Object.entries(value ?? {}).filter(([key]) => key !== "//");
  if (entries.length === 0) return [path.join(".")];
  return entries.flatMap(([key, child]) => emptyPathsIn(child, [...path, key]));
}

/**
 * Blocks whose emptiness says something, and which the provider sends as such: all pods (structure_label_selector.go,
 * expandLabelSelector), a folder without a limit (structures_pod.go, expandVolumes).
 */
export const EMPTY_IS_MEANT = [/^spec\.pod_selector$/, /volume\.\d+\.empty_dir$/];

/** Hashes, encodes, compares or branches on a value of a resource that can be null or empty. */
export function hangsOnWhatMayBeEmpty(text: string): boolean {
  if (!/\$\{[^}]*(\b(md5|\w*sha\d+|\w+encode|length|coalesce\w*|try|can)\(|[=!]=|\?)/.test(text))
    return false;
  return [...referencesIn(text)].some(
    (reference) =>
      !/^(var|each)\./.test(reference) && !/\.(arn|id|name|url|account_id|endpoint)$/.test(reference),
  );
}

/** A block that is there once, however it is written. */
export const block = (body: JsonObject, name: string) => list(body[name])[0] as JsonObject | undefined;

export const DATA_BEARING = new Set([
  "aws_kinesis_stream",
  "aws_s3_bucket",
  "aws_opensearch_domain",
  "aws_eks_cluster",
  "aws_dynamodb_table",
  "aws_ecr_repository",
  // Its end is the end of every claim in it.
  "kubernetes_namespace_v1",
]);

/** Policies of AWS that EKS and its add-ons need, and two that the hand-written project attaches. */
export const MANAGED_POLICIES = new Set([
  "AmazonEKSClusterPolicy",
  "AmazonEKSWorkerNodePolicy",
  "AmazonEKS_CNI_Policy",
  "AmazonEC2ContainerRegistryReadOnly",
  "service-role/AmazonEBSCSIDriverPolicy",
  "CloudWatchAgentServerPolicy",
  "AmazonS3ReadOnlyAccess",
]);

export const needs = (type: string, companion: string) =>
  where(
    (resource, all) =>
      resource.type === type &&
      !all.some((other) => other.type === companion && other.name === resource.name),
  );
