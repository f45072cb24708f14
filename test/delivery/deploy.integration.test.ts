import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { stateBackend } from "../../config/state-backend.ts";
import { readDeployResult } from "../../delivery/core/deployment/deploy-result.ts";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { sealPlans } from "../../delivery/core/seal/seal-plans.ts";
import { GithubServer } from "../support/github-server.ts";
import { type Moto, startMoto } from "../support/moto.ts";
import { CALI, ROOT, runCali } from "../support/run.ts";
import { inputsIn } from "../support/state-inputs.ts";
import { type TestStack, writeApplication } from "../support/terraform-app.ts";

const HEAD = "a".repeat(40);
const backend = stateBackend(loadConfig({ env: "dev" }));
const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
const planKey = randomBytes(32).toString("base64");

let moto: Moto;
let s3: S3Client;
let base: Record<string, string>;
let folder: string;

beforeAll(async () => {
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_SHA"]) vi.stubEnv(name, undefined);
});
afterAll(() => vi.unstubAllEnvs());

beforeEach(async () => {
  moto = await startMoto();
  folder = mkdtempSync(join(tmpdir(), "cali-deploy-"));
  base = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
    CALI_PLAN_KEY: planKey,
    CALI_COMMIT: HEAD,
    TF_PLUGIN_CACHE_DIR: join(folder, "providers"),
  };
  s3 = new S3Client({ endpoint: moto.url, region: backend.region, forcePathStyle: true, credentials });
  const made = await runCali(["bootstrap", "--env", "dev"], { env: base });
  expect(made.code, made.stderr).toBe(0);
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
});
afterEach(async () => {
  s3.destroy();
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const write = (stacks: readonly TestStack[]) => writeApplication(at("synth"), backend, stacks);
const cali = (args: readonly string[], env: Record<string, string> = {}) =>
  runCali([...args], { env: { ...base, ...env } });
const plan = (...args: string[]) =>
  cali(["plan", "--synth-dir", at("synth"), "--out", at("plans"), "--seal", at("plans.sealed"), ...args]);
const deployArguments = (...args: string[]) => [
  "deploy",
  "--synth-dir",
  at("synth"),
  "--out",
  at("deploy"),
  "--lock-timeout",
  "60s",
  ...args,
];
const deploy = (args: readonly string[], env?: Record<string, string>) => cali(deployArguments(...args), env);
const reviewed = () => ["--plans", at("plans.sealed"), "--head-commit", HEAD];
const statuses = () =>
  Object.fromEntries(readDeployResult(at("deploy"))?.stacks.map(({ name, status }) => [name, status]) ?? []);

const applied = (stack: string) => inputsIn(s3, backend.bucket, stack);

const TWO: readonly TestStack[] = [
  { name: "01-first", values: { one: "a" } },
  { name: "02-second", dependencies: ["01-first"], values: { two: "b" } },
];

describe("cali plan and deploy", () => {
  it("applies exactly the plan that was reviewed, once", async () => {
    write(TWO);
    const planned = await plan();
    expect(planned.code, planned.stderr).toBe(0);
    expect(readPlanRun(at("plans"))).toMatchObject({
      environment: "dev",
      commit: HEAD,
      stacks: [
        { name: "01-first", status: "changes", order: 0 },
        { name: "02-second", status: "changes", order: 1, waitsFor: ["01-first"] },
      ],
    });
    const deployed = await deploy(reviewed());
    expect(deployed.code, deployed.stderr + deployed.stdout).toBe(0);
    expect(statuses()).toEqual({ "01-first": "applied", "02-second": "applied" });
    expect(await applied("02-second")).toEqual({ two: "b" });
    expect(existsSync(at("deploy/reviewed"))).toBe(false);

    expect((await plan("--detailed-exitcode")).stdout).toContain("01-first: no-changes");
    expect((await deploy(reviewed())).code).toBe(0);
    expect(statuses()).toEqual({ "01-first": "unchanged", "02-second": "unchanged" });
  });

  it("refuses when the state was changed in between, shows how, and applies nothing", async () => {
    write(TWO);
    await plan();
    await deploy(reviewed());
    write([{ ...TWO[0], name: "01-first", values: { one: "reviewed" } }, TWO[1] as TestStack]);
    await plan();
    // Somebody else applies something.
    write([{ ...TWO[0], name: "01-first", values: { one: "foreign", more: "x" } }, TWO[1] as TestStack]);
    await cali(["deploy", "--synth-dir", at("synth"), "--out", at("other"), "--replan"]);
    write([{ ...TWO[0], name: "01-first", values: { one: "reviewed" } }, TWO[1] as TestStack]);
    rmSync(at("deploy"), { recursive: true });
    const refused = await deploy(reviewed());
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("Nothing was applied");
    expect(refused.stderr).toContain("the state was changed (serial");
    expect(refused.stderr).toContain("terraform_data.more: reviewed: nothing; now: delete");
    expect(await applied("01-first")).toEqual({ one: "foreign", more: "x" });
  });

  it("refuses plans of another key, commit or environment, and those that were tampered with", async () => {
    write(TWO);
    await plan();
    const otherKey = await deploy(reviewed(), { CALI_PLAN_KEY: randomBytes(32).toString("base64") });
    expect(otherKey.stderr).toContain("CALI_PLAN_KEY is not the one it was sealed with");
    const noKey = await deploy(reviewed(), { CALI_PLAN_KEY: "short" });
    expect(noKey.stderr).toContain("given 5 characters that are not shown");
    const otherCommit = await deploy([...reviewed(), "--head-commit", "c".repeat(40)]);
    expect(otherCommit.stderr).toContain(`given plans of commit ${HEAD}; allowed: ${"c".repeat(40)}`);
    const otherEnvironment = await deploy([...reviewed(), "--env", "prod"]);
    expect(otherEnvironment.stderr).toContain("given plans of environment dev; allowed: prod");
    const bytes = readFileSync(at("plans.sealed"));
    for (const place of [20, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[place] = (changed[place] ?? 0) ^ 1;
      writeFileSync(at("plans.sealed"), changed);
      expect((await deploy(reviewed())).stderr).toMatch(/doesn't open|was cut off/);
    }
    await expect(applied("01-first")).rejects.toThrow("The specified key does not exist");
  });

  it("goes on where a deploy was killed in the middle", async () => {
    const marker = at("began");
    const slow: TestStack[] = [
      { name: "01-first", values: { one: "a" } },
      {
        name: "02-second",
        dependencies: ["01-first"],
        values: { two: "b" },
        command: `touch ${marker}; sleep 2; echo done >> ${at("made")}`,
      },
      { name: "03-third", dependencies: ["02-second"], values: { three: "c" } },
    ];
    write(slow);
    await plan();
    const killed = spawn(process.execPath, [...CALI, ...deployArguments(...reviewed())], {
      cwd: ROOT,
      env: { ...process.env, ...base },
      stdio: "ignore",
    });
    await expect.poll(() => existsSync(marker), { timeout: 60_000 }).toBe(true);
    killed.kill("SIGKILL");
    expect(statuses()).toMatchObject({
      "01-first": "applied",
      "02-second": "applying",
      "03-third": "pending",
    });

    const continued = await deploy(reviewed());
    expect(continued.code, continued.stderr + continued.stdout).toBe(0);
    expect(statuses()).toEqual({ "01-first": "unchanged", "02-second": "unchanged", "03-third": "applied" });
    expect(readFileSync(at("made"), "utf8")).toBe("done\n");
    expect(await applied("03-third")).toEqual({ three: "c" });
  });

  it("passes a signal on to Terraform, which writes its state and gives its lock back", async () => {
    const marker = at("began");
    const slow = { one: "a", two: "b" };
    write([
      {
        name: "01-first",
        values: slow,
        command: `touch ${marker}; [ -e ${at("go")} ] || exec sleep 600`,
      },
      { name: "02-second", dependencies: ["01-first"], values: { two: "b" } },
    ]);
    await plan();
    const stopped = spawn("node", [...CALI, ...deployArguments(...reviewed())], {
      cwd: ROOT,
      env: { ...process.env, ...base },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [stopped.stdout, stopped.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
    }
    const ended = once(stopped, "close");
    await expect.poll(() => existsSync(marker), { timeout: 60_000 }).toBe(true);
    stopped.kill("SIGTERM");
    // Terraform ends the command: what it was making is never made.
    expect((await ended)[0], said).toBe(1);
    expect(said).toContain("SIGTERM: waiting for Terraform");
    writeFileSync(at("go"), "");
    expect(said).toContain("terraform_data.one: Creating...");
    expect(statuses()).toEqual({ "01-first": "failed", "02-second": "skipped" });
    // What was being made is there, half done: the reviewed plan is no more what there is to do.
    const continued = await deploy(["--replan", "--lock-timeout", "1s"]);
    expect(continued.code, continued.stderr + continued.stdout).toBe(0);
    expect(await applied("01-first")).toEqual(slow);
    expect(await applied("02-second")).toEqual({ two: "b" });
  });

  it("does not apply a plan of another version of Terraform without looking at it anew", async () => {
    write(TWO);
    await plan();
    const path = at("plans/run.json");
    writeFileSync(
      path,
      JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), terraformVersion: "1.10.0" }),
    );
    await sealPlans({ folder: at("plans"), file: at("plans.sealed"), key: Buffer.from(planKey, "base64") });
    const deployed = await deploy(reviewed());
    expect(deployed.code, deployed.stderr).toBe(0);
    expect(deployed.stdout).toContain("the program is another one (Terraform 1.10.0, now Terraform ");
    expect(deployed.stdout).toContain("a new plan does the same");
  });

  it("stops what depends on a stack that fails, and says why without its secrets", async () => {
    write([
      { name: "01-first", values: { one: "a" }, command: 'echo "the token is $TOKEN"; exit 3' },
      { name: "02-second", dependencies: ["01-first"], values: { two: "b" } },
      { name: "03-third", values: { three: "c" } },
    ]);
    const failed = await deploy(["--replan"], { TOKEN: "a-secret-token" });
    expect(failed.code).toBe(1);
    expect(statuses()).toEqual({ "01-first": "failed", "02-second": "skipped", "03-third": "applied" });
    expect(failed.stdout).toContain("exit status 3");
    expect(failed.stdout + failed.stderr + readFileSync(at("deploy/deploy.json"), "utf8")).not.toContain(
      "a-secret-token",
    );
  });

  it("lets the lock decide when two deploy at once", async () => {
    write([{ name: "01-first", values: { one: "a" }, command: `sleep 2; echo made >> ${at("made")}` }]);
    await plan();
    const other = cali(["deploy", "--synth-dir", at("synth"), "--out", at("other"), ...reviewed()]);
    const [one, two] = await Promise.all([deploy(reviewed()), other]);
    // The later one finds a plan that is no longer good, or that everything is there.
    expect([one.code, two.code]).toContain(0);
    expect(readFileSync(at("made"), "utf8")).toBe("made\n");
    expect(await applied("01-first")).toEqual({ one: "a" });
  });

  it("says which stacks wait for one that was never applied, and which failed by themselves", async () => {
    const missing = {
      data: { terraform_remote_state: { other: { backend: "local", config: { path: "/none" } } } },
    };
    write([
      TWO[0] as TestStack,
      { name: "05-alone", blocks: { ...missing } },
      { name: "08-cluster", dependencies: ["01-first"], blocks: { ...missing } },
      {
        name: "09-mistake",
        dependencies: ["01-first"],
        blocks: { ...missing, output: { none: { value: "${terraform_data.none}" } } },
      },
    ]);
    const planned = await plan();
    expect(planned.code).toBe(1);
    expect(
      readPlanRun(at("plans")).stacks.map(({ name, status }) => [name, status]),
      planned.stdout,
    ).toEqual([
      ["01-first", "changes"],
      ["05-alone", "failed"],
      ["08-cluster", "waiting"],
      ["09-mistake", "failed"],
    ]);
    expect(existsSync(at("plans.sealed"))).toBe(false);
    const waiting = await plan("01-first", "08-cluster");
    expect(waiting.code, waiting.stdout).toBe(0);
    expect(waiting.stdout).toContain("waiting for 01-first: never applied");
    const deployed = await deploy(reviewed());
    expect(deployed.stdout).toContain("08-cluster: waiting\n  nobody has reviewed a plan of it");
    expect(await applied("01-first")).toEqual({ one: "a" });
  });

  it("hides a sensitive value that Terraform's own validation shows", async () => {
    const variable = {
      password: {
        type: "string",
        sensitive: true,
        nullable: false,
        validation: [
          { condition: "${length(var.password) > 20}", error_message: "too short: ${var.password}" },
        ],
      },
    };
    write([
      { name: "01-first", values: { one: "${nonsensitive(length(var.password))}" }, blocks: { variable } },
    ]);
    const refused = await cali(["plan", "--synth-dir", at("synth"), "--out", at("plans")], {
      TF_VAR_password: "hunter2-hunter2",
    });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain("too short");
    expect(refused.stdout + refused.stderr).not.toContain("hunter2");
  });

  it("takes the image that runs when none is given, and waits when there is none", async () => {
    const stack = (name: string): TestStack => ({
      name,
      values: { image: "${var.image}" },
      blocks: {
        variable: { image: { type: "string", nullable: false } },
        output: { image: { value: "${var.image}" } },
      },
    });
    write([stack("13-consumer")]);
    expect((await plan()).stdout).toContain("waiting for an image");
    const image = "registry/consumer@sha256:1";
    expect((await deploy(["--replan"], { TF_VAR_image: image })).code).toBe(0);
    expect((await plan()).stdout).toContain("13-consumer: no-changes");
    expect(await applied("13-consumer")).toEqual({ image });
  });

  it("releases an image, and puts the earlier one back when the rollout fails", async () => {
    const digest = (of: string) => `1.dkr.ecr/cali-dev/consumer@sha256:${of.repeat(64)}`;
    write([
      {
        name: "13-consumer",
        values: { image: "${var.image}" },
        // The rollout of image b never gets ready.
        command: `case \${var.image} in *bbbb) exit 7;; esac`,
        blocks: {
          variable: { image: { type: "string", nullable: false } },
          output: { image: { value: "${var.image}" } },
        },
      },
    ]);
    const release = (image: string) =>
      cali(["release", "consumer", "--synth-dir", at("synth"), "--out", at("deploy"), "--image", image]);
    expect((await release("consumer:latest")).stderr).toContain(
      "given consumer:latest; allowed: an image by digest",
    );
    const first = await release(digest("a"));
    expect(first.code, first.stderr + first.stdout).toBe(0);
    // terraform_data runs its command only when it is made.
    const replace = at("synth/stacks/13-consumer/cdk.tf.json");
    const configuration = JSON.parse(readFileSync(replace, "utf8"));
    configuration.resource.terraform_data.image.triggers_replace = "${var.image}";
    writeFileSync(replace, JSON.stringify(configuration));
    expect((await deploy(["--replan"])).code).toBe(0);
    const failed = await release(digest("b"));
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(`${digest("a")} runs again`);
    expect(statuses()).toEqual({ "13-consumer": "failed" });
    expect(await applied("13-consumer")).toEqual({ image: digest("a") });
  });

  it("refuses to destroy data, unless the pull request has the label", async () => {
    const github = new GithubServer();
    await github.listen();
    try {
      const { number } = github.open(HEAD);
      write([TWO[0] as TestStack]);
      await plan();
      // A plan of Terraform's own resource that claims to replace a stream.
      copyFileSync(join(ROOT, "test/fixtures/plans/replace.json"), at("plans/01-first.json"));
      await sealPlans({ folder: at("plans"), file: at("plans.sealed"), key: Buffer.from(planKey, "base64") });
      const asked = () => deploy([...reviewed(), "--pull-request", String(number)], github.environment);
      const refused = await asked();
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("Nothing was applied");
      expect(refused.stderr).toMatch(/aws_kinesis_stream\.logs would be replaced, and with it records/);
      await expect(applied("01-first")).rejects.toThrow("The specified key does not exist");

      github.issues[0]?.labels.push("allow-data-loss");
      const allowed = await asked();
      expect(allowed.code, allowed.stderr).toBe(0);
      expect(await applied("01-first")).toEqual({ one: "a" });
    } finally {
      await github.close();
    }
  });
});
