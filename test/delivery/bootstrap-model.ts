import type { LifecycleRule } from "@aws-sdk/client-s3";
import fc from "fast-check";
import type { StateBackend } from "../../config/state-backend.ts";
import { plan } from "../../delivery/commands/bootstrap/plan.ts";
import { parsePolicy, type Statement } from "../../delivery/core/state-backend/policy.ts";
import type { Actual, ActualBucket, ActualTable, Step } from "../../delivery/core/state-backend/step.ts";

export const REGION = "ap-northeast-2";
export const KEY = `arn:aws:kms:${REGION}:123456789012:key/11111111-2222-3333-4444-555555555555`;
export const OTHER_KEY = `arn:aws:kms:${REGION}:123456789012:key/99999999-2222-3333-4444-555555555555`;
export const DESIRED: StateBackend = {
  bucket: "cali-dev-terraform-state",
  region: REGION,
  lockTable: "cali-dev-terraform-lock",
  kmsKeyArn: null,
};
export const ARN = `arn:aws:s3:::${DESIRED.bucket}`;
export const TLS_ONLY: Statement = {
  Sid: "TlsOnly",
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [ARN, `${ARN}/*`],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};

/** What AWS has after a step, where there was `actual` before: a bucket of AWS's is encrypted and closed by itself. */
export function after(actual: Actual, step: Step): Actual {
  const bucket = actual.bucket as ActualBucket;
  const table = actual.table as ActualTable;
  switch (step.operation) {
    case "CreateBucket":
      return {
        ...actual,
        bucket: {
          versioning: undefined,
          mfaDelete: false,
          encryption: { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } },
          publicAccessBlock: undefined,
          ownership: step.input.ObjectOwnership,
          policy: undefined,
          lifecycle: [],
          transitionDefaultMinimumObjectSize: undefined,
        },
      };
    case "PutPublicAccessBlock":
      return {
        ...actual,
        bucket: { ...bucket, publicAccessBlock: step.input.PublicAccessBlockConfiguration },
      };
    case "PutBucketOwnershipControls":
      return {
        ...actual,
        bucket: { ...bucket, ownership: step.input.OwnershipControls?.Rules?.[0]?.ObjectOwnership },
      };
    case "PutBucketEncryption":
      return {
        ...actual,
        bucket: { ...bucket, encryption: step.input.ServerSideEncryptionConfiguration?.Rules?.[0] },
      };
    case "PutBucketVersioning":
      return {
        ...actual,
        bucket: { ...bucket, versioning: step.input.VersioningConfiguration?.Status },
      };
    case "PutBucketPolicy":
      return { ...actual, bucket: { ...bucket, policy: parsePolicy(step.input.Policy, DESIRED.bucket) } };
    case "PutBucketLifecycleConfiguration":
      return {
        ...actual,
        bucket: {
          ...bucket,
          lifecycle: step.input.LifecycleConfiguration?.Rules ?? [],
          transitionDefaultMinimumObjectSize: step.input.TransitionDefaultMinimumObjectSize,
        },
      };
    case "CreateTable":
      return {
        ...actual,
        table: {
          billing: step.input.BillingMode ?? "PROVISIONED",
          kms: step.input.SSESpecification?.Enabled === true,
          pointInTimeRecovery: false,
          deletionProtection: step.input.DeletionProtectionEnabled === true,
        },
      };
    case "UpdateTable":
      return {
        ...actual,
        table: {
          ...table,
          kms: step.input.SSESpecification?.Enabled ?? table.kms,
          deletionProtection: step.input.DeletionProtectionEnabled ?? table.deletionProtection,
        },
      };
    case "UpdateContinuousBackups":
      return {
        ...actual,
        table: {
          ...table,
          pointInTimeRecovery:
            step.input.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled === true,
        },
      };
  }
}

export const completed = (desired: StateBackend, actual: Actual) =>
  plan(desired, actual).steps.reduce(after, actual);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const statement: fc.Arbitrary<Statement> = fc.oneof(
  fc.constant(TLS_ONLY),
  fc.record(
    {
      Sid: fc.constantFrom("TlsOnly", "TlsOnly2", "Mine", "Theirs"),
      Effect: fc.constantFrom("Allow" as const, "Deny" as const),
      Principal: fc.constantFrom<Statement["Principal"]>("*", { AWS: "*" }, { AWS: ["arn:aws:iam::1:root"] }),
      Action: fc.constantFrom("s3:*", ["s3:GetObject"], "*"),
      Resource: fc.constantFrom(ARN, [`${ARN}/*`], [ARN, `${ARN}/*`], "*"),
      Condition: fc.constantFrom<Statement["Condition"]>(
        { Bool: { "aws:SecureTransport": "false" } },
        { Bool: { "aws:securetransport": [false] } },
        { Bool: { "aws:SecureTransport": "true" } },
        { Bool: { "aws:SecureTransport": "false" }, StringEquals: { "aws:PrincipalTag/a": "b" } },
      ),
      NotAction: fc.constant("s3:PutObject"),
    },
    { requiredKeys: ["Effect"] },
  ),
);

