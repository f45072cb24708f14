import { hclName } from "../../../config/names.ts";
import type { Json } from "../../../config/overrides.ts";
import { SwitchError } from "../../core/errors.ts";
import { PROGRAMS } from "../../core/terraform/programs.ts";
import type { StateFile } from "../../core/terraform/state-file.ts";
import { writtenBy } from "../../core/terraform/written-by.ts";
import type { Variables } from "./variables.ts";

/** A key of the configuration, as steps, and the value that the state says it has. */
export type Setting = readonly [path: readonly string[], value: Json];

/** Where the state is kept; what is undefined follows the hand-written project. */
export interface Backend {
  readonly bucket?: string;
  readonly key?: string;
  readonly region?: string;
  readonly lockTable?: string;
  /** Whether buckets are addressed by path. */
  readonly pathStyle?: boolean;
}

type Attributes = Record<string, Json>;

/** Reads attributes out of a state. Nothing is undefined: what is not there is null. */
class Live {
  private readonly state: StateFile;

  constructor(state: StateFile) {
    this.state = state;
  }

  instances(type: string, name?: string, mode: "managed" | "data" = "managed") {
    return this.state.resources
      .filter((one) => one.mode === mode && !one.module && one.type === type && (!name || one.name === name))
      .flatMap((one) => one.instances.map((instance) => ({ ...instance, name: one.name })))
      .filter(({ deposed }) => deposed === undefined);
  }

  has(type: string, name: string): boolean {
    return this.instances(type, name).length > 0;
  }

  /** The value at a path such as `cluster_config.0.instance_type` of a resource's first instance. */
  get(type: string, name: string, path: string, mode: "managed" | "data" = "managed"): Json {
    const attributes: Json = this.instances(type, name, mode)[0]?.attributes ?? null;
    return path
      .split(".")
      .reduce<Json>((value, step) => (value as Attributes | null)?.[step] ?? null, attributes);
  }

  text(type: string, name: string, path: string): string {
    const value = this.get(type, name, path);
    return typeof value === "string" ? value : "";
  }
}

/**
 * What the configuration has to say, so that its synth equals the state.
 *
 * @throws SwitchError when the state holds no environment of the hand-written project.
 */
export function derive(state: StateFile, variables: Variables, backend: Backend): Setting[] {
  const live = new Live(state);
  if (!live.has("aws_kinesis_stream", "logs") && !live.has("aws_eks_cluster", "main")) {
    throw new SwitchError(
      "the state has neither aws_kinesis_stream.logs nor aws_eks_cluster.main; allowed: the state of the hand-written project, with its addresses",
    );
  }
  const arn = live.text("aws_kinesis_stream", "logs", "arn") || live.text("aws_eks_cluster", "main", "arn");
  const cluster = live.text("aws_eks_cluster", "main", "name");
  const project =
    variables.project_name ??
    /^(.+)-cluster$/.exec(cluster)?.[1] ??
    live.text("aws_kinesis_stream", "logs", "name").replace(/-logs-stream$/, "");
  const region = variables.aws_region ?? arn.split(":")[3] ?? "";
  const { Environment, ...tags } = defaultTags(live);
  return [
    [["project"], project],
    [["environment"], variables.environment ?? Environment ?? ""],
    [["region"], region],
    [["team"], variables.team_members_arns ?? teamOf(live)],
    ...(writtenBy(state.resources) === PROGRAMS.tofu
      ? ([[["terraform", "program"], PROGRAMS.tofu.command]] as const)
      : []),
    [["state", "bucket"], backend.bucket ?? `${project}-terraform-state`],
    [["state", "region"], backend.region ?? region],
    [["state", "key"], backend.key ?? "infra/terraform.tfstate"],
    [["state", "lockTable"], backend.lockTable ?? `${project}-terraform-lock`],
    ...(backend.pathStyle ? [[["provider", "s3PathStyle"], true] satisfies Setting] : []),
    [["tags"], tags],
    ...streaming(live),
    ...storage(live),
    ...search(live),
    ...compute(live),
    ...access(live, project),
    ...images(live, project),
  ];
}

