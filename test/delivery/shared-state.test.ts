import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { CONFIG_FOLDER, parseConfig } from "../../config/load.ts";
import { type Json, merged } from "../../config/overrides.ts";
import { header } from "../../delivery/core/report/header.ts";
import { checkShared, sharedDifferences } from "../../delivery/core/shared-state/check.ts";
import { isOwn, partOf } from "../../delivery/core/shared-state/own.ts";
import { variableValue } from "../../delivery/core/terraform/variable-files.ts";
import { makePlan } from "../support/plans.ts";
import { plannedStack, reportOf } from "../support/reports.ts";
import { ROOT } from "../support/run.ts";
import { type StackJson, synthesize, synthesizeEnvironment } from "../support/synth.ts";

const { resources } = JSON.parse(
  readFileSync(join(ROOT, "test/fixtures/legacy/terraform.tfstate"), "utf8"),
) as { resources: { mode: string; type: string; name: string; instances: object[] }[] };
const USER = "arn:aws:iam::123456789012:user";
const TEAM = JSON.stringify([`${USER}/jun`, `${USER}/mina`]);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-shared-"));
  synthesized(({ stack }) => stack);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes what terraform-users synthesizes, changed. */
function synthesized(change: (given: { stack: StackJson; text: string }) => unknown): void {
  const stack = synthesizeEnvironment("terraform-users").stacks.infra ?? expect.fail();
  const changed = change({ stack, text: JSON.stringify(stack) });
  writeFileSync(join(folder, "cdk.tf.json"), typeof changed === "string" ? changed : JSON.stringify(changed));
}
const stack = () => ({ name: "infra", folder });
const differences = (environment: Record<string, string> = {}, held: readonly unknown[] = resources) =>
  sharedDifferences(stack(), held, { TF_VAR_team_members_arns: TEAM, ...environment });

describe("a configuration for the state that others made", () => {
  it("has no difference when it is theirs", async () => {
    expect(await differences()).toEqual({ stops: [], others: [] });
  });

  it.each([
    [{ TF_VAR_project_name: "shop" }, "project: given shop; the state is of cali"],
    [{ TF_VAR_environment: "prod" }, "environment: given prod; the state is of dev"],
    [{ TF_VAR_aws_region: "eu-west-1" }, "region: given eu-west-1; the state is of ap-northeast-2"],
  ])("%j is refused", async (environment, stop) => {
    expect((await differences(environment)).stops).toEqual([stop]);
    await expect(checkShared(stack(), resources, environment)).rejects.toThrow(stop);
    await expect(checkShared(stack(), resources, environment)).rejects.toThrow(
      /nothing is planned[\s\S]*Remedy/,
    );
  });

  it.each(["shop", "cali-logs", "c", "a.i"])("the state's own project is found: %s", async (project) => {
    const theirs = JSON.parse(JSON.stringify(resources).replaceAll("cali", project));
    expect((await differences({}, theirs)).stops).toEqual([
      `project: given cali; the state is of ${project}`,
    ]);
    expect((await differences({ TF_VAR_project_name: project }, theirs)).stops).toEqual([]);
  });

  it("does not ask what the user has beside them which project, environment and region the state is of", async () => {
    const tags_all = { Environment: "shared" };
    const arn = "arn:aws:sqs:us-east-1:123456789012:cali-logs-0";
    const theirs = {
      ...{ mode: "managed", type: "aws_sqs_queue", name: "theirs" },
      instances: [{ attributes: { arn, tags_all } }],
    };
    expect((await differences({}, [theirs])).stops).toEqual([]);
  });

  it("takes a name that may be of two projects for the given one's", async () => {
    synthesized(({ stack }) => ({
      ...stack,
      resource: { aws_ecr_repository: { app: { name: "${var.project_name}-${count.index}" } } },
    }));
    const app = (name: string) => ({
      ...{ mode: "managed", type: "aws_ecr_repository", name: "app" },
      instances: [{ attributes: { name } }],
    });
    const given = { TF_VAR_project_name: "x1-telemetry" };
    expect((await differences(given, [app("x1-telemetry-0")])).stops).toEqual([]);
    expect((await differences(given, [app("shop-0")])).stops).toEqual([
      "project: given x1-telemetry; the state is of shop",
    ]);
  });

  it("lists members who are only in one of both", async () => {
    const { stops, others } = await differences({
      TF_VAR_team_members_arns: JSON.stringify([`${USER}/jun`, `${USER}/new`]),
    });
    expect(stops).toEqual([]);
    expect(others).toEqual([
      `aws_eks_access_entry.team_members: the state has the key ${USER}/mina, the configuration (team) has not`,
      `aws_eks_access_entry.team_members: the configuration (team) has the key ${USER}/new, the state has not`,
      `aws_eks_access_policy_association.team_members_admin: the state has the key ${USER}/mina, the configuration (team) has not`,
      `aws_eks_access_policy_association.team_members_admin: the configuration (team) has the key ${USER}/new, the state has not`,
    ]);
  });

  it("lists tags and objects that only one of both has", async () => {
    synthesized(({ text }) =>
      text
        .replace('"Project":"CALI"', '"Team":"logs"')
        .replace('"ManagedBy":"Terraform"', '"ManagedBy":"cali"')
        .replaceAll('"log_generator":', '"other":'),
    );
    expect((await differences()).others).toEqual([
      "aws_ecr_lifecycle_policy.log_generator (cali/log-generator) is in the state and not in the configuration",
      "aws_ecr_repository.log_generator (cali/log-generator) is in the state and not in the configuration",
      "aws_ecr_lifecycle_policy.other is in the configuration and not in the state",
      "aws_ecr_repository.other is in the configuration and not in the state",
      'tag ManagedBy: the state has "Terraform", the configuration "cali"',
      'tag Project: the state has "CALI", the configuration nothing',
      'tag Team: the state has nothing, the configuration "logs"',
    ]);
  });

  it("is not compared with a state that was never written, or has what nobody knows", async () => {
    expect(await differences({}, [])).toEqual({ stops: [], others: [] });
    for (const odd of [
      null,
      1,
      "x",
      {},
      { mode: "managed" },
      { ...resources[0], instances: [{ attributes: 3 }] },
    ]) {
      expect(await differences({}, [...resources, odd])).toEqual({ stops: [], others: [] });
    }
  });
});

