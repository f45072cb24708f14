/**
 * The actions that the AWS provider takes for each resource type: `changes` to make, change, tag and delete one, `reads` to refresh
 * it. Of AWS' Service Authorization Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/) and what the
 * provider's resources call. A type that a stack makes has to be here.
 *
 * Types that no stack makes yet stand here so that the next stack has less to add.
 */
export interface TypeActions {
  readonly changes: readonly string[];
  readonly reads: readonly string[];
}

const of = (service: string, changes: string, reads: string): TypeActions => ({
  changes: changes.split(" ").map((action) => `${service}:${action}`),
  reads: reads.split(" ").map((action) => `${service}:${action}`),
});

export const ACTIONS: Readonly<Record<string, TypeActions>> = {
  aws_cloudwatch_log_group: of(
    "logs",
    "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource",
    "DescribeLogGroups ListTagsForResource",
  ),
  aws_cloudwatch_log_stream: of("logs", "CreateLogStream DeleteLogStream", "DescribeLogStreams"),
  aws_cloudwatch_log_resource_policy: of(
    "logs",
    "PutResourcePolicy DeleteResourcePolicy",
    "DescribeResourcePolicies",
  ),
  aws_cloudwatch_metric_alarm: of(
    "cloudwatch",
    "PutMetricAlarm DeleteAlarms TagResource UntagResource",
    "DescribeAlarms ListTagsForResource",
  ),
  aws_dynamodb_table: of(
    "dynamodb",
    "CreateTable UpdateTable DeleteTable UpdateContinuousBackups UpdateTimeToLive TagResource UntagResource",
    "DescribeTable DescribeContinuousBackups DescribeTimeToLive ListTagsOfResource",
  ),
  aws_ecr_lifecycle_policy: of("ecr", "PutLifecyclePolicy DeleteLifecyclePolicy", "GetLifecyclePolicy"),
  aws_ecr_repository: of(
    "ecr",
    "CreateRepository DeleteRepository PutImageTagMutability PutImageScanningConfiguration TagResource UntagResource",
    "DescribeRepositories ListTagsForResource",
  ),
  aws_eks_access_entry: of(
    "eks",
    "CreateAccessEntry UpdateAccessEntry DeleteAccessEntry TagResource UntagResource",
    "DescribeAccessEntry",
  ),
  aws_eks_access_policy_association: of(
    "eks",
    "AssociateAccessPolicy DisassociateAccessPolicy",
    "ListAssociatedAccessPolicies",
  ),
  aws_eks_addon: of(
    "eks",
    "CreateAddon UpdateAddon DeleteAddon TagResource UntagResource",
    "DescribeAddon DescribeAddonVersions",
  ),
  aws_eks_cluster: of(
    "eks",
    "CreateCluster DeleteCluster UpdateClusterConfig UpdateClusterVersion AssociateEncryptionConfig TagResource UntagResource",
    "DescribeCluster DescribeUpdate",
  ),
  aws_eks_node_group: {
    changes: [
      ...of(
        "eks",
        "CreateNodegroup DeleteNodegroup UpdateNodegroupConfig UpdateNodegroupVersion TagResource UntagResource",
        "",
      ).changes,
      // EKS checks that who makes a group with a launch template may start its instances.
      "ec2:RunInstances",
      "ec2:CreateTags",
    ],
    reads: ["eks:DescribeNodegroup", "eks:DescribeUpdate"],
  },
  aws_eks_pod_identity_association: of(
    "eks",
    "CreatePodIdentityAssociation UpdatePodIdentityAssociation DeletePodIdentityAssociation TagResource UntagResource",
    "DescribePodIdentityAssociation ListPodIdentityAssociations",
  ),
  aws_grafana_workspace: of(
    "grafana",
    "CreateWorkspace UpdateWorkspace DeleteWorkspace TagResource UntagResource",
    "DescribeWorkspace ListTagsForResource",
  ),
  aws_grafana_workspace_saml_configuration: of(
    "grafana",
    "UpdateWorkspaceAuthentication",
    "DescribeWorkspaceAuthentication",
  ),
  aws_iam_openid_connect_provider: of(
    "iam",
    "CreateOpenIDConnectProvider DeleteOpenIDConnectProvider TagOpenIDConnectProvider",
    "GetOpenIDConnectProvider",
  ),
  aws_iam_policy: of(
    "iam",
    "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion TagPolicy UntagPolicy",
    "GetPolicy GetPolicyVersion ListPolicyVersions",
  ),
  aws_iam_role: of(
    "iam",
    "CreateRole DeleteRole UpdateRole UpdateAssumeRolePolicy PassRole TagRole UntagRole",
    "GetRole ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole",
  ),
  aws_iam_role_policies_exclusive: of("iam", "PutRolePolicy DeleteRolePolicy", "ListRolePolicies"),
  aws_iam_role_policy_attachments_exclusive: of(
    "iam",
    "AttachRolePolicy DetachRolePolicy",
    "ListAttachedRolePolicies",
  ),
  aws_iam_role_policy: of("iam", "PutRolePolicy DeleteRolePolicy", "GetRolePolicy"),
  aws_iam_role_policy_attachment: of("iam", "AttachRolePolicy DetachRolePolicy", "ListAttachedRolePolicies"),
  aws_kinesis_firehose_delivery_stream: of(
    "firehose",
    "CreateDeliveryStream DeleteDeliveryStream UpdateDestination StartDeliveryStreamEncryption StopDeliveryStreamEncryption TagDeliveryStream UntagDeliveryStream",
    "DescribeDeliveryStream ListTagsForDeliveryStream",
  ),
  aws_kinesis_stream: of(
    "kinesis",
    "CreateStream DeleteStream UpdateShardCount UpdateStreamMode IncreaseStreamRetentionPeriod DecreaseStreamRetentionPeriod StartStreamEncryption StopStreamEncryption EnableEnhancedMonitoring DisableEnhancedMonitoring AddTagsToStream RemoveTagsFromStream",
    "DescribeStreamSummary ListTagsForStream",
  ),
  aws_kms_alias: of("kms", "CreateAlias UpdateAlias DeleteAlias", "ListAliases"),
  aws_kms_key: of(
    "kms",
    "CreateKey ScheduleKeyDeletion EnableKeyRotation DisableKeyRotation PutKeyPolicy TagResource UntagResource",
    "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags",
  ),
  aws_lambda_function: of(
    "lambda",
    "CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction TagResource UntagResource",
    "GetFunction ListVersionsByFunction GetFunctionCodeSigningConfig ListTags",
  ),
  aws_launch_template: of(
    "ec2",
    "CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate CreateTags",
    "DescribeLaunchTemplates DescribeLaunchTemplateVersions",
  ),
  aws_opensearch_domain: of(
    "es",
    "CreateDomain UpdateDomainConfig UpgradeDomain DeleteDomain AddTags RemoveTags",
    "DescribeDomain DescribeDomainConfig ListTags",
  ),
  aws_s3_bucket: of(
    "s3",
    "CreateBucket DeleteBucket PutBucketTagging",
    "ListBucket GetBucketTagging GetBucketPolicy GetBucketAcl GetBucketCORS GetBucketWebsite GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment GetBucketLogging GetLifecycleConfiguration GetReplicationConfiguration GetEncryptionConfiguration GetBucketObjectLockConfiguration",
  ),
  aws_s3_bucket_lifecycle_configuration: of("s3", "PutLifecycleConfiguration", "GetLifecycleConfiguration"),
  aws_s3_bucket_logging: of("s3", "PutBucketLogging", "GetBucketLogging"),
  aws_s3_bucket_policy: of("s3", "PutBucketPolicy DeleteBucketPolicy", "GetBucketPolicy"),
  aws_s3_bucket_public_access_block: of("s3", "PutBucketPublicAccessBlock", "GetBucketPublicAccessBlock"),
  aws_s3_bucket_server_side_encryption_configuration: of(
    "s3",
    "PutEncryptionConfiguration",
    "GetEncryptionConfiguration",
  ),
  aws_s3_bucket_versioning: of("s3", "PutBucketVersioning", "GetBucketVersioning"),
  aws_sns_topic: of(
    "sns",
    "CreateTopic SetTopicAttributes DeleteTopic TagResource UntagResource",
    "GetTopicAttributes ListTagsForResource",
  ),
  aws_sns_topic_subscription: of(
    "sns",
    "Subscribe SetSubscriptionAttributes Unsubscribe",
    "GetSubscriptionAttributes",
  ),
  aws_sqs_queue: of(
    "sqs",
    "CreateQueue SetQueueAttributes DeleteQueue TagQueue UntagQueue",
    "GetQueueAttributes ListQueueTags",
  ),
};

