import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { deployCommand } from "../../delivery/commands/deploy/command.ts";
import { doctorCommand } from "../../delivery/commands/doctor/command.ts";
import { driftCommand } from "../../delivery/commands/drift/command.ts";
import { planCommand } from "../../delivery/commands/plan/command.ts";
import { recoverCommand } from "../../delivery/commands/recover/command.ts";
import { releaseCommand } from "../../delivery/commands/release/command.ts";
import { unlockCommand } from "../../delivery/commands/unlock/command.ts";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { checkLockFile } from "../../delivery/core/terraform/lock-file.ts";
import { PROGRAMS, providerAddress } from "../../delivery/core/terraform/programs.ts";
import { noteRunning } from "../../delivery/core/terraform/running.ts";
import { writtenBy } from "../../delivery/core/terraform/written-by.ts";
import { COMMIT, eachWithDeploys, SHARDS, state, statuses } from "../support/deploys.ts";
import type { FakeStack } from "../support/fake-terraform.ts";
import { writeApplication } from "../support/terraform-app.ts";

const { terraform, tofu } = PROGRAMS;
const NOBODY = "http://127.0.0.1:1";

describe("a command of an environment that OpenTofu runs", () => {
  const deploys = eachWithDeploys(tofu);
  let said: string[];
  beforeEach(() => {
    said = [];
    for (const name of ["log", "error"] as const)
      vi.spyOn(console, name).mockImplementation((text) => said.push(String(text)));
    for (const [name, value] of Object.entries({
      CALI_TERRAFORM_PROGRAM: "tofu",
      CALI_PLAN_KEY: Buffer.alloc(32).toString("base64"),
      AWS_ENDPOINT_URL: NOBODY,
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret-key",
      AWS_MAX_ATTEMPTS: "1",
      GITHUB_TOKEN: "",
      GITHUB_WORKFLOW_REF: "",
    }))
      vi.stubEnv(name, value);
  });
  afterEach(() => {
    // None of them is called by mistake.
    const { terraform } = deploys();
    expect(terraform.calls.filter((call) => call.startsWith("not-the-program"))).toEqual([]);
    process.exitCode = undefined;
  });

  /** A synthesized application of one stack, and what is answered in it. */
  function synthesized(given: FakeStack, blocks = {}): readonly string[] {
    const { root, terraform } = deploys();
    writeApplication(root, stateBackend(loadConfig({ env: "dev" })), [{ name: given.name, blocks }]);
    terraform.stack(given);
    return ["--env", "dev", "--synth-dir", root];
  }
  const commit = ["--commit", COMMIT];
  const out = () => ["--out", deploys().out];
  const user = { from: "user" } as const;
  const called = () => deploys().terraform.calls;

  it("plan asks it, keeps which one it was, and says its name in the comment", async () => {
    const given = synthesized({
      name: "01-kinesis",
      state,
      changes: [SHARDS],
      before: { plan: 'echo "Warning: Deprecated"; echo; echo "  not for long"' },
    });
    await planCommand.parseAsync([...given, ...commit, ...out(), "--comment"], user);
    expect(called()).toEqual(["init", "plan", "show"].map((one) => `01-kinesis ${one}`));
    expect(readPlanRun(deploys().out)).toMatchObject({ program: "tofu", terraformVersion: "1.11.4" });
    expect(said.join("\n")).toContain("**OpenTofu and its providers warn:**");
  });

  it("deploy applies the sealed plan that it has made", async () => {
    const given = synthesized({ name: "01-kinesis", state, changes: [SHARDS] });
    const sealed = join(deploys().root, "plans.sealed");
    const plans = ["--out", join(deploys().root, "plans"), "--seal", sealed];
    await planCommand.parseAsync([...given, ...commit, ...plans], user);
    deploys().terraform.forgetCalls();
    const reviewed = ["--plans", sealed, "--head-commit", COMMIT];
    await deployCommand.parseAsync([...given, ...commit, ...out(), ...reviewed], user);
    expect(said).toContain("01-kinesis: applied");
    expect(called()).toEqual(["init", "state", "apply"].map((one) => `01-kinesis ${one}`));
  });

  it("deploy plans anew where Terraform has made the reviewed plan", async () => {
    const stack = deploys().terraform.stack({ name: "01-kinesis", state, changes: [SHARDS] });
    const reviewed = deploys().reviewed({ "01-kinesis": [SHARDS] });
    expect(statuses(await deploys().deployed([stack], { reviewed }))).toEqual([
      [
        "01-kinesis",
        "applied",
        "the program is another one (Terraform 1.11.4, now OpenTofu 1.11.4); a new plan does the same",
      ],
    ]);
  });

  it("deploy says what it said when it fails", async () => {
    const failing = { apply: 'echo "Error: no"; exit 1' };
    const given = synthesized({ name: "01-kinesis", state, changes: [SHARDS], before: failing });
    await deployCommand.parseAsync([...given, ...commit, ...out(), "--replan"], user);
    expect(said.join("\n")).toContain("tofu apply ended with 1:\n  Error: no");
  });

  it("release rolls an image out with it", async () => {
    const given = synthesized(
      { name: "13-consumer", state, changes: [SHARDS] },
      { variable: { image: { type: "string", nullable: false } } },
    );
    const image = `1.dkr.ecr.eu-west-1.amazonaws.com/cali/consumer@sha256:${"a".repeat(64)}`;
    await releaseCommand.parseAsync([...given, ...commit, ...out(), "consumer", "--image", image], user);
    expect(said).toContain("13-consumer: applied");
    expect(called().at(-1)).toBe("13-consumer apply");
  });

  it("drift plans with it", async () => {
    const given = synthesized({ name: "01-kinesis", state, changes: [SHARDS] });
    await driftCommand.parseAsync([...given, ...commit, ...out(), "--json"], user);
    expect(called()).toEqual(["init", "plan", "show"].map((one) => `01-kinesis ${one}`));
  });

  it("doctor says its version, and unlock its name", async () => {
    const given = synthesized({ name: "01-kinesis" });
    await doctorCommand.parseAsync([...given, "--json"], user);
    const { findings } = JSON.parse(said.join("\n"));
    expect(findings).toContainEqual({ check: "OpenTofu", status: "ok", found: "1.11.4" });
    await unlockCommand.parseAsync([...given], user);
    expect(said.at(-1)).toContain("Each OpenTofu of this job has ended by itself");
    noteRunning(join(deploys().root, "stacks/01-kinesis"), process.pid);
    await unlockCommand.parseAsync([...given, "--seconds", "0"], user);
    expect(said.at(-1)).toContain("01-kinesis: OpenTofu still works");
  });

  it("recover, and every other, is refused without it, or with one that is too old", async () => {
    const given = synthesized({ name: "01-kinesis" });
    const recover = () => recoverCommand.parseAsync([...given, ...out(), "01-kinesis"], user);
    await expect(recover()).rejects.toThrow(NOBODY.replace("http://", ""));
    deploys().terraform.version("1.9.4");
    await expect(recover()).rejects.toThrow(
      "OpenTofu: given 1.9.4; allowed: 1.10.0 or newer\nRemedy: https://opentofu.org/docs/intro/install/",
    );
    vi.stubEnv("PATH", join(deploys().root, "nothing"));
    const plan = () => planCommand.parseAsync([...given, ...commit, ...out()], user);
    for (const command of [recover, plan]) {
      await expect(command()).rejects.toThrow(
        "OpenTofu: given no tofu on the PATH; allowed: 1.10.0 or newer",
      );
    }
  });
});

