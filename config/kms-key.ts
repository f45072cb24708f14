import { z } from "zod";

/** The ARN of a KMS key: not of an alias, which the provider would not tell from a key that was exchanged. */
export const kmsKeyArn = z
  .string()
  .regex(/^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/(?:[0-9a-f-]{36}|mrk-[0-9a-f]{32})$/, {
    error: "an ARN such as arn:aws:kms:ap-northeast-2:123456789012:key/…",
  });

const own = (of: string, otherwise: string) =>
  kmsKeyArn.nullable().default(null).describe(`Key of ${of}; null: ${otherwise}.`);

/**
 * Keys of one's own (customer managed) in place of AWS's. They are not made here: who may use them, and when they end, is for those
 * who answer for them. `docs/security.md` says what a key's policy has to allow.
 */
export const kmsKeysSchema = z
  .strictObject({
    bucket: own("the bucket's new objects", "S3's own (SSE-S3)"),
    domain: own("the OpenSearch domain; another one replaces the domain", "the AWS managed key aws/es"),
    table: own("the consumer's table", "the AWS managed key aws/dynamodb"),
    repositories: own(
      "the image repositories, whose `repositories.encryption` is KMS then; another one replaces them",
      "the AWS managed key aws/ecr, or none with AES256",
    ),
    logGroups: own("the log groups in CloudWatch", "CloudWatch's own"),
  })
  .prefault({});

/** The keys of `kmsKeys`. */
export const KMS_KEYS = ["bucket", "domain", "table", "repositories", "logGroups"] as const;
