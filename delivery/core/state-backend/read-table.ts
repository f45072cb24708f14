import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { awsRequest, unlessCode } from "../aws/request.ts";
import { AwsRequestError, LockTableError } from "../errors.ts";
import { LOCK_KEY } from "./plan-table.ts";
import type { ActualTable } from "./step.ts";

const LONGEST_WAIT_S = 600;

/**
 * Waits until DynamoDB has made or changed the table.
 *
 * @throws AwsRequestError after ten minutes.
 */
export async function tableIsActive(dynamodb: DynamoDBClient, table: string): Promise<void> {
  try {
    await waitUntilTableExists(
      { client: dynamodb, maxWaitTime: LONGEST_WAIT_S, minDelay: 1, maxDelay: 5 },
      { TableName: table },
    );
  } catch (error) {
    // The waiter's own message is every answer it saw, as JSON.
    throw new AwsRequestError(
      `dynamodb:DescribeTable on table ${table}: not ACTIVE after ${LONGEST_WAIT_S} seconds\nRemedy: look at the table in DynamoDB's console, and run again.`,
      { code: (error as Error).name, cause: error },
    );
  }
}

/**
 * Reads the settings of the lock table, once it is active.
 *
 * @returns null when there is no such table.
 * @throws LockTableError, AwsRequestError.
 */
export async function readTable(dynamodb: DynamoDBClient, table: string): Promise<ActualTable | null> {
  const first = await describe(dynamodb, table);
  if (first === null) return null;
  if (first.TableStatus === "CREATING" || first.TableStatus === "UPDATING") {
    await tableIsActive(dynamodb, table);
  } else if (first.TableStatus !== "ACTIVE") {
    throw new LockTableError(
      `state.lockTable: given ${table}, which exists and is ${first.TableStatus}; allowed: a table that is ACTIVE\nRemedy: when it is being deleted, wait and run again; else mend it in DynamoDB's console, or choose another name.`,
    );
  }
  const description = await describe(dynamodb, table);
  if (description === null) return null;
  demandLockKey(description, table);
  const backups = await awsRequest("dynamodb:DescribeContinuousBackups", `table ${table}`, () =>
    dynamodb.send(new DescribeContinuousBackupsCommand({ TableName: table })),
  );
  const { SSEDescription, BillingModeSummary, DeletionProtectionEnabled } = description;
  return {
    billing: BillingModeSummary?.BillingMode === "PAY_PER_REQUEST" ? "PAY_PER_REQUEST" : "PROVISIONED",
    kms: ["ENABLED", "ENABLING", "UPDATING"].includes(SSEDescription?.Status ?? "DISABLED"),
    pointInTimeRecovery:
      backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus ===
      "ENABLED",
    deletionProtection: DeletionProtectionEnabled === true,
  };
}

async function describe(dynamodb: DynamoDBClient, table: string): Promise<TableDescription | null> {
  const answer = await unlessCode(
    "ResourceNotFoundException",
    awsRequest("dynamodb:DescribeTable", `table ${table}`, () =>
      dynamodb.send(new DescribeTableCommand({ TableName: table })),
    ),
  );
  return answer?.Table ?? null;
}

/** A table's key cannot be changed. */
function demandLockKey({ KeySchema = [], AttributeDefinitions = [] }: TableDescription, table: string): void {
  const keys = KeySchema.map(({ AttributeName, KeyType }) => {
    const type = AttributeDefinitions.find((attribute) => attribute.AttributeName === AttributeName);
    return `${AttributeName} (${KeyType}, ${type?.AttributeType})`;
  });
  const desired = `${LOCK_KEY} (HASH, S)`;
  if (keys.length === 1 && keys[0] === desired) return;
  throw new LockTableError(
    `state.lockTable: given ${table}, which exists with the key ${keys.join(", ")}; allowed: a table with the key ${desired}\nRemedy: choose another name; that table is something else's.`,
  );
}