/** Tags that the provider adds to everything: those of a resource that it doesn't have itself. */
function defaultTags(live: Live): Record<string, string> {
  for (const type of ["aws_kinesis_stream", "aws_eks_cluster", "aws_s3_bucket", "aws_iam_role"]) {
    const [instance] = live.instances(type);
    const all = instance?.attributes.tags_all as Record<string, string> | null | undefined;
    if (!all) continue;
    const own = (instance?.attributes.tags ?? {}) as Record<string, string>;
    return Object.fromEntries(Object.entries(all).filter(([key]) => !(key in own)));
  }
  return {};
}

const teamOf = (live: Live) =>
  live.instances("aws_eks_access_entry", "team_members").map(({ index_key }) => String(index_key));

function streaming(live: Live): Setting[] {
  const stream = (path: string) => live.get("aws_kinesis_stream", "logs", path);
  const toS3 = (path: string) =>
    live.get("aws_kinesis_firehose_delivery_stream", "to_s3", `extended_s3_configuration.0.${path}`);
  const toOpenSearch = (path: string) =>
    live.get("aws_kinesis_firehose_delivery_stream", "to_opensearch", `opensearch_configuration.0.${path}`);
  const isOnDemand = stream("stream_mode_details.0.stream_mode") === "ON_DEMAND";
  return [
    [["stream", "mode"], isOnDemand ? "on-demand" : "provisioned"],
    [["stream", "shards"], isOnDemand ? null : stream("shard_count")],
    [["stream", "retentionHours"], stream("retention_period")],
    [["stream", "encryption"], stream("encryption_type") === "KMS" ? "kms" : "none"],
    [["consumerTable"], live.has("aws_dynamodb_table", "consumer")],
    [["firehose", "toS3", "intervalSeconds"], toS3("buffering_interval")],
    [["firehose", "toS3", "sizeMiB"], toS3("buffering_size")],
    [["firehose", "toOpenSearch", "intervalSeconds"], toOpenSearch("buffering_interval")],
    [["firehose", "toOpenSearch", "sizeMiB"], toOpenSearch("buffering_size")],
    [["firehose", "retrySeconds"], toOpenSearch("retry_duration")],
    [
      ["firehose", "logRetentionDays"],
      live.get("aws_cloudwatch_log_group", "firehose_to_s3", "retention_in_days"),
    ],
    [
      ["firehose", "rolePolicies"],
      /stream\/[\w-]+-\*/.test(live.text("aws_iam_policy", "firehose_s3", "policy")) ? "wildcard" : "exact",
    ],
  ];
}

function storage(live: Live): Setting[] {
  const rules = (live.get("aws_s3_bucket_lifecycle_configuration", "logs", "rule") ?? []) as Attributes[];
  return [
    [["bucket", "forceDestroy"], live.get("aws_s3_bucket", "logs", "force_destroy") === true],
    [["bucket", "tlsOnly"], live.has("aws_s3_bucket_policy", "logs")],
    [["bucket", "lifecycle"], rules.map(lifecycleRule)],
  ];
}

function lifecycleRule(rule: Attributes): Json {
  const days = (block: string, key: string) => {
    const value = (rule[block] as Attributes[] | null)?.[0]?.[key];
    return typeof value === "number" && value > 0 ? value : undefined;
  };
  const transitions = ((rule.transition ?? []) as Attributes[])
    .map(({ days, storage_class }) => ({ days: days ?? 0, storageClass: storage_class ?? "" }))
    .sort((a, b) => Number(a.days) - Number(b.days));
  const expire = days("expiration", "days");
  const old = days("noncurrent_version_expiration", "noncurrent_days");
  const abort = days("abort_incomplete_multipart_upload", "days_after_initiation");
  return {
    id: rule.id ?? "",
    prefix: (rule.filter as Attributes[] | null)?.[0]?.prefix || rule.prefix || "",
    ...(transitions.length > 0 && { transitions }),
    ...(expire !== undefined && { expireAfterDays: expire }),
    ...(old !== undefined && { expireOldVersionsAfterDays: old }),
    ...(abort !== undefined && { abortUploadsAfterDays: abort }),
  };
}

