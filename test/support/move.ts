import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GetObjectCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { partition } from "../../delivery/commands/adopt/partition.ts";
import { parseStateFile, type StateFile } from "../../delivery/core/terraform/state-file.ts";
import { copyCheckout } from "./checkout.ts";
import { type HandWritten, PASSWORD, terraform, writeProject } from "./hand-written.ts";
import { ROOT, type RunResult, run } from "./run.ts";
import type { UserAws } from "./user-aws.ts";

const PARTS = ["01-kinesis", "02-s3", "03-opensearch", "05-eks", "06-iam", "07-ecr"] as const;

/** A user's hand-written project, and a checkout that works on its state. */
class Machine {
  readonly bucket: string;
  readonly project: string;
  readonly checkout: string;
  readonly aws: UserAws;
  readonly #s3: S3Client;

  constructor(folder: string, given: HandWritten, aws: UserAws) {
    this.aws = aws;
    this.bucket = `${given.project}-terraform-state`;
    this.project = join(folder, "terraform");
    this.checkout = join(folder, "cali");
    const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-key" };
    const { region } = given;
    this.#s3 = new S3Client({ endpoint: aws.url, region, credentials, forcePathStyle: true });
    copyCheckout(this.checkout);
  }

  cali(...args: string[]): Promise<RunResult> {
    return run("npx", ["cali", ...args], {
      cwd: this.checkout,
      env: {
        ...this.aws.env,
        CALI_COMMIT: "a".repeat(40),
        TF_VAR_token: "t0k3n-value",
        TF_VAR_opensearch_master_password: PASSWORD,
      },
    });
  }

  /** What it prints. */
  async does(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.cali(...args);
    expect(code, `cali ${args.join(" ")}\n${stdout}${stderr}`).toBe(0);
    return stdout + stderr;
  }

  async state(key: string): Promise<StateFile> {
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    return parseStateFile((await Body?.transformToString()) ?? "", key);
  }

  /** How many objects each state has; data sources are none. */
  async objects(): Promise<Record<string, number>> {
    const keys = [
      ["infra", "infra/terraform.tfstate"],
      ...PARTS.map((part) => [part, `stacks/${part}/terraform.tfstate`]),
    ] as const;
    const counts = keys.map(async ([stack, key]) => {
      const { resources } = await this.state(key as string);
      const managed = resources.filter(({ mode }) => mode === "managed");
      return [stack, managed.reduce((sum, { instances }) => sum + instances.length, 0)] as const;
    });
    return Object.fromEntries(await Promise.all(counts));
  }

  keepVersions(): Promise<unknown> {
    const VersioningConfiguration = { Status: "Enabled" } as const;
    return this.#s3.send(new PutBucketVersioningCommand({ Bucket: this.bucket, VersioningConfiguration }));
  }

  end(): void {
    this.#s3.destroy();
  }
}

const ENV = ["--env", "team"];
/** The commands in the page's own words. */
const PAGE = readFileSync(join(ROOT, "docs/migrating.md"), "utf8");
const typed = (pattern: RegExp) =>
  pattern.exec(PAGE)?.[1]?.split(" ") ?? expect.fail(`docs/migrating.md has no ${pattern}`);
const ADOPT = typed(/`npx cali (adopt --env team)`/);
const BACK = typed(/`npx cali (adopt --env team --back)`/);
const PLAN = typed(/`npx cali (plan infrastructure --env team)`/);
const sum = (counts: Record<string, number>) =>
  Object.entries(counts).reduce((all, [stack, count]) => (stack === "infra" ? all : all + count), 0);

/**
 * Makes a user's environment by hand-written Terraform, moves it into a state for each stack and back, each step by the command and its
 * deployment, and looks at both the gate's numbers and the states.
 *
 * @returns how many objects of 01-07 there were; the user's own stay where they are.
 */
