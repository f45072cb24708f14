import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { loadConfig } from "../config/load.ts";
import { stateBackend } from "../config/state-backend.ts";
import { startMoto } from "../test/support/moto.ts";
import { CALI, run } from "../test/support/run.ts";
import { writeApplication } from "../test/support/terraform-app.ts";
import { Absent, atLeastTimes, type Benchmark, growsLinearly } from "./frame.ts";

const PARALLEL = 4;

/**
 * How long `cali plan`, which renders the comment too, takes beside Terraform itself, which inits, plans and shows the same stacks, as many
 * at once. Stacks of Terraform's built-in resource, whose states are in moto's S3: Terraform has next to nothing to do.
 */
export const benchmark: Benchmark = {
  name: "plan",
  unit: "s",
  better: "less",
  size: "stacks",
  sizes: [3, 6, 13],
  rounds: 3,
  growth: "figure",
  targets: [
    { ...atLeastTimes(0.77, "terraform"), says: "at most 1.3 times Terraform's own time" },
    growsLinearly("CALI"),
  ],
  async open(size) {
    const backend = stateBackend(loadConfig({ env: "dev" }));
    const moto = await startMoto().catch((error: Error) => {
      throw new Absent(error.message);
    });
    const folder = mkdtempSync(join(tmpdir(), "cali-bench-plan-"));
    const names = Array.from({ length: size }, (_, index) => `${String(index + 1).padStart(2, "0")}-stack`);
    const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
    const env = {
      AWS_ENDPOINT_URL: moto.url,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_REGION: backend.region,
      CALI_ENV: "dev",
      CALI_COMMIT: "a".repeat(40),
      TF_IN_AUTOMATION: "1",
    };
    const succeed = async (command: string, args: readonly string[], cwd?: string) => {
      const result = await run(command, args, { env, ...(cwd && { cwd }) });
      if (result.code !== 0)
        throw new Error(`${command} ${args.join(" ")}: ${result.stderr}${result.stdout}`);
    };
    await succeed("node", [...CALI, "bootstrap"]);
    // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
    const s3 = new S3Client({
      endpoint: moto.url,
      region: backend.region,
      forcePathStyle: true,
      credentials,
    });
    await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
    s3.destroy();
    /** Fresh folders each time, as in a pipeline. */
    const synth = (name: string): string => {
      const outdir = join(folder, name);
      rmSync(outdir, { recursive: true, force: true });
      const values = (stack: string) =>
        Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`value_${index}`, `${stack} ${index}`]));
      writeApplication(
        outdir,
        backend,
        names.map((stack) => ({ name: stack, values: values(stack) })),
      );
      return outdir;
    };
    const seconds = async (work: () => Promise<unknown>) => {
      const began = performance.now();
      await work();
      return (performance.now() - began) / 1_000;
    };
    return {
      contenders: {
        CALI: () => {
          const plans = join(folder, "plans");
          rmSync(plans, { recursive: true, force: true });
          const options = ["--synth-dir", synth("cali"), "--out", plans, "--parallel", String(PARALLEL)];
          return seconds(() => succeed("node", [...CALI, "plan", ...options]));
        },
        terraform: () => {
          const outdir = synth("terraform");
          const limit = pLimit(PARALLEL);
          const plan = async (name: string) => {
            const cwd = join(outdir, "stacks", name);
            await succeed("terraform", ["init", "-input=false", "-no-color"], cwd);
            await succeed("terraform", ["plan", "-input=false", "-no-color", "-out=plan"], cwd);
            await succeed("terraform", ["show", "-json", "plan"], cwd);
          };
          return seconds(() => Promise.all(names.map((name) => limit(() => plan(name)))));
        },
      },
      close: async () => {
        await moto.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};
