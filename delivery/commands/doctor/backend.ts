import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { S3Client } from "@aws-sdk/client-s3";
import type { StateBackend } from "../../../config/state-backend.ts";
import type { Identity } from "../../core/aws/identity.ts";
import { planBucket } from "../../core/state-backend/plan-bucket.ts";
import { planTable } from "../../core/state-backend/plan-table.ts";
import { readBucket } from "../../core/state-backend/read-bucket.ts";
import { readTable } from "../../core/state-backend/read-table.ts";
import type { Plan, Step } from "../../core/state-backend/step.ts";
import { check, type Finding } from "./finding.ts";

/** Without these a state can be lost, or read by others. Everything else that is missing is a warning. */
const ESSENTIAL: ReadonlySet<Step["operation"]> = new Set([
  "PutPublicAccessBlock",
  "PutBucketEncryption",
  "PutBucketVersioning",
]);

const bootstrap = (file: string) => `npx cali bootstrap --env ${file}`;

/** The bucket of the states: there, ours, in the region, versioned, encrypted, private. */
export function checkBucket(
  s3: S3Client,
  backend: StateBackend,
  identity: Identity,
  file: string,
): Promise<readonly Finding[]> {
  const name = `bucket ${backend.bucket}`;
  return check(name, async () => {
    const bucket = await readBucket(s3, backend, identity);
    if (!bucket) return [missing(name, file)];
    return [
      { check: name, status: "ok", found: `in ${backend.region}, of account ${identity.account}` },
      ...lacking(name, planBucket(backend, bucket), file),
    ];
  });
}

/** The table of locks and digests: there, with the key that Terraform uses. */
export function checkTable(
  dynamodb: DynamoDBClient,
  backend: StateBackend,
  file: string,
): Promise<readonly Finding[]> {
  const name = `lock table ${backend.lockTable}`;
  return check(name, async () => {
    const table = await readTable(dynamodb, backend.lockTable);
    if (!table) return [missing(name, file)];
    return [
      { check: name, status: "ok", found: "there, with the key LockID" },
      ...lacking(name, planTable(backend, table), file),
    ];
  });
}

function missing(name: string, file: string): Finding {
  return {
    check: name,
    status: "failure",
    found: "there is none",
    allowed: "what cali bootstrap makes",
    command: bootstrap(file),
  };
}

function lacking(name: string, { steps, warnings }: Plan, file: string): Finding[] {
  return [
    ...steps.map(({ does, operation }): Finding => {
      const status = ESSENTIAL.has(operation) ? "failure" : "warning";
      return { check: name, status, found: `missing: ${does}`, command: bootstrap(file) };
    }),
    ...warnings.map((found): Finding => ({ check: name, status: "warning", found })),
  ];
}