describe("a variable's value", () => {
  it("is the environment's, terraform.tfvars', that of a file that ends in .auto.tfvars, in this order", async () => {
    const value = (name: string) => variableValue(folder, name, { TF_VAR_project_name: "first" });
    expect(await value("project_name")).toBe("first");
    writeFileSync(join(folder, "terraform.tfvars"), 'environment = "dev"\n  project_name   = "second"\n');
    expect(await value("project_name")).toBe("second");
    writeFileSync(join(folder, "a.auto.tfvars.json"), '{"project_name":"third"}');
    expect(await value("project_name")).toBe("third");
    expect(await value("environment")).toBe("dev");
    expect(await value("aws_region")).toBeUndefined();
  });

  it("may be a list of strings", async () => {
    writeFileSync(
      join(folder, "terraform.tfvars"),
      `team_members_arns = [\n  "${USER}/jun", # "not this"\n  # "${USER}/gone",\n  "${USER}/mina",\n]\n`,
    );
    const value = (environment: Record<string, string> = {}) =>
      variableValue(folder, "team_members_arns", environment);
    expect(await value()).toEqual([`${USER}/jun`, `${USER}/mina`]);
    rmSync(join(folder, "terraform.tfvars"));
    expect(await value({ TF_VAR_team_members_arns: "[]" })).toEqual([]);
    expect(await value({ TF_VAR_team_members_arns: TEAM })).toEqual(JSON.parse(TEAM));
  });
});

describe("a key that leaves for_each", () => {
  const removed = (reason?: string, address = `aws_eks_access_entry.team_members["${USER}/mina"]`) =>
    makePlan([
      {
        address,
        actions: ["delete"],
        before: { id: "x" },
        ...(reason && { more: { action_reason: reason } }),
      },
    ]);

  it("has a banner that names it and the label", () => {
    const text = header(reportOf([plannedStack(removed("delete_because_each_key"))]), 60_000);
    expect(text).toContain("**1 object would go because its key is no longer in `for_each`**");
    expect(text).toContain(`aws_eks_access_entry.team_members["${USER}/mina"]`);
    expect(text).toContain("unless the pull request has the label `allow-data-loss`");
    expect(header(reportOf([plannedStack(removed())]), 60_000)).not.toContain("no longer in `for_each`**");
  });

  it("is one banner with what holds data", () => {
    const stream = removed("delete_because_each_key", 'aws_kinesis_stream.logs["a"]');
    expect(header(reportOf([plannedStack(stream)]), 60_000)).toContain("**Data would be lost.**");
  });
});