describe("the configuration's program", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("is Terraform, or what the file or the environment's variable says", () => {
    vi.stubEnv("CALI_TERRAFORM_PROGRAM", undefined);
    expect(loadConfig({ env: "dev" }).terraform).toEqual({ program: "terraform" });
    vi.stubEnv("CALI_TERRAFORM_PROGRAM", "tofu");
    expect(loadConfig({ env: "dev" }).terraform).toEqual({ program: "tofu" });
  });

  it("is refused when it is neither, with the variable's name", () => {
    vi.stubEnv("CALI_TERRAFORM_PROGRAM", "pulumi");
    expect(() => loadConfig({ env: "dev" })).toThrow(
      /CALI_TERRAFORM_PROGRAM.*given "pulumi"; allowed: one of terraform, tofu/,
    );
  });
});

describe("a provider lock file", () => {
  const deploys = eachWithDeploys(tofu);
  const locked = (...addresses: string[]) => {
    const file = join(deploys().root, "one.hcl");
    mkdirSync(deploys().root, { recursive: true });
    writeFileSync(file, addresses.map((one) => `provider "${one}" {\n  version = "1.0.0"\n}\n`).join("\n"));
    return file;
  };

  it("of the other program is refused, by the providers that it has", () => {
    const file = locked("registry.terraform.io/hashicorp/aws");
    expect(() => checkLockFile(file, ["aws 5.100.0"], tofu)).toThrow(
      `${file}: given registry.terraform.io/hashicorp/aws, which Terraform takes; allowed: registry.opentofu.org/hashicorp/aws, since terraform.program is tofu\nRemedy: make the lock files anew with \`tofu providers lock\``,
    );
    expect(() => checkLockFile(file, ["aws 5.100.0"], terraform)).not.toThrow();
    const other = locked("registry.opentofu.org/hashicorp/aws");
    expect(() => checkLockFile(other, ["hashicorp/aws 5.100.0"], terraform)).toThrow("providers lock");
    expect(() => checkLockFile(other, ["hashicorp/aws 5.100.0"], tofu)).not.toThrow();
  });

  it("is taken when it has both, or providers whose source names its host", () => {
    const both = locked("registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws");
    for (const program of [terraform, tofu]) checkLockFile(both, ["aws 5.100.0"], program);
    const own = "registry.terraform.io/acme/own";
    expect(() => checkLockFile(locked(own), [`${own} 1.0.0`], tofu)).not.toThrow();
  });

  it("is looked at before anything is initialized", async () => {
    const file = locked("registry.terraform.io/hashicorp/aws");
    const stack = deploys().terraform.stack({ name: "01-kinesis", providers: ["aws 5.100.0"] });
    const { prepare } = await import("../../delivery/core/planning/plan-stack.ts");
    const { stackOptions } = await import("../../delivery/core/planning/plan.ts");
    const common = await stackOptions([stack], { program: tofu, out: deploys().out, lockTimeout: "0s" });
    await expect(prepare(stack, { ...common, lockFile: () => file, progress: () => {} })).rejects.toThrow(
      "which Terraform takes",
    );
    expect(deploys().terraform.calls).toEqual([]);
  });
});

it.each([
  ["aws", tofu, "registry.opentofu.org/hashicorp/aws"],
  ["hashicorp/helm", terraform, "registry.terraform.io/hashicorp/helm"],
  ["acme/own", tofu, "registry.opentofu.org/acme/own"],
  ["example.com/acme/own", tofu, "example.com/acme/own"],
])("%s is, as a whole address, %o's %s", (source, program, address) =>
  expect(providerAddress(source, program)).toBe(address),
);

it("a state's writer is told by its providers", () => {
  const of = (...providers: string[]) => providers.map((provider) => ({ provider }));
  const [aws, other] = ['provider["registry.terraform.io/hashicorp/aws"]', "registry.opentofu.org/hashicorp"];
  expect(writtenBy(of(aws))).toBe(terraform);
  expect(writtenBy(of(aws, `module.a["x.y"].provider["${other}/aws"].virginia`))).toBe(tofu);
  expect(
    writtenBy(of('provider["terraform.io/builtin/terraform"]', 'provider["a.example/b/c"]')),
  ).toBeUndefined();
  expect(writtenBy([{ instances: [{ provider: `provider["${other}/aws"].eu["a"]` }] }])).toBe(tofu);
  expect(writtenBy([{}, null, 7])).toBeUndefined();
});
