import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { type PolicyDocument, wantedRoles } from "../../delivery/commands/pipeline-access/wanted.ts";
import { RepositoryNameError } from "../../delivery/core/errors.ts";

const ACCOUNT = "123456789012";
const roles = (env: string, repository = "acme/cali") => {
  const [plan, deploy] = wantedRoles(loadConfig({ env }), repository, ACCOUNT);
  if (!plan || !deploy) throw new Error("two roles");
  return { plan, deploy };
};
const subjects = ({ Statement }: PolicyDocument) =>
  Statement.map(
    ({ Condition }) =>
      (Condition as { StringEquals: Record<string, unknown> }).StringEquals[
        "token.actions.githubusercontent.com:sub"
      ],
  );
const allowed = ({ Statement }: PolicyDocument) =>
  Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action as string[]);

describe("roles of the pipeline", () => {
  it("are assumed by whole subjects of one repository", () => {
    const { plan, deploy } = roles("prod");
    expect(subjects(plan.trust)).toEqual([
      ["repo:acme/cali:pull_request", "repo:acme/cali:ref:refs/heads/main"],
    ]);
    expect(subjects(deploy.trust)).toEqual([["repo:acme/cali:environment:production"]]);
    expect(subjects(roles("dev").deploy.trust)).toEqual([["repo:acme/cali:environment:dev"]]);
  });

  it("plan writes nothing but locks", () => {
    const { plan } = roles("dev");
    expect(plan.managedPolicyArns).toEqual(["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    const writes = plan.policy.Statement.filter(
      ({ Effect, Action }) =>
        Effect === "Allow" &&
        (Action as string[]).some((action) => /:(Put|Delete|Create|Update)/.test(action)),
    );
    expect(writes.map(({ Sid }) => Sid)).toEqual(["LockFiles", "Locks"]);
    expect(writes.find(({ Sid }) => Sid === "LockFiles")?.Resource).toBe(
      "arn:aws:s3:::cali-dev-terraform-state/*.tflock",
    );
    expect(allowed(plan.policy)).not.toContain("iam:PassRole");
  });

  it("plan reads no logs, records or items", () => {
    const denied = roles("dev").plan.policy.Statement.filter(({ Effect }) => Effect === "Deny");
    expect(denied.flatMap(({ Action }) => Action as string[])).toEqual(
      expect.arrayContaining(["kinesis:GetRecords", "s3:GetObject*", "dynamodb:Scan", "logs:GetLogEvents"]),
    );
    expect(denied.find(({ Sid }) => Sid === "NoObjects")).toMatchObject({
      NotResource: "arn:aws:s3:::cali-dev-terraform-state/*",
    });
  });

  it("deploy changes IAM under its own prefix only, and never the pipeline's roles", () => {
    const { Statement } = roles("dev").deploy.policy;
    for (const { Effect, Action, Resource } of Statement) {
      const isIam = (Action as string[]).some((action) => action.startsWith("iam:"));
      if (Effect === "Allow" && isIam) expect(Resource).toMatch(/cali-dev-\*$|aws-service-role|oidc\.eks/);
    }
    expect(Statement.find(({ Sid }) => Sid === "NotItself")).toMatchObject({
      Effect: "Deny",
      Action: expect.arrayContaining([
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:AttachRolePolicy",
      ]),
      Resource: `arn:aws:iam::${ACCOUNT}:role/cali-dev-pipeline-*`,
    });
  });

  it("fit into IAM's limit of inline policies, 10,240 characters without white space", () => {
    for (const env of ["dev", "prod", "terraform-users"]) {
      for (const { policy } of Object.values(roles(env))) {
        expect(JSON.stringify(policy).length).toBeLessThan(10_240);
      }
    }
  });

  it.each(["", "cali", "acme/*", "acme/cali:ref", "a/b/c", "acme/cali\n"])(
    "refuses the repository %j",
    (given) => {
      expect(() => roles("dev", given)).toThrow(RepositoryNameError);
    },
  );
});