/**
 * What of these services AWS' managed policy ReadOnlyAccess lets somebody read
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ReadOnlyAccess.html): the policy names each service, and its
 * verbs differ.
 */
export const READ_ONLY_ACCESS: readonly string[] = [
  "cloudwatch:Describe*",
  "cloudwatch:Get*",
  "cloudwatch:List*",
  "dynamodb:Describe*",
  "dynamodb:List*",
  "ec2:Describe*",
  "ec2:Get*",
  "ecr:Describe*",
  "ecr:Get*",
  "ecr:List*",
  "eks:Describe*",
  "eks:List*",
  "es:Describe*",
  "es:Get*",
  "es:List*",
  "firehose:Describe*",
  "firehose:List*",
  "grafana:Describe*",
  "grafana:List*",
  "iam:Get*",
  "iam:List*",
  "kinesis:Describe*",
  "kinesis:List*",
  "kms:Describe*",
  "kms:Get*",
  "kms:List*",
  "lambda:Get*",
  "lambda:List*",
  "logs:Describe*",
  "logs:List*",
  "s3:Get*",
  "s3:List*",
  "sns:Get*",
  "sns:List*",
  "sqs:Get*",
  "sqs:List*",
  "sts:GetCallerIdentity",
];

/** Whether an action of IAM is one that a pattern such as `s3:Get*` stands for. Case does not matter to IAM. */
export function matchesAction(pattern: string, action: string): boolean {
  const source = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${source}$`, "i").test(action);
}
