import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseConfig } from "../../config/load.ts";
import { dev, devText, problemsOf } from "../support/config.ts";

describe("contradictions", () => {
  // biome-ignore lint/suspicious/noExplicitAny: tests break single keys of the parsed file.
  const cases: [string, string, (config: any) => void][] = [
    [
      "workloadIdentity",
      "irsa with a state for each stack",
      (c) => {
        c.workloadIdentity = "irsa";
      },
    ],
    [
      "state.key",
      "one key for many states",
      (c) => {
        c.state = { key: "infra/terraform.tfstate" };
      },
    ],
    [
      "state.key",
      "no key for the one state",
      (c) => {
        c.stateLayout = "shared";
      },
    ],
    [
      "state.kmsKeyArn",
      "a key of another region",
      (c) => {
        c.state = { kmsKeyArn: `arn:aws:kms:us-east-1:123456789012:key/mrk-${"0".repeat(32)}` };
      },
    ],
    [
      "environment",
      "names that OpenSearch refuses",
      (c) => {
        c.project = "observability-logs-x";
      },
    ],
    [
      "stream.shards",
      "on-demand with shards",
      (c) => {
        c.stream.mode = "on-demand";
      },
    ],
    [
      "stream.shards",
      "provisioned without shards",
      (c) => {
        c.stream.shards = null;
      },
    ],
    [
      "bucket.lifecycle",
      "a rule's id twice",
      (c) => {
        c.bucket.lifecycle[1].id = c.bucket.lifecycle[0].id;
      },
    ],
    [
      "bucket.lifecycle",
      "STANDARD_IA before day 30",
      (c) => {
        c.bucket.lifecycle[0].transitions[0].days = 7;
      },
    ],
    [
      "bucket.lifecycle",
      "expiry before the last transition",
      (c) => {
        c.bucket.lifecycle[0].expireAfterDays = 60;
      },
    ],
    [
      "bucket.lifecycle",
      "a rule that does nothing",
      (c) => {
        delete c.bucket.lifecycle[1].expireAfterDays;
      },
    ],
    [
      "bucket.forceDestroy",
      "protected and force-destroyed",
      (c) => {
        c.protection = { preventDestroy: true };
        c.bucket.forceDestroy = true;
      },
    ],
    [
      "repositories.forceDelete",
      "protected and force-deleted",
      (c) => {
        c.protection = { preventDestroy: true };
        c.repositories = { forceDelete: true };
      },
    ],
    [
      "repositories.names",
      "no repository for the consumer",
      (c) => {
        c.repositories = { names: ["log-generator"] };
      },
    ],
    [
      "services.consumer.engine",
      "kcl without the table",
      (c) => {
        c.consumerTable = false;
        c.services = { consumer: { engine: "kcl" } };
      },
    ],
    [
      "services.consumer.engine",
      "kcl with the role that all applications share",
      (c) => {
        c.iam = { workloadRoles: "application" };
        c.services = { consumer: { engine: "kcl" } };
      },
    ],
    [
      "services.consumer.workers",
      "workers of engine single",
      (c) => {
        c.services = { consumer: { workers: {} } };
      },
    ],
    [
      "services.consumer.workers.minReplicas",
      "fewer workers than read every shard",
      (c) => {
        c.stream.shards = 9;
        c.services = { consumer: { engine: "kcl", workers: { minReplicas: 2 } } };
      },
    ],
    [
      "services.consumer.workers.maxReplicas",
      "fewer workers at most than read every shard",
      (c) => {
        c.stream.shards = 9;
        c.services = { consumer: { engine: "kcl", workers: { maxReplicas: 2 } } };
      },
    ],
    [
      "services.consumer.workers.maxReplicas",
      "more workers than shards",
      (c) => {
        c.stream.shards = 2;
        c.services = { consumer: { engine: "kcl", workers: { maxReplicas: 3 } } };
      },
    ],
    [
      "services.consumer.workers.maxReplicas",
      "more workers at least than at most",
      (c) => {
        c.stream.shards = 9;
        c.services = { consumer: { engine: "kcl", workers: { minReplicas: 5, maxReplicas: 4 } } };
      },
    ],
    [
      "services.consumer.minReplicas",
      "several notifiers",
      (c) => {
        c.stream.shards = 2;
        c.services = { consumer: { engine: "kcl", minReplicas: 2 } };
      },
    ],
    [
      "services.consumer.maxReplicas",
      "several notifiers at most",
      (c) => {
        c.stream.shards = 2;
        c.services = { consumer: { engine: "kcl", maxReplicas: 2 } };
      },
    ],
    [
      "domain.instanceCount",
      "five nodes in zones",
      (c) => {
        c.domain = { instanceCount: 5 };
      },
    ],
    [
      "team",
      "a member twice",
      (c) => {
        c.team = ["arn:aws:iam::123456789012:user/a", "arn:aws:iam::123456789012:user/a"];
      },
    ],
    [
      "cluster.nodeGroup.desiredSize",
      "more nodes than the maximum",
      (c) => {
        c.cluster.nodeGroup = { desiredSize: 9 };
      },
    ],
    [
      "cluster.publicEndpointCidrs",
      "protected and open to the internet",
      (c) => {
        c.protection = { preventDestroy: true };
      },
    ],
    [
      "cluster.addOns.podIdentityAgent",
      "pod identity without its agent",
      (c) => {
        c.cluster.addOns = { podIdentityAgent: null };
      },
    ],
    [
      "cluster.oidcCertificate",
      "a certificate without an OIDC provider",
      (c) => {
        c.cluster.oidcCertificate = { url: "https://example.com" };
      },
    ],
    [
      "iam.workloadRoles",
      "the application role with pod identity",
      (c) => {
        c.iam = {
          workloadRoles: "application",
          applicationRole: { serviceAccounts: ["a:b"], managedPolicies: [] },
        };
      },
    ],
    [
      "iam.grafanaAccess",
      "write for a role of its own",
      (c) => {
        c.iam = { grafanaAccess: "write" };
      },
    ],
    [
      "iam.applicationRole",
      "an application role that nothing uses",
      (c) => {
        c.iam = { applicationRole: { serviceAccounts: ["a:b"], managedPolicies: [] } };
      },
    ],
    [
      "domain.vpc.subnetIds",
      "two subnets for a node in one zone",
      (c) => {
        c.domain = {
          vpc: { subnetIds: ["subnet-00000001", "subnet-00000002"], securityGroupIds: ["sg-00000001"] },
        };
      },
    ],
    [
      "domain.vpc",
      "a domain in a VPC that a managed workspace is not in",
      (c) => {
        c.domain = { vpc: { subnetIds: ["subnet-00000001"], securityGroupIds: ["sg-00000001"] } };
        c.grafana = { mode: "managed", login: { kind: "identity-center" } };
      },
    ],
    [
      "bucket.accessLog.bucket",
      "a bucket that logs its own log",
      (c) => {
        c.bucket.accessLog = { bucket: "cali-dev-logs-123456789012" };
      },
    ],
    [
      "bucket.accessLog.bucket",
      "a bucket with older names that logs its own log",
      (c) => {
        c.prefix = "logs-of-old";
        c.bucket.accessLog = { bucket: "logs-of-old-logs-123456789012" };
      },
    ],
    ...["bucket", "domain", "table", "repositories", "logGroups"].map((name): (typeof cases)[number] => [
      `kmsKeys.${name}`,
      "a key of another region",
      (c) => {
        c.kmsKeys = { [name]: `arn:aws:kms:us-east-1:123456789012:key/mrk-${"0".repeat(32)}` };
      },
    ]),
    [
      "kmsKeys.table",
      "a key for a table that there is not",
      (c) => {
        c.consumerTable = false;
        c.kmsKeys = { table: `arn:aws:kms:ap-northeast-2:123456789012:key/mrk-${"0".repeat(32)}` };
      },
    ],
    [
      "kmsKeys.repositories",
      "a key for repositories that use none",
      (c) => {
        c.kmsKeys = { repositories: `arn:aws:kms:ap-northeast-2:123456789012:key/mrk-${"0".repeat(32)}` };
      },
    ],
  ];

  it.each(cases)("%s: %s", (key, _, breakIt) => {
    const config = dev();
    config.cluster ??= {};
    breakIt(config);
    expect(problemsOf(() => parseConfig(config, "config/x.yaml")).map((problem) => problem.key)).toContain(
      key,
    );
  });

  it("says of an engine that lacks its table what was given, what is allowed and where", () => {
    const text = devText.concat("consumerTable: false\nservices: { consumer: { engine: kcl } }\n");
    const [problem] = problemsOf(() => parseConfig(parse(text), "config/x.yaml"));
    expect(problem).toMatchObject({
      key: "services.consumer.engine",
      given: '"kcl"',
      allowed: expect.stringMatching(/^single; kcl only with consumerTable true /),
    });
  });
});
