import { describe, expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { POLICIES, PROTECTED_POLICIES } from "./support/policies.ts";
import type { Policy } from "./support/policy-conditions.ts";
import { type JsonObject, type Synthesized, synthesize, synthesizeEnvironment } from "./support/synth.ts";

describe.each(["dev", "prod"])("%s", (env) => {
  const synthesized = synthesizeEnvironment(env);
  const rules = loadConfig({ env }).protection.preventDestroy
    ? [...POLICIES, ...PROTECTED_POLICIES]
    : POLICIES;
  it.each(rules.map((rule) => [rule.name, rule.reason, rule] as const))("%s: %s", (_, __, rule) => {
    expect(rule.violations(synthesized)).toEqual([]);
  });
});

it("what an override makes unsafe is found, as if a key had said it", () => {
  const overrides = {
    "03-opensearch": {
      resource: {
        aws_opensearch_domain: {
          logs: {
            access_policies:
              '{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"es:*","Resource":"*"}]}',
          },
        },
      },
    },
  };
  const found = POLICIES.filter(
    ({ violations }) => violations(synthesize(loadConfig({ env: "dev" }), overrides)).length > 0,
  );
  expect(found.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["no-any-principal", "no-any-action"]),
  );
});

it("prod is protected", () => {
  expect(loadConfig({ env: "prod" }).protection.preventDestroy).toBe(true);
});

describe("terraform-users", () => {
  const synthesized = synthesizeEnvironment("terraform-users");

  it("has the unsafe values that are known, each at its address, and no others", () => {
    const found = Object.fromEntries(
      POLICIES.map(({ name, violations }) => [name, violations(synthesized).sort()] as const).filter(
        ([, list]) => list.length > 0,
      ),
    );
    expect(found).toEqual({
      "no-any-principal": ["aws_opensearch_domain.logs"],
      "no-any-action": ["aws_opensearch_domain.logs"],
      "no-any-service-account": ["aws_iam_role.app_role"],
      "writes-name-their-resource": ["aws_iam_policy.cluster_autoscaler"],
      // Addresses are fixed: cali drift asks IAM.
      "policies-are-exclusive": [
        "aws_iam_role.airflow_role",
        "aws_iam_role.app_role",
        "aws_iam_role.cluster_autoscaler",
        "aws_iam_role.eks_cluster",
        "aws_iam_role.eks_node",
        "aws_iam_role.firehose",
        "aws_iam_role.grafana",
      ],
      "one-cluster-name": [
        "aws_iam_policy.firehose_opensearch",
        "aws_iam_policy.firehose_s3",
        "aws_iam_policy.kinesis_access",
      ],
      "stream-encrypted": ["aws_kinesis_stream.logs"],
      "bucket-tls-only": ["aws_s3_bucket.logs"],
      "bucket-cleans-up": ["aws_s3_bucket_lifecycle_configuration.logs"],
      "domain-encrypted": ["aws_opensearch_domain.logs"],
      "kubernetes-secrets-encrypted": ["aws_eks_cluster.main"],
      "node-volumes-encrypted": ["aws_eks_node_group.main"],
      "supported-kubernetes": ["aws_eks_cluster.main"],
      "current-nodes": ["aws_eks_node_group.main"],
      "network-add-ons": [
        "aws_eks_addon coredns",
        "aws_eks_addon eks-pod-identity-agent",
        "aws_eks_addon kube-proxy",
        "aws_eks_addon vpc-cni",
      ],
      "delivery-logs-exist": [
        "aws_kinesis_firehose_delivery_stream.to_opensearch",
        "aws_kinesis_firehose_delivery_stream.to_s3",
      ],
      "immutable-tags": ["aws_ecr_repository.consumer", "aws_ecr_repository.log_generator"],
      "not-force-deleted": [
        "aws_ecr_repository.consumer",
        "aws_ecr_repository.log_generator",
        "aws_s3_bucket.logs",
      ],
      "no-password-in-the-state": ["aws_opensearch_domain.logs"],
      "exact-provider": ["infra aws", "infra tls"],
    });
  });
});