function search(live: Live): Setting[] {
  const domain = (path: string) => live.get("aws_opensearch_domain", "logs", path);
  const statements = statementsOf(live.text("aws_opensearch_domain", "logs", "access_policies"));
  const isInternal = domain("advanced_security_options.0.internal_user_database_enabled") === true;
  const name = domain("advanced_security_options.0.master_user_options.0.master_user_name") ?? "admin";
  return [
    [["domain", "version"], domain("engine_version")],
    [["domain", "instanceType"], domain("cluster_config.0.instance_type")],
    [["domain", "instanceCount"], domain("cluster_config.0.instance_count")],
    [["domain", "volumeGiB"], domain("ebs_options.0.volume_size")],
    [["domain", "tlsPolicy"], domain("domain_endpoint_options.0.tls_security_policy")],
    [["domain", "masterUser"], isInternal ? { kind: "internal", name } : { kind: "iam" }],
    [["domain", "access", "actions"], [statements[0]?.Action ?? "es:*"].flat()],
    [["domain", "access", "anyPrincipal"], statements.some(isForAnyone)],
  ];
}

type Statement = { Action?: string | string[]; Principal?: string | { AWS?: string | string[] } };

function statementsOf(policy: string): Statement[] {
  try {
    return [JSON.parse(policy).Statement ?? []].flat();
  } catch {
    return [];
  }
}

const isForAnyone = ({ Principal }: Statement) =>
  Principal === "*" || (typeof Principal === "object" && [Principal.AWS ?? []].flat().includes("*"));

/** Add-ons by the name that AWS has for them, and the key that the configuration has. */
const ADD_ONS: Readonly<Record<string, string>> = {
  "vpc-cni": "vpcCni",
  coredns: "coreDns",
  "kube-proxy": "kubeProxy",
  "eks-pod-identity-agent": "podIdentityAgent",
  "aws-ebs-csi-driver": "ebsCsi",
};

function compute(live: Live): Setting[] {
  const cluster = (path: string) => live.get("aws_eks_cluster", "main", path);
  const nodes = (path: string) => live.get("aws_eks_node_group", "main", path);
  const [association] = live.instances("aws_eks_access_policy_association", "team_members_admin");
  const addOns = live.instances("aws_eks_addon");
  const isPublic = cluster("vpc_config.0.endpoint_public_access") === true;
  const hasDefaultVpc = live.instances("aws_vpc", "default", "data").length > 0;
  const subnetIds = cluster("vpc_config.0.subnet_ids");
  return [
    [["network"], hasDefaultVpc ? { kind: "default-vpc" } : { kind: "subnets", subnetIds }],
    [["cluster", "version"], cluster("version")],
    [["cluster", "publicEndpointCidrs"], isPublic ? cluster("vpc_config.0.public_access_cidrs") : []],
    [["cluster", "encryptSecrets"], ((cluster("encryption_config") ?? []) as Json[]).length > 0],
    [["cluster", "logTypes"], cluster("enabled_cluster_log_types") ?? []],
    [["cluster", "logRetentionDays"], live.get("aws_cloudwatch_log_group", "eks", "retention_in_days")],
    [["cluster", "authenticationMode"], cluster("access_config.0.authentication_mode")],
    [
      ["cluster", "creatorIsAdmin"],
      cluster("access_config.0.bootstrap_cluster_creator_admin_permissions") !== false,
    ],
    ...(association
      ? ([
          [["cluster", "teamAccess"], String(association.attributes.policy_arn).split("/").at(-1) ?? ""],
        ] as Setting[])
      : []),
    ...Object.entries(ADD_ONS).map(([name, key]): Setting => {
      const addOn = addOns.find(({ attributes }) => attributes.addon_name === name);
      return [["cluster", "addOns", key], addOn ? { version: addOn.attributes.addon_version ?? null } : null];
    }),
    [
      ["cluster", "ebsCsiRole"],
      live.has("aws_iam_role_policy_attachment", "eks_ebs_csi_driver_policy") ? "node" : "own",
    ],
    [["cluster", "nodeGroup", "instanceTypes"], nodes("instance_types")],
    [["cluster", "nodeGroup", "capacity"], nodes("capacity_type")],
    [["cluster", "nodeGroup", "minSize"], nodes("scaling_config.0.min_size")],
    [["cluster", "nodeGroup", "desiredSize"], nodes("scaling_config.0.desired_size")],
    [["cluster", "nodeGroup", "maxSize"], nodes("scaling_config.0.max_size")],
    [["cluster", "nodeGroup", "maxUnavailable"], nodes("update_config.0.max_unavailable")],
    [["cluster", "oidcCertificate"], certificate(live)],
  ];
}