describe("overrides", () => {
  it("are named in the comment, those of the planned stacks", () => {
    const overrides = ["infra", "02-s3"].map((stack) => ({
      stack,
      path: "resource.aws_s3_bucket.logs.bucket",
    }));
    const text = header(reportOf([plannedStack(makePlan([]))], { overrides }), 60_000);
    expect(text).toContain("**1 value of the plan is an override**");
    expect(text).toContain("- `resource.aws_s3_bucket.logs.bucket` in `infra`");
    expect(text).not.toContain("02-s3");
    expect(header(reportOf([plannedStack(makePlan([]))]), 60_000)).not.toContain("override");
  });
});

describe("what CALI never made", () => {
  it("is told apart by its address: whatever 01-07 make in the shared state is theirs", () => {
    const base = parse(readFileSync(join(CONFIG_FOLDER, "terraform-users.yaml"), "utf8"));
    const roles = { workloadRoles: "per-workload", applicationRole: null, grafanaAccess: "read" };
    const variants = [
      {},
      {
        consumerTable: true,
        firehose: { logRetentionDays: 14 },
        bucket: { tlsOnly: true },
        cluster: {
          encryptSecrets: true,
          logRetentionDays: 30,
          ebsCsiRole: "own",
          nodeGroup: { hardened: true },
          addOns: { vpcCni: {}, coreDns: {}, kubeProxy: {}, podIdentityAgent: {} },
        },
      },
      {
        iam: roles,
        workloadIdentity: "pod-identity",
        cluster: { ebsCsiRole: "own", addOns: { podIdentityAgent: {} } },
        domain: { masterUser: { kind: "iam", name: null } },
        grafana: {
          mode: "managed",
          login: { kind: "saml", metadataUrl: "https://example.com", adminRoles: ["a"], editorRoles: ["e"] },
        },
      },
    ];
    const parts: Record<string, string> = {
      Ecr: "07-ecr",
      Eks: "05-eks",
      Grafana: "04-grafana",
      Iam: "06-iam",
      Kinesis: "01-kinesis",
      OpenSearch: "03-opensearch",
      S3: "02-s3",
    };
    for (const variant of variants) {
      const { infra } = synthesize(parseConfig(merged(base, variant as Json), "x")).stacks;
      const made = Object.entries(infra?.resource ?? {}).flatMap(([type, byName]) =>
        Object.entries(byName).map(([name, body]) => {
          const { path } = (body["//"] as { metadata: { path: string } }).metadata;
          return { type, name, part: parts[path.split("/")[1] ?? ""] };
        }),
      );
      expect(made.length).toBeGreaterThan(40);
      expect(made.filter((one) => one.part === undefined || partOf(one) !== one.part)).toEqual([]);
    }
    expect(isOwn({ type: "aws_s3_bucket", name: "copies" })).toBe(false);
    expect(isOwn({ type: "constructor", name: "x" })).toBe(false);
  });

  it("has a banner that names it, its label and the ways out", () => {
    const plan = makePlan([
      { address: "helm_release.milvus", actions: ["delete"], before: { id: "x" } },
      { address: "aws_sns_topic.alerts", actions: ["delete", "create"], before: { id: "x" }, after: {} },
      { address: "aws_iam_policy.kinesis_access", actions: ["delete"], before: { id: "x" } },
      { address: "aws_sqs_queue.mine", actions: ["forget"], before: { id: "x" } },
    ]);
    const text = header(reportOf([plannedStack(plan)]), 60_000);
    expect(text).toContain("**CALI never made these 2 objects**, and the plan destroys them:");
    expect(text).toContain("- `helm_release.milvus` is destroyed");
    expect(text).toContain("- `aws_sns_topic.alerts` is replaced");
    expect(text).toContain("unless the pull request has the label `allow-foreign-destroy`");
    expect(header(reportOf([plannedStack(plan, "02-s3")]), 60_000)).not.toContain("CALI never made");
  });
});
