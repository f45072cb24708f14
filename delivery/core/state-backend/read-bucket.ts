import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { StateBackend } from "../../../config/state-backend.ts";
import type { Identity } from "../aws/identity.ts";
import { awsRequest, unlessCode } from "../aws/request.ts";
import { AwsRequestError, ForeignBucketError, RegionError } from "../errors.ts";
import { parsePolicy } from "./policy.ts";
import type { ActualBucket } from "./step.ts";

/**
 * Reads the settings of the state bucket.
 *
 * @returns null when there is no such bucket.
 * @throws ForeignBucketError, RegionError, BucketPolicyError, AwsRequestError.
 */
export async function readBucket(
  s3: S3Client,
  desired: StateBackend,
  identity: Identity,
): Promise<ActualBucket | null> {
  if (!(await exists(s3, desired, identity))) return null;
  const bucket = { Bucket: desired.bucket, ExpectedBucketOwner: identity.account };
  const on = `bucket ${desired.bucket}`;
  const [versioning, encryption, publicAccess, ownership, policy, lifecycle] = await Promise.all([
    awsRequest("s3:GetBucketVersioning", on, () => s3.send(new GetBucketVersioningCommand(bucket))),
    unlessCode(
      "ServerSideEncryptionConfigurationNotFoundError",
      awsRequest("s3:GetEncryptionConfiguration", on, () => s3.send(new GetBucketEncryptionCommand(bucket))),
    ),
    unlessCode(
      "NoSuchPublicAccessBlockConfiguration",
      awsRequest("s3:GetBucketPublicAccessBlock", on, () => s3.send(new GetPublicAccessBlockCommand(bucket))),
    ),
    unlessCode(
      "OwnershipControlsNotFoundError",
      awsRequest("s3:GetBucketOwnershipControls", on, () =>
        s3.send(new GetBucketOwnershipControlsCommand(bucket)),
      ),
    ),
    unlessCode(
      "NoSuchBucketPolicy",
      awsRequest("s3:GetBucketPolicy", on, () => s3.send(new GetBucketPolicyCommand(bucket))),
    ),
    unlessCode(
      "NoSuchLifecycleConfiguration",
      awsRequest("s3:GetLifecycleConfiguration", on, () =>
        s3.send(new GetBucketLifecycleConfigurationCommand(bucket)),
      ),
    ),
  ]);
  return {
    versioning: versioning.Status,
    mfaDelete: versioning.MFADelete === "Enabled",
    encryption: encryption?.ServerSideEncryptionConfiguration?.Rules?.[0],
    publicAccessBlock: publicAccess?.PublicAccessBlockConfiguration,
    ownership: ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership,
    policy: policy?.Policy === undefined ? undefined : parsePolicy(policy.Policy, desired.bucket),
    lifecycle: lifecycle?.Rules ?? [],
    transitionDefaultMinimumObjectSize: lifecycle?.TransitionDefaultMinimumObjectSize,
  };
}

/** Whether the bucket exists, in the right account and region. A HEAD has no body: only status and headers say so. */
async function exists(
  s3: S3Client,
  { bucket, region }: StateBackend,
  { account, arn }: Identity,
): Promise<boolean> {
  const inRegion = (actual: string | undefined) => {
    if (actual === undefined || actual === region) return;
    throw new RegionError(
      `state.bucket: given ${bucket}, which lies in ${actual}; allowed: a bucket in ${region}\nRemedy: if it is yours, set state.region: ${actual}; if not, choose another name, for bucket names are global.`,
    );
  };
  try {
    const { BucketRegion } = await awsRequest("s3:ListBucket", `bucket ${bucket}`, () =>
      s3.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account })),
    );
    inRegion(BucketRegion);
    return true;
  } catch (error) {
    if (!(error instanceof AwsRequestError)) throw error;
    if (error.status === 404) return false;
    inRegion(error.bucketRegion);
    if (error.status === 301 || error.status === 403) {
      throw new ForeignBucketError(
        `state.bucket: given ${bucket}, which exists and refuses account ${account}: it belongs to another account, or ${arn} lacks s3:ListBucket on it (HTTP ${error.status})\nRemedy: choose another name, for bucket names are global; if the bucket is yours, allow s3:ListBucket.`,
        { cause: error },
      );
    }
    throw error;
  }
}
