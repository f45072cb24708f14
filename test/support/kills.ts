import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { RealAws } from "./real-aws.ts";
import { CALI, ROOT } from "./run.ts";

const POLL_MS = 100;
/** Fewer changes than a deploy of 01-07 makes in either layout, its states and locks included; and what is left after a first kill. */
const CHANGES = 70;
const CHANGES_LEFT = 40;

/** A choice from 1 to `most`. */
export type Random = (most: number) => number;

/** Numbers that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return 1 + (((mixed ^ (mixed >>> 14)) >>> 0) % most);
  };
}

/** What creating an object of a type is called, where creating it twice would make two, or fail. */
const CREATIONS: Readonly<Record<string, string>> = {
  aws_cloudwatch_log_group: "logs:CreateLogGroup",
  aws_cloudwatch_log_stream: "logs:CreateLogStream",
  aws_ecr_repository: "ecr:CreateRepository",
  aws_eks_cluster: "eks:POST /clusters",
  aws_eks_node_group: "eks:POST /clusters/*/node-groups",
  aws_eks_pod_identity_association: "eks:POST /clusters/*/pod-identity-associations",
  aws_iam_policy: "iam:CreatePolicy",
  aws_iam_role: "iam:CreateRole",
  aws_kinesis_firehose_delivery_stream: "firehose:CreateDeliveryStream",
  aws_kinesis_stream: "kinesis:CreateStream",
  aws_kms_alias: "kms:CreateAlias",
  aws_kms_key: "kms:CreateKey",
  aws_launch_template: "ec2:CreateLaunchTemplate",
  aws_opensearch_domain: "es:POST /2021-01-01/opensearch/domain",
};

/**
 * Deploys 01-07 from nothing, kills node and Terraform at random changes, and goes on each time with what README says: `unlock`, `recover`,
 * `deploy`. In the end nothing was created twice, nothing was deleted, and there is nothing to change.
 *
 * @returns after which change each kill came; fewer than asked for where everything was there before.
 */
export async function deployWithKills(
  layout: "stacks" | "shared",
  kills: number,
  random: Random,
): Promise<string[]> {
  const aws = await RealAws.start();
  try {
    if (layout === "shared") aws.share("dev");
    await aws.bootstrap("dev");
    const killed: string[] = [];
    for (;;) {
      if (killed.length < kills) await aws.hold(random(killed.length === 0 ? CHANGES : CHANGES_LEFT));
      const at = await goOn(aws, killed.length > 0);
      // All is there.
      if (at === undefined) break;
      killed.push(at);
      const { code, stdout, stderr } = await aws.cali("unlock", "--env", "dev", "--seconds", "60");
      expect(code, stdout + stderr).toBe(0);
    }
    await aws.hold();
    await settled(aws);
    return killed;
  } finally {
    await aws.stop();
  }
}

/** Recovers, where there is something to recover from, and deploys. @returns where it was killed, if it was */
async function goOn(aws: RealAws, hasCrashed: boolean): Promise<string | undefined> {
  const recovering = hasCrashed ? await killable(aws, ["recover", "--yes"]) : undefined;
  if (recovering !== undefined) return `recover, ${recovering}`;
  const deploying = await killable(aws, ["deploy", "--replan", "infrastructure"]);
  return deploying && `deploy, ${deploying}`;
}

/** Runs a step; killed with all its Terraforms at the change whose answer is kept back. @returns that change, if it was */
async function killable(
  aws: RealAws,
  [command = "", ...args]: readonly string[],
): Promise<string | undefined> {
  const child = spawn(join(ROOT, "node_modules/.bin/node"), [...CALI, command, "--env", "dev", ...args], {
    cwd: aws.checkout,
    env: { ...process.env, ...aws.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const ended = once(child, "close");
  while (child.exitCode === null) {
    const { changes, holding } = await aws.changes();
    if (holding) {
      await killWithTerraform(child);
      await aws.hold();
      return `change ${changes.length}: ${changes.at(-1)}`;
    }
    await Promise.race([sleep(POLL_MS), ended]);
  }
  await ended;
  expect(child.exitCode, said).toBe(0);
  return undefined;
}

/** Kills a run of `cali` and all that it started. */
export async function killWithTerraform(child: ChildProcess): Promise<void> {
  const ended = once(child, "close");
  const programs = childrenOf(child.pid ?? 0);
  child.kill("SIGKILL");
  // Each Terraform is a process group of its own, with its providers.
  for (const pid of programs) killGroup(pid);
  await ended;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It has ended meanwhile, or is no Terraform and has no group.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function childrenOf(pid: number): number[] {
  return execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
}

async function settled(aws: RealAws): Promise<void> {
  const { code, stdout, stderr } = await aws.cali(
    "plan",
    "--env",
    "dev",
    "infrastructure",
    "--detailed-exitcode",
  );
  expect(code, stdout + stderr).toBe(0);
  const recovered = await aws.cali("recover", "--env", "dev");
  expect(recovered, recovered.stdout + recovered.stderr).toMatchObject({ code: 0 });
  const { changes } = await aws.changes();
  const names = changes.map((name) => name.replace(/\/clusters\/[^/]+/, "/clusters/*"));
  const made = Object.fromEntries(
    Object.entries(CREATIONS).map(([type, creation]) => [
      type,
      names.filter((one) => one === creation).length,
    ]),
  );
  expect(made).toEqual(countsIn(aws));
  const deleted = names.filter((one) => /:(Delete|DELETE )/.test(one));
  // Locks are given back, and the test itself has taken the states' bucket its policy.
  expect(
    deleted.filter(
      (one) => !/^dynamodb:DeleteItem$|\.tflock$|^s3:DELETE \/cali-dev-terraform-state\/$/.test(one),
    ),
  ).toEqual([]);
}

/** How many objects of each type the code has. */
function countsIn(aws: RealAws): Record<string, number> {
  const synth = join(aws.checkout, ".cali/synth/dev");
  const { stacks } = JSON.parse(readFileSync(join(synth, "manifest.json"), "utf8"));
  const counts = Object.fromEntries(Object.keys(CREATIONS).map((type) => [type, 0]));
  for (const { synthesizedStackPath } of Object.values<{ synthesizedStackPath: string }>(stacks)) {
    const { resource = {} } = JSON.parse(readFileSync(join(synth, synthesizedStackPath), "utf8"));
    for (const type of Object.keys(counts)) {
      counts[type] = (counts[type] ?? 0) + Object.keys(resource[type] ?? {}).length;
    }
  }
  return counts;
}
