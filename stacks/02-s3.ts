import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket/index.js";
import {
  S3BucketLifecycleConfiguration,
  type S3BucketLifecycleConfigurationRule,
} from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js";
import { S3BucketLoggingA } from "@cdktf/provider-aws/lib/s3-bucket-logging/index.js";
import { S3BucketPolicy } from "@cdktf/provider-aws/lib/s3-bucket-policy/index.js";
import { S3BucketPublicAccessBlock } from "@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js";
import { S3BucketServerSideEncryptionConfigurationA } from "@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js";
import { S3BucketVersioningA } from "@cdktf/provider-aws/lib/s3-bucket-versioning/index.js";
import { Construct } from "constructs";
import type { Names } from "../config/names.ts";
import type { Config } from "../config/schema.ts";
import { Handle } from "../constructs/handle.ts";
import { withLogicalId } from "../constructs/logical-id.ts";
import { policyDocument } from "../constructs/policy-document.ts";
import { protectedLifecycle } from "../constructs/protection.ts";

export interface S3Props {
  readonly config: Config;
  readonly names: Names;
}

/** 02: the bucket of raw logs, dead letters and new errors. */
export class S3 extends Construct {
  readonly bucketArn: Handle;
  readonly bucketName: Handle;
  readonly bucket: S3Bucket;

  constructor(scope: Construct, id: string, { config, names }: S3Props) {
    super(scope, id);
    this.bucket = withLogicalId(
      new S3Bucket(this, "Default", {
        bucket: names.bucket,
        forceDestroy: config.bucket.forceDestroy,
        tags: { Name: names.named("logs") },
        lifecycle: protectedLifecycle(config.protection.preventDestroy),
      }),
      "logs",
    );
    this.bucketName = new Handle(this, this.bucket.bucket, (own) => own.bucket);
    this.bucketArn = new Handle(this, this.bucket.arn, (own) => own.bucketArn);
    const bucket = this.bucket.id;
    const kmsKey = config.kmsKeys.bucket;

    const publicAccessBlock = withLogicalId(
      new S3BucketPublicAccessBlock(this, "PublicAccessBlock", {
        bucket,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      }),
      "logs",
    );
    withLogicalId(
      new S3BucketServerSideEncryptionConfigurationA(this, "Encryption", {
        bucket,
        rule: [
          kmsKey === null
            ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
            : {
                applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: kmsKey },
                // One request to KMS for many objects.
                bucketKeyEnabled: true,
              },
        ],
      }),
      "logs",
    );
    const versioning = withLogicalId(
      new S3BucketVersioningA(this, "Versioning", { bucket, versioningConfiguration: { status: "Enabled" } }),
      "logs",
    );
    const rules = config.bucket.lifecycle.map(lifecycleRule);
    withLogicalId(
      new S3BucketLifecycleConfiguration(this, "Lifecycle", {
        bucket,
        rule: rules,
        // S3 takes rules for old versions only once it keeps versions.
        ...(rules.some((rule) => rule.noncurrentVersionExpiration) && { dependsOn: [versioning] }),
      }),
      "logs",
    );
    const { accessLog } = config.bucket;
    if (accessLog) {
      withLogicalId(
        new S3BucketLoggingA(this, "AccessLog", {
          bucket,
          targetBucket: accessLog.bucket,
          targetPrefix: accessLog.prefix,
        }),
        "logs",
      );
    }
    if (config.bucket.tlsOnly) {
      withLogicalId(
        new S3BucketPolicy(this, "TlsOnly", {
          bucket,
          policy: policyDocument([
            {
              Sid: "TlsOnly",
              Effect: "Deny",
              Principal: "*",
              Action: "s3:*",
              Resource: [this.bucket.arn, `${this.bucket.arn}/*`],
              Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
          ]),
          dependsOn: [publicAccessBlock],
        }),
        "logs",
      );
    }
  }
}

type Rule = Config["bucket"]["lifecycle"][number];

function lifecycleRule(rule: Rule): S3BucketLifecycleConfigurationRule {
  return {
    id: rule.id,
    status: "Enabled",
    filter: [{ prefix: rule.prefix }],
    ...(rule.transitions.length > 0 && { transition: rule.transitions }),
    ...(rule.expireAfterDays !== null && { expiration: [{ days: rule.expireAfterDays }] }),
    ...(rule.expireOldVersionsAfterDays !== null && {
      noncurrentVersionExpiration: [{ noncurrentDays: rule.expireOldVersionsAfterDays }],
    }),
    ...(rule.abortUploadsAfterDays !== null && {
      abortIncompleteMultipartUpload: [{ daysAfterInitiation: rule.abortUploadsAfterDays }],
    }),
  };
}