/** Where the thumbprint is read from, unless it is the cluster's own issuer. */
function certificate(live: Live): Json {
  const url = live.get("tls_certificate", "eks", "url", "data");
  const isVerified = live.get("tls_certificate", "eks", "verify_chain", "data") !== false;
  const issuer = live.get("aws_eks_cluster", "main", "identity.0.oidc.0.issuer");
  const isOwn = typeof url !== "string" || url === issuer;
  if (isOwn && isVerified) return null;
  return { url: isOwn ? null : url, verifyChain: isVerified };
}

function access(live: Live, project: string): Setting[] {
  const isApplication = live.has("aws_iam_role", "app_role");
  const attached = (name: string) => live.has("aws_iam_role_policy_attachment", name);
  const autoscaler = live.text("aws_iam_policy", "cluster_autoscaler", "policy");
  return [
    [["iam", "workloadRoles"], isApplication ? "application" : "per-workload"],
    [
      ["iam", "applicationRole"],
      isApplication
        ? {
            serviceAccounts: serviceAccounts(live.text("aws_iam_role", "app_role", "assume_role_policy")),
            managedPolicies: [
              ...(attached("app_cloudwatch") ? ["CloudWatchAgentServerPolicy"] : []),
              ...(attached("app_s3_read") ? ["AmazonS3ReadOnlyAccess"] : []),
            ],
          }
        : null,
    ],
    [["iam", "nodesMayUseStream"], attached("eks_node_kinesis")],
    [
      ["iam", "autoscalerScope"],
      autoscaler.includes(`${project}-cluster`) || autoscaler.includes("Condition") ? "cluster" : "account",
    ],
    [["iam", "grafanaAccess"], attached("grafana_opensearch") ? "write" : "read"],
  ];
}

const serviceAccounts = (trust: string) =>
  [...trust.matchAll(/system:serviceaccount:([^"]+)/g)].map(([, account]) => account ?? "");

function images(live: Live, project: string): Setting[] {
  const repositories = live.instances("aws_ecr_repository");
  const [first] = repositories;
  if (!first) return [];
  const keep = /"countNumber":(\d+)/.exec(live.text("aws_ecr_lifecycle_policy", first.name, "policy"));
  return [
    [
      ["repositories", "names"],
      repositories.flatMap(({ name, attributes }) => {
        const service = String(attributes.name).replace(`${project}/`, "");
        // One of another address is somebody's own.
        return attributes.name === `${project}/${service}` && hclName(service) === name ? [service] : [];
      }),
    ],
    [["repositories", "immutableTags"], first.attributes.image_tag_mutability === "IMMUTABLE"],
    [["repositories", "forceDelete"], first.attributes.force_delete === true],
    ...(keep ? ([[["repositories", "keepImages"], Number(keep[1])]] as Setting[]) : []),
  ];
}
