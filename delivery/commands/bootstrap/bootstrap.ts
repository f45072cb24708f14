import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import type { StateBackend } from "../../../config/state-backend.ts";
import { whoAmI } from "../../core/aws/identity.ts";
import { UnfinishedError } from "../../core/errors.ts";
import { readBucket } from "../../core/state-backend/read-bucket.ts";
import { readTable } from "../../core/state-backend/read-table.ts";
import type { Plan } from "../../core/state-backend/step.ts";
import { applyStep } from "./apply.ts";
import { plan } from "./plan.ts";

const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 30_000 };

export interface BootstrapOptions {
  readonly backend: StateBackend;
  /** Address the bucket by path instead of by host name. */
  readonly s3PathStyle: boolean;
  /** Only say what is missing. */
  readonly checkOnly: boolean;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Makes, or completes, the bucket of an environment's states and their lock table. Everything that could be refused is
 * checked before the first change; a run that was cut off is finished by the next one.
 *
 * @returns the plan that was carried out, or would be.
 * @throws CredentialsError, ForeignBucketError, RegionError, LockTableError, BucketPolicyError or AwsRequestError before
 *   anything was changed; UnfinishedError after.
 */
export async function bootstrap({ backend, s3PathStyle, checkOnly, print }: BootstrapOptions): Promise<Plan> {
  const aws = { region: backend.region, requestHandler: TIMEOUTS };
  const s3 = new S3Client({ ...aws, forcePathStyle: s3PathStyle });
  const dynamodb = new DynamoDBClient(aws);
  const sts = new STSClient(aws);
  try {
    const identity = await whoAmI(sts);
    print(`account ${identity.account} as ${identity.arn}, region ${backend.region}`);
    print(`bucket ${backend.bucket}, lock table ${backend.lockTable}`);
    const [bucket, table] = await Promise.all([
      readBucket(s3, backend, identity),
      readTable(dynamodb, backend.lockTable),
    ]);
    const planned = plan(backend, { bucket, table });
    for (const warning of planned.warnings) print(`  WARNING: ${warning}`);
    for (const kept of planned.kept) print(`  kept: ${kept}`);
    if (checkOnly) {
      for (const { does } of planned.steps) print(`  missing: ${does}`);
      print(planned.steps.length > 0 ? "Nothing was changed." : "Nothing is missing.");
      return planned;
    }
    for (const [done, step] of planned.steps.entries()) {
      try {
        await applyStep(step, { s3, dynamodb }, identity.account);
      } catch (error) {
        throw done > 0 ? new UnfinishedError(done, planned.steps.length, error as Error) : error;
      }
      print(`  done: ${step.does}`);
    }
    print(planned.steps.length > 0 ? "The states have their place." : "Nothing to change.");
    return planned;
  } finally {
    for (const client of [s3, dynamodb, sts]) client.destroy();
  }
}
