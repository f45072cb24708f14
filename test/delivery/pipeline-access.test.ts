import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { clientFor, gapsOf, identityOf } from "../../delivery/commands/pipeline-access/github-repository.ts";
import {
  desiredRoles,
  githubEnvironment,
  type PolicyDocument,
} from "../../delivery/commands/pipeline-access/roles.ts";
import { RepositoryNameError } from "../../delivery/core/errors.ts";
import { requiredChecks } from "../support/github-repository.ts";
import { GithubServer } from "../support/github-server.ts";
import { ROOT } from "../support/run.ts";

const ACCOUNT = "123456789012";
const REPOSITORY = { owner: "acme", name: "cali", ownerId: 123456, repositoryId: 456789, isPrivate: false };
const ISSUER = "token.actions.githubusercontent.com";
const roles = (env: string) => {
  const [plan, deploy] = desiredRoles(loadConfig({ env }), REPOSITORY, ACCOUNT, githubEnvironment(env));
  if (!plan || !deploy) throw new Error("two roles");
  return { plan, deploy };
};
/** What a token with these claims may assume, as IAM compares: each key of the condition, whole values. */
function accepts({ Statement }: PolicyDocument, claims: Readonly<Record<string, string>>): boolean {
  return Statement.some(({ Condition }) => {
    const { StringEquals, ...others } = Condition as { StringEquals: Record<string, string | string[]> };
    expect(others).toEqual({});
    return Object.entries(StringEquals).every(([key, desired]) =>
      [desired].flat().includes(claims[key.slice(ISSUER.length + 1)] ?? ""),
    );
  });
}

const OLD = "repo:acme/cali";
const IMMUTABLE = "repo:acme@123456/cali@456789";
/** The claims of a job that deploys (https://docs.github.com/en/actions/reference/security/oidc#oidc-token-claims). */
const deployClaims = (environment: string, more: Readonly<Record<string, string>> = {}) => ({
  aud: "sts.amazonaws.com",
  sub: `${OLD}:environment:${environment}`,
  ref: "refs/heads/main",
  environment,
  repository_id: "456789",
  job_workflow_ref: "acme/cali/.github/workflows/plan-and-deploy.yml@refs/heads/main",
  ...more,
});
const allowed = ({ Statement }: PolicyDocument) =>
  Statement.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action as string[]);

describe("roles of the pipeline", () => {
  it.each([OLD, IMMUTABLE])("take subjects that begin with %s", (subject) => {
    const { plan, deploy } = roles("prod");
    const claims = deployClaims("production", { sub: `${subject}:environment:production` });
    expect(accepts(deploy.trust, claims)).toBe(true);
    expect(accepts(plan.trust, claims)).toBe(false);
    for (const context of ["pull_request", "ref:refs/heads/main"]) {
      const own = { ...claims, sub: `${subject}:${context}` };
      expect(accepts(plan.trust, own)).toBe(true);
      expect(accepts(deploy.trust, own)).toBe(false);
    }
  });

  it("deploy is for main, its environment, this repository and the workflows that deploy", () => {
    const { deploy } = roles("dev");
    const accepted = (more: Readonly<Record<string, string>>) =>
      accepts(deploy.trust, deployClaims("dev", more));
    const workflow = (file: string, ref = "refs/heads/main") => ({
      job_workflow_ref: `acme/cali/.github/workflows/${file}@${ref}`,
    });
    expect(accepted({})).toBe(true);
    expect(accepted(workflow("service.yml"))).toBe(true);
    // Somebody pushes a branch with a workflow of its own, which names the environment.
    expect(accepted({ ref: "refs/heads/mine" })).toBe(false);
    expect(accepted(workflow("mine.yml"))).toBe(false);
    expect(accepted(workflow("plan-and-deploy.yml", "refs/heads/mine"))).toBe(false);
    expect(accepted({ environment: "production" })).toBe(false);
    // The name was given up, and somebody else has it now.
    expect(accepted({ repository_id: "1" })).toBe(false);
    expect(accepted({ sub: "repo:acme@1/cali@1:environment:dev" })).toBe(false);
    expect(accepted({ aud: "other" })).toBe(false);
  });

  it("are of the environment that the workflows choose by the file's name", () => {
    expect(accepts(roles("terraform-users").deploy.trust, deployClaims("terraform-users"))).toBe(true);
    expect(accepts(roles("prod").deploy.trust, deployClaims("production"))).toBe(true);
  });

  it("deploy knows every workflow with a job that deploys", () => {
    const text = JSON.stringify(roles("dev").deploy.trust);
    const folder = join(ROOT, ".github/workflows");
    for (const file of readdirSync(folder)) {
      const deploys = /cali\.js (deploy|release)\b/.test(readFileSync(join(folder, file), "utf8"));
      expect(text.includes(`/${file}@refs/heads/main`), file).toBe(deploys);
    }
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
    "are of no repository named %j",
    (given) => {
      expect(() => clientFor(given, {})).toThrow(RepositoryNameError);
    },
  );
});

describe("what a repository's settings let through", () => {
  const github = new GithubServer();
  beforeAll(() => github.listen());
  afterAll(() => github.close());
  const client = () => clientFor("acme/cali", github.environment);

  it("is listed with what closes it, until nothing is left", async () => {
    const identity = await identityOf(client(), "acme/cali");
    expect(identity).toEqual(REPOSITORY);
    const gaps = async (of = identity) => await gapsOf(client(), of, "production");
    const found = async (of?: typeof identity) => (await gaps(of)).map((gap) => gap.found);
    expect(await found()).toEqual([
      "there is no environment production",
      "main takes pushes without a pull request",
      "the check required is not required before a merge into main",
    ]);
    // Some other check: of a job that does not report for each pull request, say.
    github.rules.push(requiredChecks("plan (dev)"));
    expect(await found()).toContain("the check required is not required before a merge into main");
    for (const { remedy } of await gaps())
      expect(remedy).toMatch(/^gh api -X (PUT|POST) repos\/acme\/cali\//);
    github.environments.production = { deployment_branch_policy: null, protection_rules: [] };
    github.rules.push({ type: "pull_request" }, requiredChecks("required"));
    expect(await found()).toEqual([
      "any branch may deploy to the environment production",
      "nobody has to approve what goes to the environment production: no approval exists",
    ]);
    expect((await found({ ...identity, isPrivate: true }))[1]).toContain("only in some of GitHub's plans");
    github.environments.production = {
      deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
      protection_rules: [{ type: "required_reviewers" }, { type: "branch_policy" }],
    };
    expect(await found()).toEqual([]);
  });
});
