import { asSent } from "./kubernetes-provider.ts";
import { allContainers, at, podSpecOf } from "./manifests.ts";
import { restrictedProblems } from "./pod-security.ts";
import {
  allows,
  block,
  DATA_BEARING,
  EMPTY_IS_MEANT,
  EXCLUSIVE,
  emptyPathsIn,
  hangsOnWhatMayBeEmpty,
  list,
  MANAGED_POLICIES,
  needs,
  ofType,
  type Policy,
  principals,
  statements,
  textsIn,
  where,
  whereManifest,
  wherePod,
} from "./policy-conditions.ts";
import { resourcesOf, type StackJson } from "./synth.ts";

/** Rules for every environment. */
export const POLICIES: readonly Policy[] = [
  {
    name: "no-any-principal",
    reason: "whoever has an AWS account would be let in",
    violations: where((resource) =>
      allows(resource).some((one) => one.NotPrincipal !== undefined || principals(one).includes("*")),
    ),
  },
  {
    name: "no-any-action",
    reason: "a role that may do everything may do what nobody thought of",
    violations: where((resource) =>
      allows(resource).some(
        ({ Action, NotAction }) =>
          NotAction !== undefined ||
          // A wildcard stands after a verb that reads, or not at all: s3:P* writes as well as s3:*.
          list(Action).some((action) => action.includes("*") && !/:(Get|List|Describe)\w*\*$/.test(action)),
      ),
    ),
  },
  {
    name: "no-any-service-account",
    reason: "every pod of the cluster could use the role",
    violations: where((resource) =>
      statements(resource).some(({ Condition }) =>
        /serviceaccount:[^"]*\*|"kubernetes-[^"]*":"[^"]*\*/.test(JSON.stringify(Condition ?? {})),
      ),
    ),
  },
  {
    name: "pods-are-named",
    reason: "a role for pods is for one namespace and one service account",
    violations: where((resource) =>
      statements(resource).some(
        (one) =>
          principals(one).includes("pods.eks.amazonaws.com") &&
          !["namespace", "service-account"].every(
            (tag) => one.Condition?.StringEquals?.[`aws:RequestTag/kubernetes-${tag}`],
          ),
      ),
    ),
  },
  {
    name: "writes-name-their-resource",
    reason: "what changes something names what it may change",
    violations: where((resource) =>
      allows(resource).some(
        ({ Action, Resource: target, Condition }) =>
          // All of a service is no name either: arn:aws:s3:::*, arn:aws:kinesis:*:*:*.
          list(target).some((one) => /^(\*|arn:aws:[a-z0-9-]*:[^:]*:[^:]*:(\w+\/)?\*(\/\*)?)$/.test(one)) &&
          !Condition &&
          list(Action).some((action) => !/:(Get|List|Describe)/.test(action)),
      ),
    ),
  },
  {
    name: "managed-policies-are-known",
    reason: "AdministratorAccess by attachment is worth as much as by statement",
    violations: where(
      ({ type, body }) =>
        body.managed_policy_arns !== undefined ||
        (type === "aws_iam_role_policy_attachment" &&
          /^arn:aws:iam::aws:policy\//.test(String(body.policy_arn)) &&
          !MANAGED_POLICIES.has(String(body.policy_arn).replace("arn:aws:iam::aws:policy/", ""))),
    ),
  },
  {
    name: "policies-are-exclusive",
    reason: "a policy that is attached or put inline outside the code is a right that no plan shows",
    violations: where(
      ({ type, stack, name }, all) =>
        type === "aws_iam_role" &&
        !Object.entries(EXCLUSIVE).every(([exclusive, { of, argument, value }]) =>
          all.some(
            (one) =>
              one.stack === stack &&
              one.type === exclusive &&
              one.body.role_name === `\${aws_iam_role.${name}.name}` &&
              // Each policy that the code gives the role is in it, or the provider would take it away.
              JSON.stringify(list(one.body[argument] as string[]).toSorted()) ===
                JSON.stringify(
                  all
                    .filter(({ type, body }) => type === of && body.role === `\${aws_iam_role.${name}.name}`)
                    .map((policy) => `\${${of}.${policy.name}.${value}}`)
                    .sort(),
                ),
          ),
        ),
    ),
  },
  {
    name: "one-cluster-name",
    reason: "a wildcard on the project's name reaches other environments in the account",
    violations: where((resource) =>
      allows(resource).some(({ Resource: target }) =>
        list(target).some((one) => /(stream|domain)\/[^/]*-\*$/.test(one)),
      ),
    ),
  },
  {
    name: "stream-encrypted",
    reason: "logs hold personal data",
    violations: ofType("aws_kinesis_stream", (body) => body.encryption_type !== "KMS"),
  },
  {
    name: "bucket-encrypted",
    reason: "logs hold personal data",
    violations: needs("aws_s3_bucket", "aws_s3_bucket_server_side_encryption_configuration"),
  },
  {
    name: "bucket-private",
    reason: "no setting can make the logs public by mistake",
    violations: (synthesized) => [
      ...needs("aws_s3_bucket", "aws_s3_bucket_public_access_block")(synthesized),
      ...ofType("aws_s3_bucket_public_access_block", (body) =>
        ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"].some(
          (argument) => body[argument] !== true,
        ),
      )(synthesized),
    ],
  },
  {
    name: "bucket-tls-only",
    reason: "a request without TLS shows the logs to the network",
    violations: where(
      (resource, all) =>
        resource.type === "aws_s3_bucket" &&
        !all.some(
          (other) =>
            other.type === "aws_s3_bucket_policy" &&
            other.body.bucket === `\${${resource.address}.id}` &&
            statements(other).some(
              ({ Effect, Condition }) =>
                Effect === "Deny" && Condition?.Bool?.["aws:SecureTransport"] === "false",
            ),
        ),
    ),
  },
  {
    name: "bucket-cleans-up",
    reason: "old versions and unfinished uploads are paid for and forgotten",
    violations: ofType("aws_s3_bucket_lifecycle_configuration", ({ rule }) => {
      const text = JSON.stringify(rule);
      return ![
        "noncurrent_version_expiration",
        "abort_incomplete_multipart_upload",
        "dlq/",
        "new_errors/",
      ].every((part) => text.includes(part));
    }),
  },
  {
    name: "domain-encrypted",
    reason: "logs hold personal data",
    violations: ofType(
      "aws_opensearch_domain",
      (body) =>
        block(body, "encrypt_at_rest")?.enabled !== true ||
        block(body, "node_to_node_encryption")?.enabled !== true ||
        block(body, "domain_endpoint_options")?.enforce_https !== true ||
        !String(block(body, "domain_endpoint_options")?.tls_security_policy).includes("PFS"),
    ),
  },
  {
    name: "table-encrypted",
    reason: "samples of log lines are in it",
    violations: ofType(
      "aws_dynamodb_table",
      (body) =>
        block(body, "server_side_encryption")?.enabled !== true ||
        block(body, "point_in_time_recovery")?.enabled !== true,
    ),
  },
  {
    name: "kubernetes-secrets-encrypted",
    reason: "etcd keeps them in plain text otherwise",
    violations: ofType(
      "aws_eks_cluster",
      (body) => !list(block(body, "encryption_config")?.resources).includes("secrets"),
    ),
  },
  {
    name: "node-volumes-encrypted",
    reason: "buffers of logs lie on them, and pods must not reach the node's role",
    violations: where(
      ({ type, body }) =>
        (type === "aws_eks_node_group" && !body.launch_template) ||
        (type === "aws_launch_template" &&
          (block(block(body, "block_device_mappings") ?? {}, "ebs")?.encrypted !== "true" ||
            block(body, "metadata_options")?.http_put_response_hop_limit !== 1)),
    ),
  },
  {
    name: "supported-kubernetes",
    reason: "EKS ended extended support of 1.29 on 2026-03-23",
    violations: ofType("aws_eks_cluster", (body) => Number(String(body.version).split(".")[1]) < 34),
  },
  {
    name: "current-nodes",
    reason: "Amazon Linux 2 gets no images for new Kubernetes versions",
    violations: ofType("aws_eks_node_group", (body) => !String(body.ami_type).startsWith("AL2023")),
  },
  {
    name: "network-add-ons",
    reason: "EKS keeps an add-on patched only if it knows of it",
    violations: (synthesized) => {
      const installed = resourcesOf(synthesized)
        .filter(({ type }) => type === "aws_eks_addon")
        .map(({ body }) => body.addon_name);
      return ["vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver"]
        .filter((name) => !installed.includes(name))
        .map((name) => `aws_eks_addon ${name}`);
    },
  },
  {
    name: "delivery-logs-exist",
    reason: "Firehose makes neither group nor stream, and its errors would be lost",
    violations: (synthesized) => {
      const named = (type: string) =>
        resourcesOf(synthesized)
          .filter(
            (one) =>
              one.type === type &&
              (type === "aws_cloudwatch_log_stream" || Number(one.body.retention_in_days) > 0),
          )
          .map(({ body }) => body.name);
      return resourcesOf(synthesized)
        .filter(({ type }) => type === "aws_kinesis_firehose_delivery_stream")
        .filter(({ body }) => {
          const destination =
            block(body, "extended_s3_configuration") ?? block(body, "opensearch_configuration") ?? {};
          const logging = block(destination, "cloudwatch_logging_options") ?? {};
          return (
            !named("aws_cloudwatch_log_group").includes(logging.log_group_name as never) ||
            !named("aws_cloudwatch_log_stream").includes(logging.log_stream_name as never)
          );
        })
        .map(({ address }) => address);
    },
  },
  {
    name: "logs-expire",
    reason: "a log group without retention is kept, and paid for, for ever",
    violations: ofType("aws_cloudwatch_log_group", (body) => !(Number(body.retention_in_days) > 0)),
  },
  {
    name: "immutable-tags",
    reason: "what was scanned and reviewed stays what runs",
    violations: ofType("aws_ecr_repository", (body) => body.image_tag_mutability !== "IMMUTABLE"),
  },
  {
    name: "not-force-deleted",
    reason: "a destroy must not take data along",
    violations: where(({ body }) => body.force_destroy === true || body.force_delete === true),
  },
  {
    name: "no-secret",
    reason: "the JSON is an artifact that many can read",
    violations: ({ stacks }) => [
      ...Object.entries(stacks).flatMap(([name, stack]) =>
        [
          ...JSON.stringify(stack).matchAll(
            /AKIA[A-Z0-9]{16}|"[^"]*(password|secret)[^"]*":\s*"(?!\$\{)[^"]+"/gi,
          ),
        ].map(([found]) => `${name}: ${found.slice(0, 40)}`),
      ),
      ...Object.values(stacks).flatMap(({ variable = {} }: StackJson) =>
        Object.entries(variable)
          .filter(
            ([key, { sensitive, default: value }]) =>
              /password|secret|access_key/.test(key) && (!sensitive || (value ?? null) !== null),
          )
          .map(([key]) => `variable.${key}`),
      ),
    ],
  },
  {
    name: "no-password-in-the-state",
    reason: "an argument of a resource is kept in the state as it is",
    violations: ofType("aws_opensearch_domain", (body) =>
      JSON.stringify(body).includes("master_user_password"),
    ),
  },
  {
    name: "restricted-pods",
    reason: "the namespace refuses the pod: its Deployment hangs, and the apply fails",
    violations: wherePod((pod) => restrictedProblems(pod).length > 0),
  },
  {
    name: "containers-not-root",
    reason:
      "the Kubernetes provider sends run_as_non_root = false for a container that leaves it out, over what the pod says",
    violations: wherePod((pod) =>
      allContainers(pod).some((container) => at(container.securityContext, "runAsNonRoot") !== true),
    ),
  },
  {
    name: "read-only-root",
    reason:
      "the Kubernetes provider sends read_only_root_filesystem = false for a container that leaves it out",
    violations: wherePod((pod) =>
      allContainers(pod).some(
        (container) => at(container.securityContext, "readOnlyRootFilesystem") !== true,
      ),
    ),
  },
  {
    name: "no-token-unasked",
    reason: "the Kubernetes provider sends automount_service_account_token = true where it is left out",
    violations: whereManifest(
      (manifest) =>
        (manifest.kind === "ServiceAccount" ? manifest : podSpecOf(manifest))
          ?.automountServiceAccountToken === true,
    ),
  },
  {
    name: "no-service-links",
    reason:
      "each Service of the namespace would become environment variables, some with names that programs read",
    violations: wherePod((pod) => pod.enableServiceLinks !== false),
  },
  {
    name: "waits-for-what-comes",
    reason:
      "a rollout that is not waited for fails unseen; a volume that waits for its pod is waited for without end",
    violations: where(({ type, body }) => {
      const sent = asSent(type, body);
      return sent.wait_for_rollout === false || sent.wait_until_bound === true;
    }),
  },
  {
    name: "no-empty-values",
    reason: "a provider reads an empty block or map as null, and a plan may never come to rest",
    violations: where(
      ({ type, body }) =>
        type.startsWith("kubernetes_") &&
        emptyPathsIn(body).some((path) => !EMPTY_IS_MEANT.some((meant) => meant.test(path))),
    ),
  },
  {
    name: "nothing-hangs-on-what-may-be-empty",
    reason: "what a provider makes of null and of empty values differs between the first plan and the next",
    violations: where(({ body }) => textsIn(body).some(hangsOnWhatMayBeEmpty)),
  },
  {
    name: "exact-provider",
    reason: "a release of a provider must not change a reviewed plan",
    violations: ({ stacks }) =>
      Object.entries(stacks).flatMap(([name, { terraform }]) =>
        Object.entries(terraform.required_providers)
          .filter(([, { version }]) => !/^\d+\.\d+\.\d+$/.test(version))
          .map(([provider]) => `${name} ${provider}`),
      ),
  },
];

/** Rules for protected environments only. */
export const PROTECTED_POLICIES: readonly Policy[] = [
  {
    name: "prevent-destroy",
    reason: "no plan destroys what holds data",
    violations: where(
      ({ type, body }) => DATA_BEARING.has(type) && block(body, "lifecycle")?.prevent_destroy !== true,
    ),
  },
  {
    name: "no-open-endpoint",
    reason: "the API server of production is not for the internet",
    violations: ofType("aws_eks_cluster", (body) =>
      list(block(body, "vpc_config")?.public_access_cidrs).some((range) => String(range).endsWith("/0")),
    ),
  },
];
