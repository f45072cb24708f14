import { describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../config/load.ts";
import { DOMAIN_LOGS } from "../config/names.ts";
import { isOwn } from "../delivery/core/shared-state/own.ts";
import { hasKnownId } from "../delivery/core/terraform/import-id.ts";
import { type JsonObject, resourcesOf, synthesize, synthesizeEnvironment } from "./support/synth.ts";

/** What an environment may ask for besides its defaults: logs of the domain and the bucket, keys of one's own, a VPC. */

const dev = loadConfig({ env: "dev" });
const users = loadConfig({ env: "terraform-users" });
const KEY = `arn:aws:kms:ap-northeast-2:123456789012:key/mrk-${"0a".repeat(16)}`;
const VPC = { subnetIds: ["subnet-0123456789abcdef0"], securityGroupIds: ["sg-0123456789abcdef0"] };

type Changes = Readonly<Record<string, unknown>>;
const changed = (base: typeof dev, changes: Changes) =>
  resourcesOf(synthesize(parseConfig({ ...base, ...changes }, "changed")));
type Resources = ReturnType<typeof changed>;

function body(resources: Resources, address: string): JsonObject {
  const [found, ...others] = resources.filter((one) => one.address === address);
  if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} ${address}`);
  return found.body;
}
const statements = (resources: Resources, address: string): JsonObject[] =>
  JSON.parse(String(body(resources, address).policy)).Statement;

describe("the domain's logs", () => {
  it.each(["dev", "prod"])(
    "%s publishes errors and the audit log, which this domain alone may write",
    (env) => {
      const resources = resourcesOf(synthesizeEnvironment(env));
      const domain = body(resources, "aws_opensearch_domain.logs");
      expect(domain.log_publishing_options).toEqual(
        [
          ["ES_APPLICATION_LOGS", "errors"],
          ["AUDIT_LOGS", "audit"],
        ].map(([log_type, name]) => ({
          log_type,
          cloudwatch_log_group_arn: `\${aws_cloudwatch_log_group.opensearch_${name}.arn}`,
          enabled: true,
        })),
      );
      // AWS refuses a domain whose log groups it may not write to yet.
      expect(domain.depends_on).toEqual(["aws_cloudwatch_log_resource_policy.opensearch"]);
      const policy = body(resources, "aws_cloudwatch_log_resource_policy.opensearch");
      const [statement, ...others] = JSON.parse(String(policy.policy_document)).Statement;
      expect(others).toEqual([]);
      expect(statement.Principal).toEqual({ Service: "es.amazonaws.com" });
      for (const name of ["application-logs", "audit-logs"])
        expect(statement.Resource).toContainEqual(
          expect.stringMatching(
            new RegExp(`:log-group:/aws/OpenSearchService/domains/cali-${env}-logs/${name}:\\*$`),
          ),
        );
      expect(statement.Condition.ArnLike["aws:SourceArn"]).toMatch(new RegExp(`:domain/cali-${env}-logs$`));
      expect(statement.Condition.StringEquals["aws:SourceAccount"]).toBeDefined();
      const { retention_in_days } = body(resources, "aws_cloudwatch_log_group.opensearch_audit");
      expect(retention_in_days).toBe(loadConfig({ env }).firehose.logRetentionDays);
    },
  );

  it("can be all, some or none", () => {
    const published = (types: unknown) =>
      body(changed(dev, { domain: { logs: { types } } }), "aws_opensearch_domain.logs")
        .log_publishing_options;
    expect(published([...DOMAIN_LOGS])).toHaveLength(DOMAIN_LOGS.length);
    expect(published(["slowSearches"])).toEqual([expect.objectContaining({ log_type: "SEARCH_SLOW_LOGS" })]);
    expect(published([])).toBeUndefined();
  });
});

describe("the bucket's access log", () => {
  it("goes to another bucket, where one is named", () => {
    const bucket = { ...dev.bucket, accessLog: { bucket: "company-access-logs" } };
    expect(body(changed(dev, { bucket }), "aws_s3_bucket_logging.logs")).toMatchObject({
      bucket: "${aws_s3_bucket.logs.id}",
      target_bucket: "company-access-logs",
      target_prefix: "cali/",
    });
  });
});

describe("keys of one's own", () => {
  const kmsKeys = { bucket: KEY, domain: KEY, table: KEY, repositories: KEY, logGroups: KEY };
  const repositories = { ...dev.repositories, encryption: "KMS" };
  const resources = changed(dev, { kmsKeys, repositories });
  const ofType = (type: string) => resources.filter((one) => one.type === type);

  it("encrypt the bucket's objects, the domain, the table, each repository and each log group", () => {
    expect(body(resources, "aws_s3_bucket_server_side_encryption_configuration.logs").rule).toEqual([
      {
        apply_server_side_encryption_by_default: { sse_algorithm: "aws:kms", kms_master_key_id: KEY },
        bucket_key_enabled: true,
      },
    ]);
    expect(body(resources, "aws_opensearch_domain.logs").encrypt_at_rest).toEqual({
      enabled: true,
      kms_key_id: KEY,
    });
    expect(body(resources, "aws_dynamodb_table.consumer").server_side_encryption).toEqual({
      enabled: true,
      kms_key_arn: KEY,
    });
    for (const repository of ofType("aws_ecr_repository")) {
      expect(repository.body.encryption_configuration).toEqual([{ encryption_type: "KMS", kms_key: KEY }]);
    }
    expect(ofType("aws_cloudwatch_log_group")).toHaveLength(5);
    for (const group of ofType("aws_cloudwatch_log_group"))
      expect(group.body.kms_key_id, group.address).toBe(KEY);
  });

  const usesKey =
    (service: string, region = "ap-northeast-2") =>
    (one: JsonObject) =>
      one.Resource === KEY &&
      JSON.stringify(one.Condition).includes(`"kms:ViaService":"${service}.${region}.amazonaws.com"`);

  it.each([
    ["aws_iam_policy.firehose_s3", "s3", true],
    ["aws_iam_role_policy.consumer", "s3", true],
    ["aws_iam_role_policy.consumer", "dynamodb", true],
    ["aws_iam_role_policy.airflow_role", "s3", true],
    ["aws_iam_role_policy.milvus_backup", "s3", true],
    ["aws_iam_role_policy.airflow_role", "dynamodb", false],
    ["aws_iam_role_policy.log_generator", "s3", false],
    ["aws_iam_role_policy.grafana", "s3", false],
  ])("%s may use the key by way of %s: %s", (address, service, expected) => {
    expect(statements(resources, address).some(usesKey(service))).toBe(expected);
  });

  it("are used by the shared roles of the hand-written project, too", () => {
    const shared = changed(users, { kmsKeys: { bucket: KEY } });
    const uses = usesKey("s3", "${var.aws_region}");
    expect(statements(shared, "aws_iam_policy.workload_s3_access").some(uses)).toBe(true);
    expect(statements(shared, "aws_iam_policy.firehose_s3").some(uses)).toBe(true);
  });
});

describe("a domain in a VPC", () => {
  const resources = changed(dev, { domain: { vpc: VPC } });

  it("has its subnets and security groups, and Firehose's interfaces beside it", () => {
    const vpc = { subnet_ids: VPC.subnetIds, security_group_ids: VPC.securityGroupIds };
    expect(body(resources, "aws_opensearch_domain.logs").vpc_options).toEqual(vpc);
    const firehose = body(resources, "aws_kinesis_firehose_delivery_stream.to_opensearch");
    const destination = firehose.opensearch_configuration as JsonObject;
    expect(destination.vpc_config).toEqual({ ...vpc, role_arn: destination.role_arn });
  });

  it("lets Firehose make interfaces in those subnets with those groups alone", () => {
    const own = statements(resources, "aws_iam_policy.firehose_opensearch");
    const makes = own.filter(({ Action }) => (Action as string[]).includes("ec2:CreateNetworkInterface"));
    expect(makes.flatMap(({ Resource }) => Resource)).toEqual([
      expect.stringMatching(/:network-interface\/\*$/),
      expect.stringMatching(/:subnet\/subnet-0123456789abcdef0$/),
      expect.stringMatching(/:security-group\/sg-0123456789abcdef0$/),
    ]);
    const anything = own
      .filter(({ Resource }) => Resource === "*")
      .flatMap(({ Action }) => Action as string[]);
    expect(anything.filter((action) => !action.startsWith("ec2:Describe"))).toEqual([]);
  });
});

describe("layout shared", () => {
  const ASKED: Changes = {
    bucket: { ...users.bucket, accessLog: { bucket: "company-access-logs" } },
    domain: { ...users.domain, logs: { types: [...DOMAIN_LOGS] }, vpc: VPC },
  };
  const inState = (resources: Resources) => resources.filter(({ stack }) => stack === "infra");
  const before = inState(resourcesOf(synthesizeEnvironment("terraform-users")));
  const after = inState(changed(users, ASKED));

  it("has none of it by itself", () => {
    const text = JSON.stringify(before.filter(({ type }) => type !== "aws_eks_cluster"));
    expect(text).not.toMatch(/log_publishing_options|vpc_options|vpc_config|kms_|aws_s3_bucket_logging/);
  });

  it("has it when it is asked for, and knows it for its own: who moves or recovers finds it", () => {
    const known = new Set(before.map(({ address }) => address));
    const added = after.filter(({ address }) => !known.has(address));
    expect(added.map(({ type }) => type).sort()).toEqual([
      ...DOMAIN_LOGS.map(() => "aws_cloudwatch_log_group"),
      "aws_cloudwatch_log_resource_policy",
      "aws_s3_bucket_logging",
    ]);
    for (const { type, name, address } of added) {
      expect(isOwn({ type, name }), address).toBe(true);
      expect(hasKnownId(type), address).toBe(true);
    }
  });
});