export async function moveAndBack(folder: string, given: HandWritten, aws: UserAws): Promise<number> {
  const machine = new Machine(folder, given, aws);
  try {
    const { project, checkout } = machine;
    await writeProject(project, given, aws);
    await terraform(project, aws, "init", "-input=false");
    await terraform(project, aws, "apply", "-auto-approve", "-input=false");
    rmSync(join(project, "import.tf"));
    const before = join(folder, "before.tfstate");
    writeFileSync(before, await terraform(project, aws, "state", "pull"));
    const { adopted } = partition(parseStateFile(readFileSync(before, "utf8"), before));
    const own = adopted.length;
    await machine.does(
      ...[
        "switch",
        "--state",
        before,
        "--tfvars",
        join(project, "terraform.tfvars"),
        "--hcl",
        project,
        ...ENV,
      ],
      ...["--bucket", machine.bucket, "--key", "infra/terraform.tfstate"],
    );
    const refused = await machine.cali(...ADOPT);
    expect(refused.stderr + refused.stdout).toContain("whose versioning is off");
    expect(refused.code).toBe(1);
    await machine.keepVersions();

    await step(machine, "adopt", { own, imported: own, there: 0, forgotten: 0 });
    const foreign = ((await machine.objects()).infra ?? 0) - own;
    await step(machine, "adopt", { own, imported: 0, there: own, forgotten: own });
    const divided = await machine.objects();
    expect([divided.infra, sum(divided)]).toEqual([foreign, own]);
    expect(await machine.does(...ADOPT)).toContain("The move to stacks is over.");
    await unchanged(machine);
    const outputs = Object.keys((await machine.state("infra/terraform.tfstate")).outputs);
    const first = JSON.parse(readFileSync(before, "utf8")) as StateFile;
    expect(outputs.sort()).toEqual(Object.keys(first.outputs).sort());

    await step(machine, "back", { own, imported: own, there: 0, forgotten: 0 });
    await step(machine, "back", { own, imported: 0, there: own, forgotten: own });
    const joined = await machine.objects();
    expect([joined.infra, sum(joined)]).toEqual([own + foreign, 0]);
    expect(await machine.does(...BACK)).toContain("The move to shared is over.");
    expect(existsSync(join(checkout, "config/team.adoption.json"))).toBe(false);
    await unchanged(machine);
    // What an import cannot read would replace the cluster here as well: docs/migrating.md says what to add.
    const { creatorIsAdmin = true } = (given.values.cluster ?? {}) as { creatorIsAdmin?: boolean };
    const ignore_changes = [
      "bootstrap_self_managed_addons",
      ...(creatorIsAdmin ? [] : ["access_config[0].bootstrap_cluster_creator_admin_permissions"]),
    ];
    const resource = { aws_eks_cluster: { main: { lifecycle: { ignore_changes } } } };
    writeFileSync(join(project, "adopted_override.tf.json"), JSON.stringify({ resource }));
    await terraform(project, aws, "plan", "-detailed-exitcode", "-input=false");
    return own;
  } finally {
    machine.end();
  }
}

/** The command, its plan and its deployment. */
async function step(
  machine: Machine,
  way: "adopt" | "back",
  { own, imported, there, forgotten }: Record<"own" | "imported" | "there" | "forgotten", number>,
): Promise<void> {
  await machine.does(...(way === "back" ? BACK : ADOPT));
  const planned = await machine.does(...PLAN);
  expect(planned).toContain(
    `The move to ${way === "back" ? "shared" : "stacks"}: ${imported} of ${own} objects imported, ${there} there already, 0 not planned, ${forgotten} forgotten;`,
  );
  expect(planned).toContain("0 created, 0 replaced, 0 destroyed");
  await machine.does("deploy", "infrastructure", "--replan", ...ENV);
}

async function unchanged(machine: Machine): Promise<void> {
  const lines = (await machine.does(...PLAN, "--detailed-exitcode")).split("\n");
  expect(lines.filter((line) => /^(\d\d-\w+|infra): /.test(line) && !line.endsWith(": no-changes"))).toEqual(
    [],
  );
}
