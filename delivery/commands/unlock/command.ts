import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../../../config/load.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { type Application, readApplication } from "../../core/application/application.ts";
import { applicationOf } from "../../core/application/application-of.ts";
import { UnlockRefusedError } from "../../core/errors.ts";
import { repositoryOf } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";
import { environmentOption, synthDirOption } from "../../core/options.ts";
import { stackOptions } from "../../core/planning/plan.ts";
import { sightHere } from "../../core/state-backend/holder.ts";
import type { BackendClients } from "../../core/state-backend/lock.ts";
import { type Program, programOf } from "../../core/terraform/programs.ts";
import { Terraform } from "../../core/terraform/terraform.ts";
import { unlockById } from "./by-id.ts";
import { runHolder } from "./by-run.ts";
import { unlock } from "./unlock.ts";

interface Options {
  readonly env: string;
  readonly synthDir?: string;
  readonly seconds: number;
  readonly id?: string;
  readonly run?: number;
}

const POLL_MS = 500;

const numberBetween = (least: number, most: number) => (given: string) => {
  const number = Number(given);
  if (given.trim() !== "" && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new InvalidArgumentError(`allowed: a number from ${least} to ${most}`);
};

/** `cali unlock` */
export const unlockCommand = new Command("unlock")
  .description(
    "Ends what a cancelled job has left: waits for a Terraform that still works, gives back exactly the locks that this job's Terraform has left, and pushes a state that it could not write. Locks of others stay. With --id it gives back that one lock, in the table and beside the state, when who took it is seen dead.",
  )
  .addOption(environmentOption())
  .addOption(synthDirOption())
  .addOption(
    // Steps that run after a cancellation have 5 minutes.
    new Option("--seconds <number>", "longest wait for Terraform")
      .default(240)
      .argParser(numberBetween(0, 3_600)),
  )
  .option(
    "--id <lock>",
    "the lock to give back, as cali doctor names it: taken on this machine by a Terraform that is gone, by --run, or more than an hour ago",
  )
  .addOption(
    new Option(
      "--run <number>",
      "the workflow's run that took the lock of --id: GitHub is asked whether it is over",
    ).argParser(numberBetween(1, Number.MAX_SAFE_INTEGER)),
  )
  .addHelpText(
    "after",
    "\nEnds with 1 when a Terraform still works after that time, or the lock of --id is not given back. --run needs GITHUB_TOKEN and GITHUB_REPOSITORY.",
  )
  .action(async (options: Options) => {
    const { env, id, run, synthDir } = options;
    if (id !== undefined) {
      const { application } = await applicationOf(env, synthDir);
      await withClients(env, (clients) => giveBack(application, clients, { id, run, env }));
      return;
    }
    if (run !== undefined)
      throw new UnlockRefusedError("--run: given without --id; allowed: with the lock's --id");
    const folder = resolve(synthDir ?? `.cali/synth/${env}`);
    if (!existsSync(join(folder, "manifest.json"))) {
      console.log("Nothing was synthesized in this job: no Terraform was started.");
      return;
    }
    const application = await readApplication(folder);
    await withClients(env, (clients, program) =>
      settleAll(application, { folder, clients, program, seconds: options.seconds }),
    );
  });

async function giveBack(
  { stacks }: Application,
  clients: BackendClients,
  { id, run, env }: { id: string; run: number | undefined; env: string },
): Promise<void> {
  const sight = await sightHere(new Date());
  const where = run === undefined ? undefined : githubEnvironment(process.env);
  await unlockById({
    ...{ stacks, clients, id, sight, print: console.log },
    runOf:
      where &&
      ((lock) =>
        runHolder(lock, {
          ...repositoryOf(where),
          ...{ runId: run as number, ownRunId: where.runId },
        })),
  });
  console.log(
    `What its Terraform made and could not write down is found by\n  npx cali recover --env ${env}`,
  );
}

async function settleAll(
  { stacks }: Application,
  given: { folder: string; clients: BackendClients; program: Program; seconds: number },
): Promise<void> {
  const { folder, clients, program, seconds } = given;
  const common = await stackOptions(stacks, { program, out: folder, lockTimeout: "60s" });
  const isDone = await unlock({
    program,
    stacks,
    clients,
    terraform: (stack) => new Terraform({ ...common, folder: stack.folder, lockFile: undefined }),
    limitMs: seconds * 1_000,
    pollMs: POLL_MS,
    print: console.log,
  });
  if (!isDone) process.exitCode = 1;
}

async function withClients(
  env: string,
  work: (clients: BackendClients, program: Program) => Promise<void>,
): Promise<void> {
  const config = loadConfig({ env });
  const backend = stateBackend(config);
  const s3 = new S3Client({ region: backend.region, forcePathStyle: config.provider.s3PathStyle });
  const dynamodb = new DynamoDBClient({ region: backend.region });
  try {
    await work({ s3, dynamodb, backend }, programOf(config));
  } finally {
    for (const client of [s3, dynamodb]) client.destroy();
  }
}
