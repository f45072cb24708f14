import type { ServerSideEncryptionRule } from "@aws-sdk/client-s3";
import type { StateBackend } from "../../../config/state-backend.ts";
import { planLifecycle } from "./lifecycle.ts";
import { withTlsOnly } from "./policy.ts";
import type { ActualBucket, Plan, Step } from "./step.ts";

/** The one region that has no LocationConstraint: S3 refuses its name there. */
const REGION_WITHOUT_CONSTRAINT = "us-east-1";

const PRIVATE = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
} as const;

/** What `createBucket` leaves to the following steps. */
const FRESH_BUCKET: ActualBucket = {
  versioning: undefined,
  mfaDelete: false,
  encryption: undefined,
  publicAccessBlock: undefined,
  ownership: "BucketOwnerEnforced",
  policy: undefined,
  lifecycle: [],
  transitionDefaultMinimumObjectSize: undefined,
};

type Part = Partial<Plan>;
const adds = (step: Step): Part => ({ steps: [step] });

/** What the bucket lacks, in the order in which it is safe to add it: closed first, then filled. */
export function planBucket(desired: StateBackend, existing: ActualBucket | null): Plan {
  const actual = existing ?? FRESH_BUCKET;
  const parts: Part[] = [
    existing ? {} : adds(createBucket(desired)),
    publicAccess(desired, actual),
    ownership(desired, actual),
    encryption(desired, actual),
    versioning(desired, actual),
    tlsOnly(desired, actual),
    lifecycle(desired, actual),
  ];
  return {
    steps: parts.flatMap(({ steps = [] }) => steps),
    kept: parts.flatMap(({ kept = [] }) => kept),
    warnings: parts.flatMap(({ warnings = [] }) => warnings),
  };
}

function createBucket({ bucket, region }: StateBackend): Step {
  return {
    does: `make bucket ${bucket} in ${region}, without access lists`,
    operation: "CreateBucket",
    input: {
      Bucket: bucket,
      ...(region !== REGION_WITHOUT_CONSTRAINT && {
        // The SDK's list of regions is as old as the SDK.
        CreateBucketConfiguration: { LocationConstraint: region as "ap-northeast-2" },
      }),
      ObjectOwnership: "BucketOwnerEnforced",
    },
  };
}

function publicAccess({ bucket }: StateBackend, { publicAccessBlock }: ActualBucket): Part {
  const isPrivate = (Object.keys(PRIVATE) as (keyof typeof PRIVATE)[]).every(
    (block) => publicAccessBlock?.[block] === true,
  );
  if (isPrivate) return {};
  return adds({
    does: "block public access: access lists and policies, new and old",
    operation: "PutPublicAccessBlock",
    input: { Bucket: bucket, PublicAccessBlockConfiguration: { ...PRIVATE } },
  });
}

function ownership({ bucket }: StateBackend, { ownership }: ActualBucket): Part {
  if (ownership === "BucketOwnerEnforced") return {};
  return adds({
    does: "the bucket's owner owns every object, and access lists mean nothing",
    operation: "PutBucketOwnershipControls",
    input: { Bucket: bucket, OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] } },
  });
}

/**
 * Any default encryption is at least SSE-S3. A KMS key is set where the default is SSE-S3 or AWS's own key; another
 * key of the account's stays, for Terraform names the configured key with each state it writes.
 */
function encryption({ bucket, kmsKeyArn }: StateBackend, { encryption }: ActualBucket): Part {
  const { SSEAlgorithm: algorithm, KMSMasterKeyID: key } =
    encryption?.ApplyServerSideEncryptionByDefault ?? {};
  const put = (does: string, rule: ServerSideEncryptionRule): Part =>
    adds({
      does,
      operation: "PutBucketEncryption",
      input: {
        Bucket: bucket,
        ServerSideEncryptionConfiguration: { Rules: [{ ...encryption, ...rule }] },
      },
    });
  if (kmsKeyArn === null) {
    if (algorithm === "AES256") return {};
    if (algorithm !== undefined)
      return { kept: [`default encryption by ${algorithm}, stricter than SSE-S3`] };
    return put("encrypt by default (SSE-S3)", {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" },
    });
  }
  if (algorithm === undefined || algorithm === "AES256" || (key === undefined && algorithm === "aws:kms")) {
    return put(`encrypt by default with KMS key ${kmsKeyArn}`, {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: kmsKeyArn },
      // One request to KMS for many objects: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
      BucketKeyEnabled: true,
    });
  }
  if (key === kmsKeyArn || key === kmsKeyArn.split("/").at(-1)) return {};
  return {
    kept: [
      `default encryption by ${algorithm} with ${key ?? "AWS's own key"}; Terraform writes the states with state.kmsKeyArn all the same`,
    ],
  };
}

function versioning({ bucket }: StateBackend, { versioning }: ActualBucket): Part {
  if (versioning === "Enabled") return {};
  return adds({
    does: "keep every version: a state's history is its backup",
    operation: "PutBucketVersioning",
    input: { Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } },
  });
}

function tlsOnly({ bucket }: StateBackend, { policy }: ActualBucket): Part {
  const merged = withTlsOnly(policy, bucket);
  if (!merged) return {};
  const others = policy?.Statement.length ?? 0;
  return adds({
    does: `refuse requests without TLS${others > 0 ? ` (the policy's other statements stay: ${others})` : ""}`,
    operation: "PutBucketPolicy",
    input: { Bucket: bucket, Policy: JSON.stringify(merged) },
  });
}

function lifecycle(
  { bucket }: StateBackend,
  { lifecycle, mfaDelete, transitionDefaultMinimumObjectSize }: ActualBucket,
): Part {
  if (mfaDelete) {
    return { kept: ["every old version for good: S3 takes no lifecycle for a bucket with MFA delete"] };
  }
  const { rules, adds, kept, warnings } = planLifecycle(lifecycle);
  if (!rules) return { kept, warnings };
  return {
    steps: [
      {
        does: `${adds.join("; ")}${lifecycle.length > 0 ? " (the rules that are there stay)" : ""}`,
        operation: "PutBucketLifecycleConfiguration",
        input: {
          Bucket: bucket,
          LifecycleConfiguration: { Rules: [...rules] },
          // Left out, S3 would set it back to its default.
          ...(transitionDefaultMinimumObjectSize && {
            TransitionDefaultMinimumObjectSize: transitionDefaultMinimumObjectSize,
          }),
        },
      },
    ],
    kept,
    warnings,
  };
}
