import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RealAws } from "../support/real-aws.ts";
import { startTofuAws, TOFU_SKIPPED } from "../support/real-tofu.ts";
import { run } from "../support/run.ts";

const STACKS = ["02-s3", "06-iam"];

let aws: RealAws;
beforeAll(async () => {
  if (TOFU_SKIPPED) return;
  aws = await startTofuAws();
  aws.env.CALI_PLAN_KEY = randomBytes(32).toString("base64");
});
afterAll(() => aws?.stop());

it.skipIf(TOFU_SKIPPED)(
  `OpenTofu applies the sealed plans of 02-s3 and 06-iam, and plans No changes${TOFU_SKIPPED}`,
  async () => {
    const out = (name: string) => join(aws.folder, name);
    const cali = async (...args: string[]) => {
      const { code, stdout, stderr } = await aws.cali(...args, "--env", "dev");
      expect(code, stdout + stderr).toBe(0);
      return stdout;
    };
    await cali("plan", ...STACKS, "--out", out("plans"), "--seal", out("sealed"));
    expect(JSON.parse(readFileSync(join(out("plans"), "run.json"), "utf8"))).toMatchObject({
      program: "tofu",
      stacks: STACKS.map((name) => ({ name, status: "changes" })),
    });
    const reviewed = ["--plans", out("sealed"), "--head-commit", "a".repeat(40)];
    const deployed = await cali("deploy", ...STACKS, ...reviewed, "--out", out("deploy"));
    for (const stack of STACKS) expect(deployed).toContain(`${stack}: applied`);
    // By itself, as after the end of the framework: the JSON stands alone.
    const again = await Promise.all(
      STACKS.map((name) =>
        run("tofu", ["plan", "-input=false", "-no-color"], {
          cwd: join(aws.checkout, ".cali/synth/dev/stacks", name),
          env: aws.env,
        }),
      ),
    );
    for (const { stdout, stderr } of again) expect(stdout + stderr).toContain("No changes.");
  },
);
