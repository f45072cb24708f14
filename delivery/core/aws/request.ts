import { AwsRequestError } from "../errors.ts";

/** Codes of S3, DynamoDB and STS for "you may not". */
const REFUSED = new Set([
  "AccessDenied",
  "AccessDeniedException",
  "UnauthorizedOperation",
  "AllAccessDisabled",
]);

/** The SDK's message where AWS sent none. */
const NO_REASON = "UnknownError";
const BUCKET_REGION_HEADER = "x-amz-bucket-region";

/** The part of the SDK's exceptions that is used; what else they hold may be secret and is never printed. */
interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/**
 * Sends one request.
 *
 * @param action the IAM action that it needs, such as `s3:PutBucketPolicy`.
 * @param on what it is about, such as `bucket cali-dev-terraform-state`.
 * @throws AwsRequestError with AWS's code and message, and the remedy where one is known.
 */
export async function awsRequest<T>(action: string, on: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (thrown) {
    const error = thrown as SdkError;
    const status = error.$metadata?.httpStatusCode;
    const about = {
      code: error.name,
      status,
      bucketRegion: error.$response?.headers?.[BUCKET_REGION_HEADER],
      cause: error,
    };
    if (status === undefined) {
      throw new AwsRequestError(
        `${action} on ${on}: no answer from AWS: ${error.message || error.code || error.name}\nRemedy: check the network, a proxy, AWS_ENDPOINT_URL and the region's name, and run again.`,
        about,
      );
    }
    const request = error.$metadata?.requestId ? ` (request ${error.$metadata.requestId})` : "";
    const remedy =
      REFUSED.has(error.name) || status === 403
        ? `\nRemedy: allow the principal ${action} on ${on}; an organization's policy or a permissions boundary may refuse it as well.`
        : "";
    // A HEAD's answer has no body, and so no reason.
    const reason =
      error.message === NO_REASON ? `HTTP ${status} without a reason` : `${error.name}: ${error.message}`;
    throw new AwsRequestError(`${action} on ${on}: ${reason}${request}${remedy}`, about);
  }
}

/** The answer to a request; undefined: AWS refuses it with a code that begins so, such as `NoSuchBucketPolicy`. */
export async function unlessCode<T>(code: string, request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof AwsRequestError && error.code.startsWith(code)) return undefined;
    throw error;
  }
}
