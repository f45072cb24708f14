import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeadBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { copyCheckout } from "../support/checkout.ts";
import { type HandWritten, PASSWORD, terraform, writeProject } from "../support/hand-written.ts";
import { ROOT, run } from "../support/run.ts";
import { startUserAws, USER_SKIPPED, type UserAws } from "../support/user-aws.ts";
import { PROJECTS } from "../support/user-projects.ts";

/** The steps of docs/getting-started.md for who runs CALI with Terraform, in its own words, with the real AWS provider. */
const STEPS =
  readFileSync(join(ROOT, "docs/getting-started.md"), "utf8").split("## A new environment")[0] ?? "";
const step = (pattern: RegExp) =>
  pattern.exec(STEPS)?.[1] ?? expect.fail(`docs/getting-started.md has no ${pattern}`);
const PULL = step(/`(terraform state pull > before\.tfstate)`/);
const SWITCH = step(/^ +(npx cali switch .*)$/m);
const PLAN = step(/`(TF_VAR_opensearch_master_password=… npx cali plan infra --env team)`/);
const DOCTOR = step(/`(npx cali doctor --env team)`/);

/** A user's machine: the hand-written project in `terraform`, a checkout beside it. */
async function machineOf(folder: string, given: HandWritten) {
  const aws = await startUserAws(given.region);
  const [project, checkout] = ["terraform", "cali"].map((name) => join(folder, name)) as [string, string];
  await writeProject(project, given, aws);
  copyCheckout(checkout);
  const env = { ...aws.env, CALI_COMMIT: "a".repeat(40), TF_VAR_token: "t0k3n-value" };
  return {
    aws,
    project,
    checkout,
    /** A line of it, with this environment's values for the example's. */
    type: (line: string, cwd: string) =>
      run(
        "sh",
        [
          "-c",
          line
            .replace("cali-terraform-state", `${given.project}-terraform-state`)
            .replace("=…", `=${PASSWORD}`),
        ],
        { cwd, env },
      ),
  };
}

describe.skipIf(USER_SKIPPED !== "")(
  `the documented way for who runs CALI with Terraform${USER_SKIPPED}`,
  () => {
    let folder: string;
    const running: UserAws[] = [];
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "cali-switch-real-"));
    });
    afterAll(async () => {
      await Promise.all(running.map((aws) => aws.stop()));
      rmSync(folder, { recursive: true, force: true });
    });

    // Most of an environment's time is the provider's waiting.
    it.concurrent.each(PROJECTS.map((one) => [one.project, one] as const))(
      "%s: the first plan changes nothing, and what is the user's own stays alive",
      async (name, given) => {
        const { aws, project, checkout, type } = await machineOf(join(folder, name), given);
        running.push(aws);
        await terraform(project, aws, "init", "-input=false");
        await terraform(project, aws, "apply", "-auto-approve", "-input=false");
        rmSync(join(project, "import.tf"));
        await terraform(project, aws, "plan", "-detailed-exitcode", "-input=false");

        expect(await type(PULL, project)).toMatchObject({ code: 0 });
        const switched = await type(SWITCH, checkout);
        expect(switched.code, switched.stdout + switched.stderr).toBe(0);
        expect(switched.stdout + switched.stderr).not.toMatch(/t0k3n-value|Passw0rd/);
        const planned = await type(PLAN, checkout);
        expect(planned.code, planned.stdout + planned.stderr).toBe(0);
        expect(readPlanRun(join(checkout, ".cali/plans")).stacks).toMatchObject([
          { name: "infra", status: "no-changes" },
        ]);
        const examined = await type(DOCTOR, checkout);
        expect(examined.stdout).toContain("schemas of infra: as the AWS provider 5.100.0 writes them");
        expect(examined.stdout).not.toContain("FAILURE  configuration of infra");

        const deploy = PLAN.replace("cali plan infra", "cali deploy infra --replan");
        const deployed = await type(deploy, checkout);
        expect(deployed.code, deployed.stdout + deployed.stderr).toBe(0);
        expect(deployed.stdout).toContain("infra: unchanged");
        const s3 = new S3Client({
          ...{ endpoint: aws.url, region: "eu-west-1", forcePathStyle: true },
          credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" },
        });
        await s3.send(new HeadBucketCommand({ Bucket: `${name}-${given.environment.toLowerCase()}-copies` }));
        s3.destroy();
        // Both projects go on beside each other.
        await terraform(project, aws, "plan", "-detailed-exitcode", "-input=false");
      },
      40 * 60_000,
    );
  },
);
