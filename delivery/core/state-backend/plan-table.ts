import type { StateBackend } from "../../../config/state-backend.ts";
import type { ActualTable, Plan, Step } from "./step.ts";

/** Terraform's key of locks and digests (https://developer.hashicorp.com/terraform/language/backend/s3). */
export const LOCK_KEY = "LockID";

/** What `createTable` leaves to the following step. */
const FRESH_TABLE: ActualTable = {
  billing: "PAY_PER_REQUEST",
  kms: true,
  pointInTimeRecovery: false,
  deletionProtection: true,
};

/**
 * What the lock table lacks. It holds locks and digests, no state: AWS's own key (alias/aws/dynamodb) encrypts it
 * whatever key the states have, and whoever may lock needs no further right.
 */
export function planTable({ lockTable, region }: StateBackend, existing: ActualTable | null): Plan {
  const table = existing ?? FRESH_TABLE;
  const steps: Step[] = [];
  if (!existing) {
    steps.push({
      does: `make table ${lockTable} in ${region}: key ${LOCK_KEY}, billed by request, encrypted with KMS, protected from deletion`,
      operation: "CreateTable",
      input: {
        TableName: lockTable,
        AttributeDefinitions: [{ AttributeName: LOCK_KEY, AttributeType: "S" }],
        KeySchema: [{ AttributeName: LOCK_KEY, KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
        SSESpecification: { Enabled: true, SSEType: "KMS" },
        DeletionProtectionEnabled: true,
      },
    });
  }
  if (!table.deletionProtection) {
    steps.push({
      does: "protect the table from deletion",
      operation: "UpdateTable",
      input: { TableName: lockTable, DeletionProtectionEnabled: true },
    });
  }
  if (!table.kms) {
    steps.push({
      does: "encrypt the table with KMS (alias/aws/dynamodb)",
      operation: "UpdateTable",
      input: { TableName: lockTable, SSESpecification: { Enabled: true, SSEType: "KMS" } },
    });
  }
  if (!table.pointInTimeRecovery) {
    steps.push({
      does: "keep the table restorable to any second of the last 35 days",
      operation: "UpdateContinuousBackups",
      input: {
        TableName: lockTable,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
  }
  return {
    steps,
    kept:
      table.billing === "PROVISIONED"
        ? ["the table's provisioned capacity: how it is billed is a choice"]
        : [],
    warnings: [],
  };
}
