/**
 * Every physical name and ARN of CALI, as pure functions of (prefix, region, account).
 *
 * The three inputs are strings, and may be Terraform references in string form: in the `shared` layout the prefix
 * is `var.project_name`, and the account is always read from AWS. So names are only ever concatenated here, never
 * cut, measured or compared.
 */

/**
 * What every name starts with. In `stacks` the environment is a part of it, so that two environments fit into one
 * account, unless the names are older; in `shared` the names that exist have the project alone.
 */
export function namePrefix(config: {
  project: string;
  environment: string;
  stateLayout: string;
  prefix: string | null;
}): string {
  if (config.stateLayout === "shared") return config.project;
  return config.prefix ?? `${config.project}-${config.environment}`;
}

/** The namespaces that 08-cluster makes. */
export const NAMESPACES = ["airflow", "cali", "logging", "milvus", "monitoring"] as const;
export type Namespace = (typeof NAMESPACES)[number];

/** A Kubernetes service account that a workload runs as. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The one service account of each workload. Roles are bound to exactly these, and the charts' values use them.
 * `airflow`, `clusterAutoscaler` and `grafana` keep the names that the hand-written Terraform project trusts.
 */
export const SERVICE_ACCOUNTS = {
  fluentBit: { namespace: "logging", name: "fluent-bit" },
  logGenerator: { namespace: "cali", name: "log-generator" },
  consumer: { namespace: "cali", name: "consumer" },
  airflow: { namespace: "airflow", name: "airflow-sa" },
  clusterAutoscaler: { namespace: "kube-system", name: "cluster-autoscaler" },
  grafana: { namespace: "monitoring", name: "grafana" },
  milvusBackup: { namespace: "milvus", name: "milvus-backup" },
  /** The name that the EBS CSI add-on gives its controller. */
  ebsCsi: { namespace: "kube-system", name: "ebs-csi-controller-sa" },
} as const satisfies Record<string, ServiceAccount>;

/** Service accounts of what asks neither AWS nor the API server for anything: they have no role and mount no token. */
export const PLAIN_SERVICE_ACCOUNTS = {
  /** Not `milvus`: releases of before made one of that name, and own it. */
  milvus: { namespace: "milvus", name: "milvus-server" },
} as const satisfies Record<string, ServiceAccount>;

/** A workload with a role of its own. */
export type Workload = keyof typeof SERVICE_ACCOUNTS;

/** Firehose's index in OpenSearch; it adds the day (`cali-logs-2026-01-25`). */
export const LOG_INDEX = "cali-logs";

/** The logs that an OpenSearch domain can publish. */
export const DOMAIN_LOGS = ["errors", "audit", "slowSearches", "slowIndexing"] as const;
export type DomainLog = (typeof DOMAIN_LOGS)[number];

/** The logs that an environment's domain publishes; empty: none. */
export function domainLogs(config: {
  readonly stateLayout: string;
  readonly imported: boolean;
  readonly domain: { readonly logs: { readonly types: readonly DomainLog[] | null } };
}): readonly DomainLog[] {
  return (
    config.domain.logs.types ??
    (config.stateLayout === "shared" || config.imported ? [] : ["errors", "audit"])
  );
}

/** The bucket's folders. */
export const BUCKET_PREFIXES = {
  raw: "raw/",
  rawErrors: "raw-error/",
  firehoseFailed: "firehose-failed/",
  deadLetters: "dlq/",
  deadLettersReplayed: "dlq-replayed/",
  newErrors: "new_errors/",
  reports: "reports/",
  milvusBackup: "backup/milvus/",
  refusedAlerts: "refused_alerts/",
  incidents: "incidents/",
  knowledge: "knowledge/",
} as const;

/** Each role by what its name ends with, and its HCL name. */
const ROLES = {
  eksCluster: ["eks-cluster-role", "eks_cluster"],
  eksNode: ["eks-node-role", "eks_node"],
  firehose: ["firehose-role", "firehose"],
  application: ["app-role", "app_role"],
  grafanaWorkspace: ["grafana-workspace-role", "grafana_workspace"],
  openSearchAdmin: ["opensearch-admin-role", "opensearch_admin"],
  fluentBit: ["fluent-bit-role", "fluent_bit"],
  logGenerator: ["log-generator-role", "log_generator"],
  consumer: ["consumer-role", "consumer"],
  airflow: ["airflow-role", "airflow_role"],
  clusterAutoscaler: ["cluster-autoscaler-role", "cluster_autoscaler"],
  grafana: ["grafana-role", "grafana"],
  milvusBackup: ["milvus-backup-role", "milvus_backup"],
  ebsCsi: ["ebs-csi-role", "ebs_csi"],
} as const;

/** The roles that 06-iam knows. */
export type RoleName = keyof typeof ROLES;

/** What an override says of a resource's argument, such as `bucket` of `aws_s3_bucket.logs`; undefined: nothing. */
export type Overridden = (address: string, argument: string) => string | undefined;

export interface NameInputs {
  /** What every name starts with: `cali` in the shared layout, `cali-dev` elsewhere. */
  readonly prefix: string;
  /** `dev`, `prod`, …: the tag Environment. */
  readonly environment: string;
  /** AWS region, for example `ap-northeast-2`. */
  readonly region: string;
  /** The 12-digit account, usually a reference that Terraform resolves. */
  readonly account: string;
  /** Names that overrides give. Default: none. */
  readonly overridden?: Overridden;
}

