import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { header } from "../../delivery/core/report/header.ts";
import { checkShared, sharedDifferences } from "../../delivery/core/shared-state/check.ts";
import { variableValue } from "../../delivery/core/terraform/variable-files.ts";
import { makePlan } from "../support/plans.ts";
import { plannedStack, reportOf } from "../support/reports.ts";
import { ROOT } from "../support/run.ts";
import { type StackJson, synthesizeEnvironment } from "../support/synth.ts";

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
  it("is the environment's, terraform.tfvars', that of a file that ends in .auto.tfvars, in this order", () => {
    const value = (name: string) => variableValue(folder, name, { TF_VAR_project_name: "first" });
    expect(value("project_name")).toBe("first");
    writeFileSync(join(folder, "terraform.tfvars"), 'environment = "dev"\n  project_name   = "second"\n');
    expect(value("project_name")).toBe("second");
    writeFileSync(join(folder, "a.auto.tfvars.json"), '{"project_name":"third"}');
    expect(value("project_name")).toBe("third");
    expect(value("environment")).toBe("dev");
    expect(value("aws_region")).toBeUndefined();
  });

  it("may be a list of strings", () => {
    writeFileSync(
      join(folder, "terraform.tfvars"),
      `team_members_arns = [\n  "${USER}/jun", # "not this"\n  # "${USER}/gone",\n  "${USER}/mina",\n]\n`,
    );
    const value = (environment: Record<string, string> = {}) =>
      variableValue(folder, "team_members_arns", environment);
    expect(value()).toEqual([`${USER}/jun`, `${USER}/mina`]);
    rmSync(join(folder, "terraform.tfvars"));
    expect(value({ TF_VAR_team_members_arns: "[]" })).toEqual([]);
    expect(value({ TF_VAR_team_members_arns: TEAM })).toEqual(JSON.parse(TEAM));
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
