import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SynthesizedStack } from "../../delivery/core/application/application.ts";
import { type PlanStackOptions, planStack, prepare } from "../../delivery/core/planning/plan-stack.ts";
import { Secrets } from "../../delivery/core/terraform/secrets.ts";
import { FakeTerraform } from "../support/fake-terraform.ts";
import { type ChangeInput, planJson } from "../support/plans.ts";

const NAME = "13-consumer";
const SHARDS: ChangeInput = { actions: ["update"], before: { shards: 1 }, after: { shards: 2 } };
const IMAGE = `registry/consumer@sha256:${"a".repeat(64)}`;

let root: string;
let terraform: FakeTerraform;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cali-plan-stack-"));
  terraform = new FakeTerraform(root);
  mkdirSync(join(root, "out"));
  vi.stubEnv("PATH", terraform.path);
  vi.stubEnv("TF_VAR_consumer_image", undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

function options(over: Partial<PlanStackOptions> = {}): PlanStackOptions {
  return {
    program: terraform.program,
    secrets: new Secrets({ PASSWORD: "hunter2-hunter2" }),
    out: join(root, "out"),
    lockTimeout: "7s",
    pluginCache: join(root, "cache"),
    lockFile: () => undefined,
    init: (_, init) => init(),
    onDifference: () => {},
    progress: () => {},
    ...over,
  };
}
const plan = (stack: SynthesizedStack, over?: Partial<PlanStackOptions>) => planStack(stack, options(over));

describe("planning a stack", () => {
  it("keeps the plan and its JSON for this user alone, and says what the plan is of", async () => {
    const stack = terraform.stack({ name: NAME, state: { serial: 7 }, changes: [SHARDS], lock: "lock" });
    const doing: string[] = [];
    const planned = await plan(stack, { progress: (one) => doing.push(one) });
    expect(planned).toEqual({
      stack,
      status: "planned",
      state: { lineage: "lineage", serial: 7, outputs: {}, resources: [{}], isEmpty: false },
      lockDigest: createHash("sha256").update("lock").digest("hex"),
      hasChanges: true,
      durationMs: expect.any(Number),
    });
    expect(Number.isInteger(planned.durationMs)).toBe(true);
    const json = join(root, "out", `${NAME}.json`);
    expect(JSON.parse(readFileSync(json, "utf8"))).toEqual(planJson([SHARDS], { diagnostics: [] }));
    expect(statSync(json).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, "out", `${NAME}.tfplan.log`)).mode & 0o777).toBe(0o600);
    expect(doing).toEqual(["init", "planning"]);
    // The state of the plan stands in its file: it takes no call.
    expect(terraform.calls).toEqual([`${NAME} init`, `${NAME} plan`, `${NAME} show`]);
    expect(terraform.callsOf("plan")).toEqual([
      `${NAME} plan -input=false -no-color -lock-timeout=7s -out=${join(root, "out", `${NAME}.tfplan`)}`,
    ]);
  });

  it("tells a plan without changes, of a state that was never written", async () => {
    const planned = await plan(terraform.stack({ name: NAME }));
    expect(planned).toMatchObject({
      status: "planned",
      hasChanges: false,
      lockDigest: undefined,
      state: { isEmpty: true, serial: 0, lineage: "" },
    });
  });

  it("gives init the providers that it needs, and the lock file that is kept", async () => {
    const lockFile = join(root, "kept.hcl");
    writeFileSync(lockFile, "kept");
    const init = vi.fn((_: readonly string[], work: () => Promise<void>) => work());
    const stack = terraform.stack({ name: NAME, providers: ["hashicorp/aws 6.25.0"] });
    const planned = await plan(stack, { init, lockFile: (name) => (name === NAME ? lockFile : undefined) });
    expect(init).toHaveBeenCalledExactlyOnceWith(["hashicorp/aws 6.25.0"], expect.any(Function));
    expect(planned).toMatchObject({ lockDigest: createHash("sha256").update("kept").digest("hex") });
    expect(terraform.callsOf("init")).toEqual([
      `${NAME} init -input=false -no-color -reconfigure -lockfile=readonly`,
    ]);
  });

  it("gives Terraform the values of variables, and the image that runs", async () => {
    const stack = terraform.stack({
      name: NAME,
      state: { serial: 1, outputs: { consumer_image: { value: IMAGE } } },
      requiredVariables: ["consumer_image", "rotation"],
      before: {
        plan: 'echo "$TF_VAR_rotation $TF_VAR_consumer_image $TF_IN_AUTOMATION" > "$fake/variables"',
      },
    });
    expect((await plan(stack, { variables: { TF_VAR_rotation: "2" } })).status).toBe("planned");
    expect(readFileSync(join(stack.folder, "fake/variables"), "utf8")).toBe(`2 ${IMAGE} 1\n`);
  });

  it("takes an image that is given for the one that runs", async () => {
    const stack = terraform.stack({
      name: NAME,
      requiredVariables: ["consumer_image"],
      before: { plan: 'echo "$TF_VAR_consumer_image" > "$fake/variables"' },
    });
    await plan(stack, { variables: { TF_VAR_consumer_image: "given" } });
    expect(readFileSync(join(stack.folder, "fake/variables"), "utf8")).toBe("given\n");
    vi.stubEnv("TF_VAR_consumer_image", "from the environment");
    await plan(stack);
    expect(readFileSync(join(stack.folder, "fake/variables"), "utf8")).toBe("from the environment\n");
    expect(terraform.calls).not.toContain(`${NAME} state`);
  });

  it("waits while there is no image, and names each variable", async () => {
    const stack = terraform.stack({
      name: NAME,
      state: { serial: 4 },
      requiredVariables: ["consumer_image", "image", "rotation"],
    });
    expect(await plan(stack)).toEqual({
      stack,
      status: "waiting",
      state: { lineage: "lineage", serial: 4, outputs: {}, resources: [{}], isEmpty: false },
      reason:
        "waiting for an image: nothing runs yet, and TF_VAR_consumer_image, TF_VAR_image is not set. The service's own workflow gives it.",
      durationMs: expect.any(Number),
    });
    expect(terraform.calls).toEqual([`${NAME} init`, `${NAME} state`]);
  });
});

