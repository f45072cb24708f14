import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { checkEnvironment } from "../../delivery/commands/doctor/environment.ts";
import { checkStates } from "../../delivery/commands/doctor/states.ts";
import { clientFor, gapsOf, identityOf } from "../../delivery/commands/pipeline-access/github-repository.ts";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { whoAmI } from "../../delivery/core/aws/identity.ts";
import { planKey } from "../../delivery/core/seal/key.ts";
import { PROGRAMS } from "../../delivery/core/terraform/programs.ts";
import { GithubServer } from "../support/github-server.ts";
import { isProgram } from "../support/run.ts";
import { strictPrograms } from "../support/strict-programs.ts";

/** What a command prints to be typed, where the program needs a browser or a service: every shell takes it as it is printed. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cali-typed-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hasTerraform = (process.env.PATH ?? "").split(":").some((at) => isProgram(join(at, "terraform")));
const messageOf = (error: unknown) => (error as Error).message;
const quoted = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, command = ""]) => command);

describe.each(["sh", "bash"])("in %s", (shell) => {
  it("logging in makes AWS answer, and so it does again when the login is over", async () => {
    const credentials = async () => {
      throw Object.assign(new Error("none"), { name: "CredentialsProviderError" });
    };
    const sts = new STSClient({ region: "eu-west-1", credentials });
    const message = await whoAmI(sts).then(() => "", messageOf);
    const [first = "", again = "", identity = "", ...more] = quoted(message);
    expect([more, identity]).toEqual([[], "aws sts get-caller-identity --region eu-west-1"]);
    const type = strictPrograms(folder, ["aws"]);
    await expect(type(shell, identity)).rejects.toThrow("Unable to locate credentials");
    await expect(type(shell, again)).rejects.toThrow("Missing the following required SSO");
    await type(shell, `${first} && ${identity}`);
    await type(
      shell,
      `${first} && rm "$HOME/$AWS_PROFILE.token" && ! ${identity} && ${again} && ${identity}`,
    );
  });

  it("a secret is set, and a variable given", async () => {
    const type = strictPrograms(folder, ["gh"]);
    const stack = { requiredVariables: ["token"] } as unknown as SynthesizedStack;
    const findings = await checkEnvironment(loadConfig({ env: "dev" }), [{ ...stack, folder }], {
      AWS_REGION: "eu-west-3",
    });
    const commandOf = (check: string) => findings.find((one) => one.check === check)?.command ?? "false";
    const shown = await type(shell, `${commandOf("variable token")}; env`, " s3\\cret \n");
    expect(shown).toMatch(/^TF_VAR_token=s3\\cret$/m);
    expect(await type(shell, `${commandOf("AWS_REGION")}; env`)).toMatch(/^AWS_REGION=[a-z]+-[a-z]+-\d$/m);
    await type(shell, commandOf("secret SLACK_WEBHOOK_URL"), "https://hooks.slack.com/services/T/B/X");
    let refused = "";
    try {
      planKey({});
    } catch (error) {
      refused = messageOf(error);
    }
    await type(shell, refused.split("Remedy: ")[1] ?? "false");
    expect(readFileSync(join(folder, "home/gh.calls"), "utf8")).toBe(
      "secret set SLACK_WEBHOOK_URL\nsecret set CALI_PLAN_KEY\n",
    );
  });

  it("what GitHub's settings let through is closed, and nothing that they have is lost", async () => {
    const type = strictPrograms(folder, ["gh"]);
    const calls = () => readFileSync(join(folder, "home/gh.calls"), "utf8").trim().split("\n");
    const server = new GithubServer();
    await server.listen();
    try {
      const close = async () => {
        const github = clientFor("acme/cali", server.environment);
        const gaps = await gapsOf(github, await identityOf(github, "acme/cali"), "dev");
        for (const { remedy } of gaps) await type(shell, remedy);
        return gaps.length;
      };
      expect(await close()).toBe(3);
      expect(calls()[0]).toBe("api -X PUT repos/acme/cali/environments/dev");
      server.rules.push(
        { type: "pull_request" },
        { type: "required_status_checks", parameters: { required_status_checks: [{ context: "required" }] } },
      );
      const branches = (isProtected: boolean) =>
        `-F deployment_branch_policy[protected_branches]=${isProtected} -F deployment_branch_policy[custom_branch_policies]=${!isProtected}`;
      server.environments.dev = { deployment_branch_policy: null, protection_rules: [] };
      expect(await close()).toBe(2);
      expect(calls().at(-1)).toContain(`${branches(true)} -F reviewers[][type]=User -F reviewers[][id]=42`);
      const custom = { protected_branches: false, custom_branch_policies: true };
      server.environments.dev = { deployment_branch_policy: custom, protection_rules: [] };
      expect(await close()).toBe(1);
      expect(calls().at(-1)).toContain(`${branches(false)} -F reviewers[][type]=User -F reviewers[][id]=42`);
      const reviewers = [{ type: "Team", reviewer: { id: 7 } }];
      server.environments.dev = {
        deployment_branch_policy: null,
        protection_rules: [{ type: "required_reviewers", reviewers }],
      };
      expect(await close()).toBe(1);
      expect(calls().at(-1)).toContain(`${branches(true)} -F reviewers[][type]=Team -F reviewers[][id]=7`);
    } finally {
      await server.close();
    }
  });

  describe.each([
    ["a Terraform that takes what its reference allows", true, ["terraform"] as const],
    ["the Terraform of this machine", hasTerraform, []],
  ])("with %s", (_, isThere, names) => {
    it.runIf(isThere)("the provider is upgraded, and the state taken back from OpenTofu", async () => {
      const instance = (host: string, schema_version: number) => ({
        mode: "managed",
        type: "aws_eks_cluster",
        name: "one",
        provider: `provider["${host}/hashicorp/aws"]`,
        instances: [{ schema_version, attributes: {} }],
      });
      const state = (host: string) =>
        JSON.stringify({
          version: 4,
          terraform_version: "1.10.0",
          serial: 1,
          lineage: "l",
          outputs: {},
          resources: [instance(host, 0)],
        });
      writeFileSync(
        join(folder, "cdk.tf.json"),
        JSON.stringify({ terraform: { required_providers: { aws: { version: "~> 5.0" } } } }),
      );
      const found = async (host: string) => {
        const Body = { transformToByteArray: async () => new TextEncoder().encode(state(host)) };
        const stack = { name: "infra", folder, stateKey: "infra" } as SynthesizedStack;
        return checkStates([stack], {
          s3: { send: async () => ({ Body }) } as unknown as S3Client,
          dynamodb: { send: async () => ({}) } as unknown as DynamoDBClient,
          backend: { bucket: "b", region: "eu-west-1", lockTable: "t", kmsKeyArn: null },
          program: PROGRAMS.terraform,
          installed: "1.11.4",
          sight: { now: new Date(), host: "here", processes: [] },
          file: "dev",
          environment: {},
          mayRaiseSchemas: false,
        });
      };
      const type = strictPrograms(folder, names);
      const schemas = (await found("registry.terraform.io")).find(({ check }) => check.startsWith("schemas"));
      const [upgrade = "false"] = quoted(schemas?.remedy ?? "");
      expect(upgrade).toMatch(/ -upgrade$/);
      await type(shell, upgrade);

      const file = join(folder, "home/terraform.tfstate");
      writeFileSync(file, state("registry.opentofu.org"));
      const back = (await found("registry.opentofu.org")).find(({ command }) => command?.includes("replace"));
      await type(shell, back?.command ?? "false");
      expect(readFileSync(file, "utf8")).toMatch(/provider\[\\"registry\.terraform\.io\/hashicorp\/aws\\"\]/);
    });
  });
});
