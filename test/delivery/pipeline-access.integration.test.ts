import { GetRoleCommand, IAMClient, PutRolePolicyCommand, UntagRoleCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { requiredChecks } from "../support/github-repository.ts";
import { GithubServer } from "../support/github-server.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { runCali } from "../support/run.ts";

const github = new GithubServer();
let moto: Moto;
let iam: IAMClient;
let env: Record<string, string>;

beforeAll(async () => {
  vi.stubEnv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
  moto = await startMoto();
  await github.listen();
  github.environments.dev = {
    deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
    protection_rules: [{ type: "required_reviewers" }],
  };
  github.rules.push({ type: "pull_request" }, requiredChecks("required"));
  env = {
    ...github.environment,
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-key",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
  iam = new IAMClient({ endpoint: moto.url, region: "ap-northeast-2", credentials });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  iam?.destroy();
  await Promise.all([moto?.stop(), github.close()]);
});

const access = (...args: string[]) =>
  runCali(["pipeline-access", "--env", "dev", "--repository", "acme/cali", ...args], {
    env,
  });
const changes = (stdout: string) => stdout.match(/^ {2}(done|missing): .*$/gm) ?? [];

it("makes provider and roles once, corrects what was changed, and leaves what is not its own", async () => {
  const checked = await access("--check");
  expect(checked.code, checked.stderr).toBe(2);
  expect(changes(checked.stdout)).toHaveLength(7);

  const made = await access();
  expect(made.code, made.stderr).toBe(0);
  expect(changes(made.stdout)).toHaveLength(7);
  expect(made.stdout).toContain("arn:aws:iam::123456789012:role/cali-dev-pipeline-deploy");
  expect((await access()).stdout).toContain("Nothing to change.");
  expect((await access("--check")).code).toBe(0);
  const rules = github.rules.splice(0);
  const gaps = await access("--check");
  expect(gaps.code).toBe(2);
  expect(gaps.stdout).toContain("GitHub: main takes pushes without a pull request\n    gh api -X POST");
  github.rules.push(...rules);

  const RoleName = "cali-dev-pipeline-plan";
  const open = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
  await iam.send(
    new PutRolePolicyCommand({ RoleName, PolicyName: "pipeline", PolicyDocument: JSON.stringify(open) }),
  );
  expect(changes((await access()).stdout)).toEqual([`  done: set the policy of role ${RoleName}`]);

  await iam.send(new UntagRoleCommand({ RoleName, TagKeys: ["ManagedBy"] }));
  const before = await iam.send(new GetRoleCommand({ RoleName }));
  const refused = await access();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("it is not this command's");
  expect((await iam.send(new GetRoleCommand({ RoleName }))).Role).toEqual(before.Role);
});
