import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DeleteBucketPolicyCommand, S3Client } from "@aws-sdk/client-s3";
import pLimit from "p-limit";
import { loadConfig } from "../config/load.ts";
import { stateBackend } from "../config/state-backend.ts";
import { startMoto } from "../test/support/moto.ts";
import { CALI, type RunResult, run } from "../test/support/run.ts";
import { writeApplication } from "../test/support/terraform-app.ts";

/**
 * How long `cali plan` and `cali comment` take for 13 stacks beside Terraform itself, which inits, plans and shows the same stacks,
 * as many at once. Stacks of Terraform's built-in resource, whose states are in moto's S3. They take turns.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    stacks: { type: "string", default: "13" },
    parallel: { type: "string", default: "4" },
  },
});
const { parallel } = values;
const names = Array.from(
  { length: Number(values.stacks) },
  (_, index) => `${String(index + 1).padStart(2, "0")}-stack`,
);
const backend = stateBackend(loadConfig({ env: "dev" }));
const folder = mkdtempSync(join(tmpdir(), "cali-bench-plan-"));
const moto = await startMoto();
const env = {
  AWS_ENDPOINT_URL: moto.url,
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "secret-key",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_REGION: backend.region,
  CALI_ENV: "dev",
  CALI_COMMIT: "a".repeat(40),
  TF_IN_AUTOMATION: "1",
};

async function succeed(command: string, args: readonly string[], cwd?: string): Promise<RunResult> {
  const result = await run(command, args, { env, ...(cwd && { cwd }) });
  if (result.code !== 0) throw new Error(`${command} ${args.join(" ")}: ${result.stderr}${result.stdout}`);
  return result;
}

/** Fresh folders each time, as in a pipeline. */
function synth(name: string): string {
  const outdir = join(folder, name);
  rmSync(outdir, { recursive: true, force: true });
  const stacks = names.map((stack) => ({
    name: stack,
    values: Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [`value_${index}`, `${stack} ${index}`]),
    ),
  }));
  writeApplication(outdir, backend, stacks);
  return outdir;
}

async function cali(): Promise<void> {
  const plans = join(folder, "plans");
  rmSync(plans, { recursive: true, force: true });
  const command = [...CALI, "plan", "--synth-dir", synth("cali"), "--out", plans, "--parallel", parallel];
  await succeed("node", command);
}

async function terraform(): Promise<void> {
  const outdir = synth("terraform");
  const limit = pLimit(Number(parallel));
  const plan = async (name: string) => {
    const cwd = join(outdir, "stacks", name);
    await succeed("terraform", ["init", "-input=false", "-no-color"], cwd);
    await succeed("terraform", ["plan", "-input=false", "-no-color", "-out=plan"], cwd);
    await succeed("terraform", ["show", "-json", "plan"], cwd);
  };
  await Promise.all(names.map((name) => limit(() => plan(name))));
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

try {
  await succeed("node", [...CALI, "bootstrap"]);
  const s3 = new S3Client({
    endpoint: moto.url,
    region: backend.region,
    forcePathStyle: true,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY },
  });
  // moto takes a Deny for one whatever its condition says, and would refuse Terraform everything.
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: backend.bucket }));
  s3.destroy();
  for (let round = 1; round <= Number(values.rounds); round++) {
    const peer = await seconds(terraform);
    const own = await seconds(cali);
    console.log(
      `round ${round}: terraform ${peer.toFixed(1)} s, cali plan and comment ${own.toFixed(1)} s: ${(own / peer).toFixed(2)} times`,
    );
  }
} finally {
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
}
