import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../../../config/load.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { readApplication } from "../../core/application/application.ts";
import { environmentOption, synthDirOption } from "../../core/options.ts";
import { stackOptions } from "../../core/planning/plan.ts";
import { Terraform } from "../../core/terraform/terraform.ts";
import { unlock } from "./unlock.ts";

interface Options {
  readonly env: string;
  readonly synthDir?: string;
  readonly seconds: number;
}

const POLL_MS = 500;

/** `cali unlock` */
export const unlockCommand = new Command("unlock")
  .description(
    "Ends what a cancelled job has left: waits for a Terraform that still works, gives back exactly the locks that this job's Terraform has left, and pushes a state that it could not write. Locks of others stay.",
  )
  .addOption(environmentOption())
  .addOption(synthDirOption())
  .addOption(
    // Steps that run after a cancellation have 5 minutes.
    new Option("--seconds <number>", "longest wait for Terraform").default(240).argParser((given) => {
      const seconds = Number(given);
      if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 3_600) return seconds;
      throw new InvalidArgumentError("allowed: a number from 0 to 3600");
    }),
  )
  .addHelpText("after", "\nEnds with 1 when a Terraform still works after that time.")
  .action(async ({ env, synthDir, seconds }: Options) => {
    const folder = resolve(synthDir ?? `.cali/synth/${env}`);
    if (!existsSync(join(folder, "manifest.json"))) {
      console.log("Nothing was synthesized in this job: no Terraform was started.");
      return;
    }
    const backend = stateBackend(loadConfig({ env }));
    const { stacks } = await readApplication(folder);
    const s3 = new S3Client({
      region: backend.region,
      forcePathStyle: loadConfig({ env }).provider.s3PathStyle,
    });
    const dynamodb = new DynamoDBClient({ region: backend.region });
    const common = stackOptions(stacks, { out: folder, lockTimeout: "60s" });
    try {
      const isDone = await unlock({
        stacks,
        clients: { s3, dynamodb, backend },
        terraform: (stack) => new Terraform({ ...common, folder: stack.folder, lockFile: undefined }),
        limitMs: seconds * 1_000,
        pollMs: POLL_MS,
        print: console.log,
      });
      if (!isDone) process.exitCode = 1;
    } finally {
      for (const client of [s3, dynamodb]) client.destroy();
    }
  });
