import { DeliveryError } from "../../core/errors.ts";

/** There are no AWS credentials, or AWS doesn't take them. */
export class CredentialsError extends DeliveryError {
  override readonly name = "CredentialsError";
}

/** The bucket exists, and this account may not use it. */
export class ForeignBucketError extends DeliveryError {
  override readonly name = "ForeignBucketError";
}

/** The bucket, or the key that is to encrypt it, lies in another region than the configuration says. */
export class RegionError extends DeliveryError {
  override readonly name = "RegionError";
}

/** A table of that name exists, and Terraform cannot lock with it. */
export class LockTableError extends DeliveryError {
  override readonly name = "LockTableError";
}

/** The bucket's policy is not a policy document. */
export class BucketPolicyError extends DeliveryError {
  override readonly name = "BucketPolicyError";
}

/** Something failed after the first change. What was done stays; the next run makes the rest. */
export class UnfinishedError extends DeliveryError {
  override readonly name = "UnfinishedError";

  constructor(done: number, total: number, cause: Error) {
    super(`${cause.message}\n${done} of ${total} steps are done and stay; the next run makes the rest.`, {
      cause,
    });
  }
}

/** AWS refused a request, or could not be asked. */
export class AwsRequestError extends DeliveryError {
  override readonly name = "AwsRequestError";
  /** AWS's error code, such as `NoSuchBucketPolicy`; the error's own name where AWS gave none. */
  readonly code: string;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The region that S3 says the bucket lies in. */
  readonly bucketRegion: string | undefined;

  constructor(
    message: string,
    about: { code: string; status?: number; bucketRegion?: string; cause?: unknown },
  ) {
    super(message, { cause: about.cause });
    this.code = about.code;
    this.status = about.status;
    this.bucketRegion = about.bucketRegion;
  }
}