describe("a stack that cannot be planned", () => {
  it("has failed, with Terraform's words and no secret, and with its state", async () => {
    const stack = terraform.stack({
      name: NAME,
      state: { serial: 4 },
      before: { plan: 'echo "Error: no such thing: hunter2-hunter2"; exit 1' },
    });
    expect(await plan(stack)).toEqual({
      stack,
      status: "failed",
      state: expect.objectContaining({ serial: 4 }),
      reason: "terraform plan ended with 1:\nError: no such thing: (sensitive)",
      durationMs: expect.any(Number),
    });
  });

  it("has failed without a state where that cannot be read either", async () => {
    const refused = { init: "echo 'no backend' >&2; exit 1", state: "exit 1" };
    const planned = await plan(terraform.stack({ name: NAME, before: refused }));
    expect(planned).toMatchObject({
      status: "failed",
      state: undefined,
      reason: "terraform init ended with 1:\nno backend",
    });
    const later = { plan: "exit 1", state: "exit 1", init: ":" };
    expect(await plan(terraform.stack({ name: NAME, before: later }))).toMatchObject({
      status: "failed",
      state: undefined,
      reason: "terraform plan ended with 1:\n",
    });
  });

  it("has failed when what Terraform shows is no plan", async () => {
    const stack = terraform.stack({ name: NAME, before: { show: "echo '{}'; exit 0" } });
    const planned = await plan(stack);
    expect(planned).toMatchObject({ status: "failed" });
    expect(planned.status === "failed" && planned.reason).toContain(`${NAME}.json`);
  });
});

describe("the one state of the layout shared", () => {
  const legacy = readFileSync(join(import.meta.dirname, "../fixtures/legacy/terraform.tfstate"), "utf8");
  const infra = (project: string) => {
    const stack = terraform.stack({ name: "infra" });
    writeFileSync(join(stack.folder, "fake/state"), legacy);
    const variable = {
      project_name: { default: project },
      environment: { default: "dev" },
      aws_region: { default: "ap-northeast-2" },
    };
    const resource = { aws_iam_role: { firehose: { name: "${var.project_name}-firehose-role" } } };
    writeFileSync(join(stack.folder, "cdk.tf.json"), JSON.stringify({ variable, resource }));
    return stack;
  };

  it("is compared before it is planned, and what differs is told without secrets", async () => {
    const told: string[] = [];
    const secrets = new Secrets({ A_TOKEN: "cali-firehose-s3" });
    const { images } = await prepare(
      infra("cali"),
      options({ secrets, onDifference: (line) => told.push(line) }),
    );
    expect(images).toEqual({ environment: {}, missing: [] });
    expect(told.length).toBeGreaterThan(5);
    expect(told.join("\n")).toContain("(sensitive)");
    expect(told.join("\n")).not.toContain("cali-firehose-s3");
    // Read once, though two ask.
    expect(terraform.calls).toEqual(["infra init", "infra state"]);
  });

  it("is not planned with the configuration of another project", async () => {
    const planned = await plan(infra("shop"));
    expect(planned).toMatchObject({ status: "failed", state: undefined });
    expect(planned.status === "failed" && planned.reason).toContain(
      "project: given shop; the state is of cali",
    );
    expect(terraform.calls).not.toContain("infra plan");
  });

  it("is not asked for of any other stack", async () => {
    const told = vi.fn();
    await prepare(terraform.stack({ name: NAME }), options({ onDifference: told }));
    expect(terraform.calls).toEqual([`${NAME} init`]);
    expect(told).not.toHaveBeenCalled();
  });
});
