import type {
  CreateTableCommandInput,
  UpdateContinuousBackupsCommandInput,
  UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import type {
  CreateBucketCommandInput,
  LifecycleRule,
  ObjectOwnership,
  PublicAccessBlockConfiguration,
  PutBucketEncryptionCommandInput,
  PutBucketLifecycleConfigurationCommandInput,
  PutBucketOwnershipControlsCommandInput,
  PutBucketPolicyCommandInput,
  PutBucketVersioningCommandInput,
  PutPublicAccessBlockCommandInput,
  ServerSideEncryptionRule,
  TransitionDefaultMinimumObjectSize,
} from "@aws-sdk/client-s3";
import type { Policy } from "./policy.ts";

interface StepOf<Operation extends string, Input> {
  /** What the step does, in a line for people. */
  readonly does: string;
  /** The API operation; the SDK and the `aws` command take the same input for it. */
  readonly operation: Operation;
  readonly input: Input;
}

/** One request that changes something. Every request sets the whole setting, so that what is to stay is in it. */
export type Step =
  | StepOf<"CreateBucket", CreateBucketCommandInput>
  | StepOf<"PutPublicAccessBlock", PutPublicAccessBlockCommandInput>
  | StepOf<"PutBucketOwnershipControls", PutBucketOwnershipControlsCommandInput>
  | StepOf<"PutBucketEncryption", PutBucketEncryptionCommandInput>
  | StepOf<"PutBucketVersioning", PutBucketVersioningCommandInput>
  | StepOf<"PutBucketPolicy", PutBucketPolicyCommandInput & { Policy: string }>
  | StepOf<"PutBucketLifecycleConfiguration", PutBucketLifecycleConfigurationCommandInput>
  | StepOf<"CreateTable", CreateTableCommandInput>
  | StepOf<"UpdateTable", UpdateTableCommandInput>
  | StepOf<"UpdateContinuousBackups", UpdateContinuousBackupsCommandInput>;

/** What is to be done, and what is to be said about the rest. */
export interface Plan {
  readonly steps: readonly Step[];
  /** What differs from the desired state, and stays because it is stricter or because it was somebody's choice. */
  readonly kept: readonly string[];
  /** What endangers a state, and is not ours to remove. */
  readonly warnings: readonly string[];
}

/** The settings of a bucket that exists. */
export interface ActualBucket {
  readonly versioning: "Enabled" | "Suspended" | undefined;
  /** S3 takes no lifecycle for a bucket whose versions only go with a second factor. */
  readonly mfaDelete: boolean;
  readonly encryption: ServerSideEncryptionRule | undefined;
  readonly publicAccessBlock: PublicAccessBlockConfiguration | undefined;
  readonly ownership: ObjectOwnership | undefined;
  readonly policy: Policy | undefined;
  readonly lifecycle: readonly LifecycleRule[];
  readonly transitionDefaultMinimumObjectSize: TransitionDefaultMinimumObjectSize | undefined;
}

/** The settings of a lock table that exists; its key is right. */
export interface ActualTable {
  readonly billing: "PAY_PER_REQUEST" | "PROVISIONED";
  /** Encrypted with a KMS key that the account sees, and not with one that DynamoDB owns. */
  readonly kms: boolean;
  readonly pointInTimeRecovery: boolean;
  readonly deletionProtection: boolean;
}

/** What there is; null: it doesn't exist. */
export interface Actual {
  readonly bucket: ActualBucket | null;
  readonly table: ActualTable | null;
}