/** Every rule is broken once, in the JSON of prod. */
describe("each rule finds what it is for", () => {
  type Break = (resources: Record<string, JsonObject>, whole: Synthesized) => void;

  const edit = (body: JsonObject | undefined, argument: string, change: (text: string) => string) => {
    if (!body) throw new Error(`nothing to break in ${argument}`);
    const before = String(body[argument]);
    const after = change(before);
    if (before === after) throw new Error(`${argument} did not change`);
    body[argument] = after;
  };
  /** The pod that a workload's JSON describes, and its only container's security context. */
  const podOf = (body: JsonObject | undefined): JsonObject => {
    const { job_template, template } = (body?.spec ?? {}) as Record<string, JsonObject>;
    return (job_template ? podOf(job_template) : template?.spec) as JsonObject;
  };
  const contextOf = (body: JsonObject | undefined) =>
    (podOf(body).container as JsonObject[])[0]?.security_context as JsonObject;
  const set = (body: JsonObject | undefined, values: JsonObject) => Object.assign(body as JsonObject, values);

  /** Ways to break each rule. */
  const BREAKS: Record<string, Break | readonly Break[]> = {
    "no-any-principal": [
      (r) =>
        edit(r["aws_opensearch_domain.logs"], "access_policies", (text) =>
          text.replace(/"AWS": "arn[^"]*"/, '"AWS": "*"'),
        ),
      (r) =>
        edit(r["aws_opensearch_domain.logs"], "access_policies", (text) =>
          text.replace('"Principal"', '"NotPrincipal"'),
        ),
    ],
    "no-any-action": [
      (r) =>
        edit(r["aws_iam_role_policy.consumer"], "policy", (text) =>
          text.replace('"kinesis:GetRecords"', '"kinesis:*"'),
        ),
      (r) =>
        edit(r["aws_iam_role_policy.consumer"], "policy", (text) => text.replace('"Action"', '"NotAction"')),
      (r) =>
        edit(r["aws_iam_role_policy.consumer"], "policy", (text) =>
          text.replace('"kinesis:GetRecords"', '"s3:P*"'),
        ),
      (r) =>
        edit(r["aws_iam_role_policy.consumer"], "policy", (text) =>
          text.replace('"kinesis:GetRecords"', '"kinesis:*Records"'),
        ),
    ],
    "no-any-service-account": (r) =>
      edit(r["aws_iam_role.consumer"], "assume_role_policy", (text) =>
        text
          .replace("aws:RequestTag/kubernetes-namespace", "x:sub")
          .replace('"cali"', '"system:serviceaccount:*:*"'),
      ),
    "pods-are-named": (r) =>
      edit(r["aws_iam_role.consumer"], "assume_role_policy", (text) =>
        text.replace("kubernetes-service-account", "eks-cluster-name"),
      ),
    "writes-name-their-resource": [
      (r) =>
        edit(r["aws_iam_role_policy.fluent_bit"], "policy", (text) =>
          text.replace(/"arn:aws:kinesis[^"]*"/, '"*"'),
        ),
      (r) =>
        edit(r["aws_iam_role_policy.fluent_bit"], "policy", (text) =>
          text.replace(/"arn:aws:kinesis[^"]*"/, '"arn:aws:s3:::*"'),
        ),
      (r) =>
        edit(r["aws_iam_role_policy.fluent_bit"], "policy", (text) =>
          text.replace(/"arn:aws:kinesis[^"]*"/, '"arn:aws:kinesis:*:*:stream/*"'),
        ),
    ],
    "one-cluster-name": (r) =>
      edit(r["aws_iam_role_policy.fluent_bit"], "policy", (text) => text.replace("-logs-stream", "-*")),
    "stream-encrypted": (r) => set(r["aws_kinesis_stream.logs"], { encryption_type: "NONE" }),
    "bucket-encrypted": (_, { stacks }) => {
      delete stacks["02-s3"]?.resource?.aws_s3_bucket_server_side_encryption_configuration;
    },
    "bucket-private": (r) => set(r["aws_s3_bucket_public_access_block.logs"], { block_public_acls: false }),
    "bucket-tls-only": [
      (r) => edit(r["aws_s3_bucket_policy.logs"], "policy", (text) => text.replace("Deny", "Allow")),
      (_, { stacks }) => {
        const buckets = stacks["02-s3"]?.resource?.aws_s3_bucket as Record<string, JsonObject>;
        buckets.second = { bucket: "second" };
      },
    ],
    "bucket-cleans-up": (r) => {
      (r["aws_s3_bucket_lifecycle_configuration.logs"] as { rule: JsonObject[] }).rule.pop();
    },
    "domain-encrypted": (r) => set(r["aws_opensearch_domain.logs"], { encrypt_at_rest: { enabled: false } }),
    "table-encrypted": (r) =>
      set(r["aws_dynamodb_table.consumer"], { server_side_encryption: { enabled: false } }),
    "kubernetes-secrets-encrypted": (r) => {
      delete r["aws_eks_cluster.main"]?.encryption_config;
    },
    "node-volumes-encrypted": (r) =>
      set(r["aws_launch_template.nodes"], { metadata_options: { http_put_response_hop_limit: 2 } }),
    "supported-kubernetes": (r) => set(r["aws_eks_cluster.main"], { version: "1.29" }),
    "current-nodes": (r) => set(r["aws_eks_node_group.main"], { ami_type: "AL2_x86_64" }),
    "network-add-ons": (_, { stacks }) => {
      delete stacks["05-eks"]?.resource?.aws_eks_addon?.coredns;
    },
    "delivery-logs-exist": (r) =>
      set(r["aws_cloudwatch_log_group.firehose_to_s3"], { name: "/aws/kinesisfirehose/other" }),
    "logs-expire": (r) => {
      delete r["aws_cloudwatch_log_group.firehose_to_s3"]?.retention_in_days;
    },
    "managed-policies-are-known": (r) =>
      set(r["aws_iam_role_policy_attachment.eks_cni_policy"], {
        policy_arn: "arn:aws:iam::aws:policy/AdministratorAccess",
      }),
    "policies-are-exclusive": [
      (_, { stacks }) => {
        delete stacks["06-iam"]?.resource?.aws_iam_role_policies_exclusive?.consumer;
      },
      (r) => set(r["aws_iam_role_policy_attachments_exclusive.firehose"], { policy_arns: [] }),
      (_, { stacks }) => {
        const roles = stacks["06-iam"]?.resource?.aws_iam_role as Record<string, JsonObject>;
        roles.second = { name: "second" };
      },
    ],
    "immutable-tags": (r) => set(r["aws_ecr_repository.consumer"], { image_tag_mutability: "MUTABLE" }),
    "not-force-deleted": (r) => set(r["aws_s3_bucket.logs"], { force_destroy: true }),
    "no-secret": (r) =>
      set(r["aws_opensearch_domain.logs"], { advanced_security_options: { master_user_password: "x" } }),
    "no-password-in-the-state": (r) =>
      set(r["aws_opensearch_domain.logs"], {
        advanced_security_options: { master_user_password: "${var.p}" },
      }),
    "restricted-pods": [
      (r) => delete contextOf(r["kubernetes_stateful_set_v1.consumer"]).capabilities,
      // What is left out is sent as what the provider thinks: escalation is allowed then.
      (r) => delete contextOf(r["kubernetes_cron_job_v1.milvus_backup"]).allow_privilege_escalation,
      (r) =>
        set(podOf(r["kubernetes_stateful_set_v1.consumer"]).security_context as JsonObject, {
          seccomp_profile: {},
        }),
    ],
    "containers-not-root": [
      (r) => delete contextOf(r["kubernetes_stateful_set_v1.consumer"]).run_as_non_root,
      (r) => delete contextOf(r["kubernetes_stateful_set_v1.airflow_postgres"]).run_as_non_root,
      (r) => delete contextOf(r["kubernetes_cron_job_v1.milvus_backup"]).run_as_non_root,
      (r) => {
        const pod = podOf(r["kubernetes_stateful_set_v1.consumer"]);
        const init = structuredClone((pod.container as JsonObject[])[0]) as JsonObject;
        delete (init.security_context as JsonObject).run_as_non_root;
        pod.init_container = [init];
      },
    ],
    "read-only-root": (r) =>
      delete contextOf(r["kubernetes_deployment_v1.log_generator"]).read_only_root_filesystem,
    "no-token-unasked": [
      (r) => delete podOf(r["kubernetes_stateful_set_v1.airflow_postgres"]).automount_service_account_token,
      (r) => delete r["kubernetes_service_account_v1.consumer"]?.automount_service_account_token,
    ],
    "no-service-links": (r) => delete podOf(r["kubernetes_cron_job_v1.milvus_backup"]).enable_service_links,
    "waits-for-what-comes": [
      (r) => set(r["kubernetes_stateful_set_v1.consumer"], { wait_for_rollout: false }),
      (_, { stacks }) => {
        const resources = stacks["13-consumer"]?.resource as Record<string, Record<string, JsonObject>>;
        resources.kubernetes_persistent_volume_claim_v1 = { state: { metadata: { name: "state" } } };
      },
    ],
    "no-empty-values": [
      (r) => set(r["kubernetes_config_map_v1.consumer"], { data: {} }),
      (r) => set(r["kubernetes_service_account_v1.consumer"]?.metadata as JsonObject, { annotations: null }),
    ],
    "nothing-hangs-on-what-may-be-empty": [
      (r) =>
        set(r["kubernetes_service_v1.consumer"]?.metadata as JsonObject, {
          annotations: { settings: "${sha256(jsonencode(kubernetes_config_map_v1.consumer.data))}" },
        }),
      (r) =>
        set(r["kubernetes_service_v1.consumer"]?.metadata as JsonObject, {
          annotations: { team: '${aws_eks_cluster.main.tags == null ? "none" : "some"}' },
        }),
    ],
    "exact-provider": (_, { stacks }) => {
      (stacks["07-ecr"]?.terraform.required_providers.aws as { version: string }).version = "~> 6.0";
    },
    "prevent-destroy": [
      (r) => delete r["aws_s3_bucket.logs"]?.lifecycle,
      (r) => delete r["kubernetes_namespace_v1.milvus"]?.lifecycle,
    ],
    "no-open-endpoint": [
      (r) => set(r["aws_eks_cluster.main"], { vpc_config: { public_access_cidrs: ["0.0.0.0/0"] } }),
      (r) => set(r["aws_eks_cluster.main"], { vpc_config: { public_access_cidrs: ["10.0.0.0/8", "::/0"] } }),
    ],
  };

  const rules: readonly Policy[] = [...POLICIES, ...PROTECTED_POLICIES];

  it("is shown for every rule", () => {
    expect(Object.keys(BREAKS).sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  const cases = rules.flatMap((rule) =>
    [BREAKS[rule.name] ?? []].flat().map((way, place) => [rule.name, place + 1, rule, way as Break] as const),
  );
  it.each(cases)("%s, way %d", (_, __, rule, breakIt) => {
    const broken = structuredClone(synthesize(loadConfig({ env: "prod" })));
    const resources = Object.fromEntries(
      Object.values(broken.stacks).flatMap(({ resource = {} }) =>
        Object.entries(resource).flatMap(([type, byName]) =>
          Object.entries(byName).map(([key, body]) => [`${type}.${key}`, body]),
        ),
      ),
    );
    breakIt(resources, broken);
    expect(rule.violations(broken)).not.toEqual([]);
  });
});