/** Names and ARNs of one environment in one account and region. */
export class Names {
  private readonly inputs: NameInputs;
  private readonly isActual: boolean;

  /** @param isActual whether overrides count: see `actual` */
  constructor(inputs: NameInputs, isActual = false) {
    this.inputs = inputs;
    this.isActual = isActual;
  }

  /**
   * The names that the objects have, an override's included. What makes an object takes its name without it, since the override comes
   * later; whatever else looks for the object takes the actual one.
   */
  get actual(): Names {
    return new Names(this.inputs, true);
  }

  private own(address: string, argument: string, name: string): string {
    return (this.isActual ? this.inputs.overridden?.(address, argument) : undefined) ?? name;
  }

  get prefix(): string {
    return this.inputs.prefix;
  }

  get environment(): string {
    return this.inputs.environment;
  }

  get region(): string {
    return this.inputs.region;
  }

  get account(): string {
    return this.inputs.account;
  }

  get stream(): string {
    return this.own("aws_kinesis_stream.logs", "name", `${this.prefix}-logs-stream`);
  }

  get streamArn(): string {
    return this.arn("kinesis", `stream/${this.stream}`);
  }

  get firehoseToS3(): string {
    return `${this.prefix}-firehose-to-s3`;
  }

  get firehoseToOpenSearch(): string {
    return `${this.prefix}-firehose-to-opensearch`;
  }

  /** Log groups of the two delivery streams; CloudWatch's names for them differ from the streams' names. */
  get firehoseToS3LogGroup(): string {
    return `/aws/kinesisfirehose/${this.prefix}-to-s3`;
  }

  get firehoseToOpenSearchLogGroup(): string {
    return `/aws/kinesisfirehose/${this.prefix}-to-opensearch`;
  }

  /** The consumer's leases, checkpoints and alert groups. */
  get consumerTable(): string {
    return this.own("aws_dynamodb_table.consumer", "name", `${this.prefix}-consumer`);
  }

  get consumerTableArn(): string {
    return this.arn("dynamodb", `table/${this.consumerTable}`);
  }

  /** What the Kinesis Client Library calls the consumer, with engine kcl: its tables and metrics are named after it. */
  get kclApplication(): string {
    return `${this.prefix}-consumer-kcl`;
  }

  /** The library's tables: leases with their checkpoints, how busy each worker is, and who leads. It makes them itself. */
  get kclTables(): readonly string[] {
    return ["", "-WorkerMetricStats", "-CoordinatorState"].map((suffix) => `${this.kclApplication}${suffix}`);
  }

  /** Bucket names are global, so the account is a part of this one. */
  get bucket(): string {
    return this.own("aws_s3_bucket.logs", "bucket", `${this.prefix}-logs-${this.account}`);
  }

  get bucketArn(): string {
    return `arn:aws:s3:::${this.bucket}`;
  }

  get domain(): string {
    return this.own("aws_opensearch_domain.logs", "domain_name", `${this.prefix}-logs`);
  }

  get domainArn(): string {
    return this.arn("es", `domain/${this.domain}`);
  }

  /** Log groups of the domain, by the names that AWS' console gives them. */
  domainLogGroup(log: DomainLog): string {
    const words: Readonly<Record<DomainLog, string>> = {
      errors: "application-logs",
      audit: "audit-logs",
      slowSearches: "search-logs",
      slowIndexing: "index-logs",
    };
    return `/aws/OpenSearchService/domains/${this.domain}/${words[log]}`;
  }

  get grafanaWorkspace(): string {
    return `${this.prefix}-grafana`;
  }

  get cluster(): string {
    return this.own("aws_eks_cluster.main", "name", `${this.prefix}-cluster`);
  }

  get clusterArn(): string {
    return this.arn("eks", `cluster/${this.cluster}`);
  }

  get clusterLogGroup(): string {
    return `/aws/eks/${this.cluster}/cluster`;
  }

  get clusterKeyAlias(): string {
    return `alias/${this.prefix}-eks-secrets`;
  }

  get nodeGroup(): string {
    return `${this.prefix}-node-group`;
  }

  role(role: RoleName): string {
    const [suffix, hclName] = ROLES[role];
    return this.own(`aws_iam_role.${hclName}`, "name", `${this.prefix}-${suffix}`);
  }

  roleArn(role: RoleName): string {
    const path = this.own(`aws_iam_role.${ROLES[role][1]}`, "path", "/");
    return `arn:aws:iam::${this.account}:role${path}${this.role(role)}`;
  }

  /**
   * A name that nothing else of the project has to know, by what follows the prefix: `named("billing")` is `cali-dev-billing`. What
   * another stack or a person looks for by its name gets an accessor of its own here.
   */
  named(suffix: string): string {
    return `${this.prefix}-${suffix}`;
  }

  repository(name: string): string {
    return this.own(`aws_ecr_repository.${hclName(name)}`, "name", `${this.prefix}/${name}`);
  }

  /** An ARN in this account and region. */
  arn(service: string, resource: string): string {
    return `arn:aws:${service}:${this.region}:${this.account}:${resource}`;
  }
}

/** The HCL name of something whose physical name has dashes: `log-generator` becomes `log_generator`. */
export function hclName(name: string): string {
  return name.replaceAll("-", "_");
}

/** `logGenerator` becomes `log-generator`. */
export function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
