import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readPlanRun } from "../../delivery/core/planning/plan-run.ts";
import { AWS_PROVIDER, RealAws, SKIPPED } from "../support/real-aws.ts";
import { ROOT, run } from "../support/run.ts";

const STACK = "07-ecr";
const PLATFORM = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;

/** The commands of the documents, for what a mirror has: one stack's provider, for this platform. */
function commands(): string {
  const [, text = ""] =
    /^## Providers are locked[\s\S]*?```sh\n([\s\S]*?)```/m.exec(
      readFileSync(join(ROOT, "docs/pipeline.md"), "utf8"),
    ) ?? [];
  const changed = text
    .replace("cdktf.out/stacks/*/", `cdktf.out/stacks/${STACK}/`)
    .replace(
      "-platform=linux_amd64 -platform=darwin_arm64",
      `-fs-mirror="$CALI_PROVIDER_MIRROR" -platform=${PLATFORM}`,
    );
  expect(changed).toContain(`providers lock -fs-mirror="$CALI_PROVIDER_MIRROR" -platform=${PLATFORM}\n`);
  return changed;
}

describe.skipIf(!AWS_PROVIDER)(`lock files of providers${SKIPPED}`, () => {
  let aws: RealAws;
  afterEach(() => aws.stop());

  it("are made as the documents say, and cali plans with them", { timeout: 600_000 }, async () => {
    aws = await RealAws.start();
    await aws.bootstrap("dev");
    const made = await run("bash", ["-ec", commands()], { cwd: aws.checkout, env: aws.env });
    expect(made.code, made.stdout + made.stderr).toBe(0);
    const file = join(aws.checkout, `terraform-locks/${STACK}.hcl`);
    expect(readFileSync(file, "utf8")).toMatch(/"registry\.terraform\.io\/hashicorp\/aws"[\s\S]*"h1:/);
    const { code, stdout, stderr } = await aws.cali("plan", STACK, "--env", "dev");
    expect(code, stdout + stderr).toBe(0);
    expect(existsSync(join(aws.checkout, `.cali/synth/dev/stacks/${STACK}/.terraform.lock.hcl`))).toBe(true);
    expect(readPlanRun(join(aws.checkout, ".cali/plans")).stacks).toMatchObject([
      { name: STACK, status: "changes", lockDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
  });
});
