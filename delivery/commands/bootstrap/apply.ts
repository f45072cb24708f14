import {
  CreateTableCommand,
  type DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import pRetry from "p-retry";
import { awsRequest } from "../../core/aws/request.ts";
import { AwsRequestError, ForeignBucketError } from "../../core/errors.ts";
import { tableIsActive } from "../../core/state-backend/read-table.ts";
import type { Step } from "../../core/state-backend/step.ts";
import { ACTIONS } from "./operations.ts";

/** What S3 and DynamoDB answer for some seconds after something was made or changed. */
const NOT_SETTLED = new Set([
  "NoSuchBucket",
  "OperationAborted",
  "ContinuousBackupsUnavailableException",
  "ResourceInUseException",
]);
const SETTLING = { retries: 7, minTimeout: 500, maxTimeout: 8_000 };

export interface Clients {
  readonly s3: S3Client;
  readonly dynamodb: DynamoDBClient;
}

/**
 * Does one step.
 *
 * @param account every bucket is asked for with its owner, so that none of another account is ever changed.
 * @throws ForeignBucketError when the bucket's name was taken; AwsRequestError.
 */
export async function applyStep(step: Step, { s3, dynamodb }: Clients, account: string): Promise<void> {
  const owner = { ExpectedBucketOwner: account };
  switch (step.operation) {
    case "CreateBucket":
      return createBucket(step, s3);
    case "PutPublicAccessBlock":
      return change(step, () => s3.send(new PutPublicAccessBlockCommand({ ...step.input, ...owner })));
    case "PutBucketOwnershipControls":
      return change(step, () => s3.send(new PutBucketOwnershipControlsCommand({ ...step.input, ...owner })));
    case "PutBucketEncryption":
      return change(step, () => s3.send(new PutBucketEncryptionCommand({ ...step.input, ...owner })));
    case "PutBucketVersioning":
      return change(step, () => s3.send(new PutBucketVersioningCommand({ ...step.input, ...owner })));
    case "PutBucketPolicy":
      return change(step, () => s3.send(new PutBucketPolicyCommand({ ...step.input, ...owner })));
    case "PutBucketLifecycleConfiguration":
      return change(step, () =>
        s3.send(new PutBucketLifecycleConfigurationCommand({ ...step.input, ...owner })),
      );
    case "CreateTable":
      await request(step, () => dynamodb.send(new CreateTableCommand(step.input)));
      return tableIsActive(dynamodb, step.input.TableName ?? "");
    case "UpdateTable":
      await change(step, () => dynamodb.send(new UpdateTableCommand(step.input)));
      return tableIsActive(dynamodb, step.input.TableName ?? "");
    case "UpdateContinuousBackups":
      return change(step, () => dynamodb.send(new UpdateContinuousBackupsCommand(step.input)));
  }
}

async function createBucket(step: Step & { operation: "CreateBucket" }, s3: S3Client): Promise<void> {
  try {
    await request(step, () => s3.send(new CreateBucketCommand(step.input)));
  } catch (error) {
    if (error instanceof AwsRequestError && error.code === "BucketAlreadyExists") {
      throw new ForeignBucketError(
        `state.bucket: given ${step.input.Bucket}, which belongs to another account\nRemedy: choose another name, for bucket names are global.`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** Changes something that exists, and asks again while it settles. */
async function change(step: Step, send: () => Promise<unknown>): Promise<void> {
  await pRetry(() => request(step, send), {
    ...SETTLING,
    shouldRetry: ({ error }) => error instanceof AwsRequestError && NOT_SETTLED.has(error.code),
  });
}

function request(step: Step, send: () => Promise<unknown>): Promise<unknown> {
  const on = "Bucket" in step.input ? `bucket ${step.input.Bucket}` : `table ${tableOf(step)}`;
  return awsRequest(ACTIONS[step.operation], on, send);
}

function tableOf(step: Step): string {
  return "TableName" in step.input ? (step.input.TableName ?? "") : "";
}
