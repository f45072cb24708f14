/** What is known of an object by the names of its arguments: of a state all, of a plan what is known before it is made. */
export interface Known {
  readonly type: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Where the objects are. */
export interface Home {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

type Attributes = Known["attributes"];

const text = (attributes: Attributes, name: string): string => {
  const value = attributes[name];
  return typeof value === "string" ? value : "";
};

/** The arguments in a row; empty where one of them is not known. */
const joined =
  (separator: string, ...names: readonly string[]) =>
  (of: Attributes): string => {
    const parts = names.map((name) => text(of, name));
    return parts.includes("") ? "" : parts.join(separator);
  };

/** A bucket's setting; one that says whose bucket it expects would be replaced without saying so here. */
const ofBucket = (of: Attributes): string => {
  const [bucket, owner] = [text(of, "bucket"), text(of, "expected_bucket_owner")];
  return bucket !== "" && owner !== "" ? `${bucket},${owner}` : bucket;
};

/** The ARN that is known, or can be told before AWS does. */
const arn =
  (make: (of: Attributes, home: Home) => string) =>
  (of: Attributes, home: Home | undefined): string => {
    const known = text(of, "arn");
    return known === "" && home ? make(of, home) : known;
  };

/**
 * What the AWS provider takes as the id of an import. Source: "Import" at the foot of each resource's page in the provider's
 * documentation, 5.100. Types that are not here are imported by the state's `id`.
 */
const IDS: Readonly<Record<string, (attributes: Attributes, home?: Home) => string>> = {
  aws_cloudwatch_log_group: joined("", "name"),
  aws_cloudwatch_log_resource_policy: joined("", "policy_name"),
  aws_cloudwatch_log_stream: joined(":", "log_group_name", "name"),
  aws_cloudwatch_metric_alarm: joined("", "alarm_name"),
  aws_dynamodb_table: joined("", "name"),
  aws_ecr_lifecycle_policy: joined("", "repository"),
  aws_ecr_repository: joined("", "name"),
  aws_eks_access_entry: joined(":", "cluster_name", "principal_arn"),
  aws_eks_access_policy_association: joined("#", "cluster_name", "principal_arn", "policy_arn"),
  aws_eks_addon: joined(":", "cluster_name", "addon_name"),
  aws_eks_cluster: joined("", "name"),
  aws_eks_node_group: joined(":", "cluster_name", "node_group_name"),
  aws_eks_pod_identity_association: joined(",", "cluster_name", "association_id"),
  aws_grafana_workspace_saml_configuration: joined("", "workspace_id"),
  aws_iam_openid_connect_provider: arn((of, { account }) => {
    const url = text(of, "url");
    return url && `arn:aws:iam::${account}:oidc-provider/${url.replace(/^https:\/\//, "")}`;
  }),
  aws_iam_policy: arn((of, { account }) => {
    const name = text(of, "name");
    return name && `arn:aws:iam::${account}:policy${text(of, "path") || "/"}${name}`;
  }),
  aws_iam_role: joined("", "name"),
  aws_iam_role_policy: joined(":", "role", "name"),
  aws_iam_role_policy_attachment: joined("/", "role", "policy_arn"),
  aws_kinesis_firehose_delivery_stream: arn((of, { account, region }) => {
    const name = text(of, "name");
    return name && `arn:aws:firehose:${region}:${account}:deliverystream/${name}`;
  }),
  aws_kinesis_stream: joined("", "name"),
  aws_kms_alias: joined("", "name"),
  aws_opensearch_domain: joined("", "domain_name"),
  aws_s3_bucket: joined("", "bucket"),
  aws_s3_bucket_lifecycle_configuration: ofBucket,
  aws_s3_bucket_logging: ofBucket,
  aws_s3_bucket_policy: joined("", "bucket"),
  aws_s3_bucket_public_access_block: joined("", "bucket"),
  aws_s3_bucket_server_side_encryption_configuration: ofBucket,
  aws_s3_bucket_versioning: ofBucket,
};

/**
 * The id to import an object by; empty: what it is made of is not known.
 *
 * @param home lets ARNs be told of objects that no state has; undefined: only what the attributes say.
 */
export function importId({ type, attributes }: Known, home?: Home): string {
  const own = IDS[type];
  return own ? own(attributes, home) : text(attributes, "id");
}

/** Whether objects of a type are imported by what is known before they are made. */
export const hasKnownId = (type: string): boolean => type in IDS;
