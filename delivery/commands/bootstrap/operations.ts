import type { Step } from "../../core/state-backend/step.ts";

/** A command group of the AWS CLI. */
type CliService = "s3api" | "dynamodb";

interface Operation {
  readonly cli: CliService;
  /** The IAM action that allows it; S3's are not always named as its operations are. */
  readonly action: string;
}

/** Every operation that changes something. */
export const CHANGES: Readonly<Record<Step["operation"], Operation>> = {
  CreateBucket: { cli: "s3api", action: "s3:CreateBucket" },
  PutPublicAccessBlock: { cli: "s3api", action: "s3:PutBucketPublicAccessBlock" },
  PutBucketOwnershipControls: { cli: "s3api", action: "s3:PutBucketOwnershipControls" },
  PutBucketEncryption: { cli: "s3api", action: "s3:PutEncryptionConfiguration" },
  PutBucketVersioning: { cli: "s3api", action: "s3:PutBucketVersioning" },
  PutBucketPolicy: { cli: "s3api", action: "s3:PutBucketPolicy" },
  PutBucketLifecycleConfiguration: { cli: "s3api", action: "s3:PutLifecycleConfiguration" },
  CreateTable: { cli: "dynamodb", action: "dynamodb:CreateTable" },
  UpdateTable: { cli: "dynamodb", action: "dynamodb:UpdateTable" },
  UpdateContinuousBackups: { cli: "dynamodb", action: "dynamodb:UpdateContinuousBackups" },
};
