import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RealAws } from "../support/real-aws.ts";
import { startTofuAws, statesOf, TOFU_SKIPPED } from "../support/real-tofu.ts";
import { run } from "../support/run.ts";

const STACK = "02-s3";

describe.skipIf(TOFU_SKIPPED)(`an environment of OpenTofu's${TOFU_SKIPPED}`, { timeout: 600_000 }, () => {
  let aws: RealAws;
  beforeAll(async () => {
    aws = await startTofuAws();
  }, 120_000);
  afterAll(() => aws?.stop());

  const cali = async (...args: string[]) => {
    const { code, stdout, stderr } = await aws.cali(...args, "--env", "dev");
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  };
  const states = async () => (await statesOf(aws, STACK)).map(({ status, found }) => [status, found]);
  const planned = async (name: string) => {
    const out = join(aws.folder, name);
    await cali("plan", STACK, "--out", out);
    const { program, stacks } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    return [program, stacks[0].status];
  };

  it("is looked through by recover before and after it is made", async () => {
    expect(await cali("recover", STACK)).toContain("Nothing to recover");
    expect(await cali("deploy", STACK, "--replan")).toContain(`${STACK}: applied`);
    expect(await cali("recover", STACK)).toContain("Nothing to recover");
    expect(await states()).toEqual([["ok", expect.stringContaining("written by OpenTofu 1.")]]);
  });

  it("goes back to Terraform by what doctor says, where OpenTofu's registry can't be reached", async () => {
    aws.env.CALI_TERRAFORM_PROGRAM = "terraform";
    const [, { command = "" } = {}] = await statesOf(aws, STACK);
    aws.env.TF_CLI_CONFIG_FILE = aws.withoutTofu();
    const cwd = join(aws.checkout, ".cali/synth/dev/stacks", STACK);
    const type = (text: string) => run("bash", ["-c", text], { cwd, env: aws.env });
    // The backend is set up before the providers are missed.
    const { code, stderr } = await type("terraform init -reconfigure -input=false -no-color");
    expect([code, stderr]).toEqual([1, expect.stringContaining("registry.opentofu.org/hashicorp/aws")]);
    expect((await type(command)).stdout).toContain("Successfully replaced provider");
    expect(await planned("back")).toEqual(["terraform", "no-changes"]);
    expect(await states()).toEqual([["ok", expect.stringContaining("written by Terraform 1.")]]);
  });

  it("takes a state of Terraform's as it is", async () => {
    aws.env.CALI_TERRAFORM_PROGRAM = "tofu";
    aws.env.TF_CLI_CONFIG_FILE = join(aws.folder, "terraformrc");
    expect(await planned("forth")).toEqual(["tofu", "no-changes"]);
  });
});
