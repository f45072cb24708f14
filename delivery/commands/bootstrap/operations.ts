import type { Step } from "../../core/state-backend/step.ts";

/** Every operation that changes something, with the IAM action that allows it; S3's are not always named as its operations are. */
export const ACTIONS: Readonly<Record<Step["operation"], `${"s3" | "dynamodb"}:${string}`>> = {
  CreateBucket: "s3:CreateBucket",
  PutPublicAccessBlock: "s3:PutBucketPublicAccessBlock",
  PutBucketOwnershipControls: "s3:PutBucketOwnershipControls",
  PutBucketEncryption: "s3:PutEncryptionConfiguration",
  PutBucketVersioning: "s3:PutBucketVersioning",
  PutBucketPolicy: "s3:PutBucketPolicy",
  PutBucketLifecycleConfiguration: "s3:PutLifecycleConfiguration",
  CreateTable: "dynamodb:CreateTable",
  UpdateTable: "dynamodb:UpdateTable",
  UpdateContinuousBackups: "dynamodb:UpdateContinuousBackups",
};
