import { describe, expect, it } from "vitest";
import { loadConfig, parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { stateBackend } from "../config/state-backend.ts";
import { evaluate } from "../delivery/core/parity/expression.ts";
import { resourcesOf, synthesize } from "./support/synth.ts";

/** Arguments that name something in the account or the world, by resource type. Types without a name are left out. */
const NAME_ARGUMENTS = ["name", "bucket", "domain_name", "node_group_name", "repository", "role_name"];
/** Their name belongs to another resource, which is listed itself, or is one inside the environment's own cluster. */
const ATTACHED =
  /^kubernetes_|^helm_release$|^aws_s3_bucket_|_attachment$|_lifecycle_policy$|_log_stream$|^aws_iam_role_policy$|_exclusive$/;

function physicalNames(config: Config): Set<string> {
  const account = (path: readonly (string | number)[]) => {
    const defaults: Record<string, string> = {
      "data.aws_caller_identity.current.account_id": "123456789012",
      "var.project_name": config.project,
      "var.environment": config.environment,
    };
    return defaults[path.join(".")] ?? path.join(".");
  };
  const named = resourcesOf(synthesize(config))
    // What is inside a cluster has its name there only.
    .filter(({ type }) => type.startsWith("aws_") && !ATTACHED.test(type))
    .flatMap(({ type, body }) =>
      NAME_ARGUMENTS.filter((argument) => typeof body[argument] === "string").map(
        (argument) => `${type} ${String(evaluate(body[argument], account))}`,
      ),
    );
  const { bucket, lockTable } = stateBackend(config);
  const keys = Object.values(synthesize(config).stacks).map(({ terraform }) => terraform.backend.s3.key);
  return new Set([
    ...named,
    `lock table ${lockTable}`,
    ...keys.map((key) => `state s3://${bucket}/${String(key)}`),
  ]);
}

const environments: Record<string, Config> = {
  dev: loadConfig({ env: "dev" }),
  prod: loadConfig({ env: "prod" }),
  "terraform-users": loadConfig({ env: "terraform-users" }),
  "a copy of dev": parseConfig({ ...loadConfig({ env: "dev" }), environment: "staging" }, "staging"),
  "dev with a managed Grafana": parseConfig(
    {
      ...loadConfig({ env: "dev" }),
      environment: "qa",
      grafana: { mode: "managed", login: { kind: "identity-center" } },
    },
    "qa",
  ),
};

const pairs = Object.keys(environments).flatMap((a, index) =>
  Object.keys(environments)
    .slice(index + 1)
    .map((b) => [a, b] as const),
);

describe("two environments in one account", () => {
  it.each(pairs)("%s and %s share no name", (a, b) => {
    const [ours, theirs] = [environments[a], environments[b]].map((config) =>
      physicalNames(config as Config),
    );
    expect([...(ours as Set<string>)].filter((name) => theirs?.has(name))).toEqual([]);
  });

  it("would be reported if they did", () => {
    const names = physicalNames(environments.dev as Config);
    expect(names.size).toBeGreaterThan(35);
    expect([...names]).toEqual(
      expect.arrayContaining([
        "aws_kinesis_stream cali-dev-logs-stream",
        "aws_s3_bucket cali-dev-logs-123456789012",
        "aws_opensearch_domain cali-dev-logs",
        "aws_ecr_repository cali-dev/consumer",
        "aws_dynamodb_table cali-dev-consumer",
        "aws_iam_role cali-dev-consumer-role",
        "aws_kms_alias alias/cali-dev-eks-secrets",
        "state s3://cali-dev-terraform-state/stacks/01-kinesis/terraform.tfstate",
      ]),
    );
  });
});