const rule: fc.Arbitrary<LifecycleRule> = fc
  .record({
    ID: fc.constantFrom("expire-old-versions", "abort-unfinished-uploads", "a", "b"),
    Status: fc.constantFrom("Enabled" as const, "Disabled" as const),
    where: fc.constantFrom<Partial<LifecycleRule>>(
      { Filter: { Prefix: "" } },
      { Filter: {} },
      { Filter: { Prefix: "logs/" } },
      { Filter: { Tag: { Key: "a", Value: "b" } } },
      { Filter: { And: { Prefix: "x/", ObjectSizeGreaterThan: 5 } } },
      { Prefix: "logs/" },
      { Prefix: "" },
      {},
    ),
    NoncurrentVersionExpiration: optional(fc.record({ NoncurrentDays: fc.constantFrom(1, 30, 365, 3_650) })),
    AbortIncompleteMultipartUpload: optional(fc.record({ DaysAfterInitiation: fc.constantFrom(1, 7, 30) })),
    Expiration: optional(fc.record({ Days: fc.constantFrom(1, 365) })),
  })
  .map(({ where, ...rest }) => ({ ...rest, ...where }));

export const bucket: fc.Arbitrary<ActualBucket> = fc.record({
  versioning: fc.constantFrom("Enabled", "Suspended", undefined),
  mfaDelete: fc.boolean(),
  encryption: optional(
    fc.record({
      ApplyServerSideEncryptionByDefault: fc.constantFrom(
        { SSEAlgorithm: "AES256" as const },
        { SSEAlgorithm: "aws:kms" as const },
        { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: KEY },
        { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: KEY.split("/")[1] },
        { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: OTHER_KEY },
        { SSEAlgorithm: "aws:kms:dsse" as const },
      ),
      BlockedEncryptionTypes: fc.constant({ EncryptionType: ["SSE-C" as const] }),
    }),
  ),
  publicAccessBlock: optional(
    fc.record({
      BlockPublicAcls: fc.boolean(),
      IgnorePublicAcls: fc.boolean(),
      BlockPublicPolicy: fc.boolean(),
      RestrictPublicBuckets: fc.boolean(),
    }),
  ),
  ownership: fc.constantFrom("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter", undefined),
  policy: optional(
    fc.record({
      Version: fc.constantFrom("2008-10-17", "2012-10-17"),
      Id: fc.constant("theirs"),
      Statement: fc.array(statement, { maxLength: 4 }),
    }),
  ),
  lifecycle: fc.uniqueArray(rule, { maxLength: 4, selector: ({ ID }) => ID }),
  transitionDefaultMinimumObjectSize: fc.constantFrom(
    undefined,
    "varies_by_storage_class",
    "all_storage_classes_128K",
  ),
});

export const table: fc.Arbitrary<ActualTable> = fc.record({
  billing: fc.constantFrom("PAY_PER_REQUEST", "PROVISIONED"),
  kms: fc.boolean(),
  pointInTimeRecovery: fc.boolean(),
  deletionProtection: fc.boolean(),
});

export const actual: fc.Arbitrary<Actual> = fc.record({
  bucket: fc.option(bucket),
  table: fc.option(table),
});
export const desired = fc.constantFrom(DESIRED, { ...DESIRED, kmsKeyArn: KEY });

const STRENGTH: Record<string, number> = { AES256: 1, "aws:kms": 2, "aws:kms:dsse": 3 };
export const strength = ({ encryption }: ActualBucket) => {
  const { SSEAlgorithm } = encryption?.ApplyServerSideEncryptionByDefault ?? {};
  return (SSEAlgorithm && STRENGTH[SSEAlgorithm]) ?? 0;
};
/** After how many days old versions of an object go at the earliest. */
export const retention = ({ lifecycle }: ActualBucket, key: string) =>
  Math.min(
    ...lifecycle
      .filter(({ Status }) => Status === "Enabled")
      .filter((r) => key.startsWith(r.Filter?.And?.Prefix ?? r.Filter?.Prefix ?? r.Prefix ?? ""))
      .map((r) => r.NoncurrentVersionExpiration?.NoncurrentDays ?? Number.POSITIVE_INFINITY),
  );
/** The rule, whichever way it spells its prefix. */
export const meaning = ({ Prefix, Filter, ...rest }: LifecycleRule) => ({
  ...rest,
  Filter: Filter ?? { Prefix: Prefix ?? "" },
});
