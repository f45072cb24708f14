import { inspect } from "node:util";

/**
 * What a failed call means for the reader.
 * - `expired`: the iterator is older than five minutes; a new one is made from the last position
 * - `throttled`: too many calls or bytes; wait a little
 * - `key`: the stream's KMS key cannot be used
 * - `denied`, `missing`: the role may not, or there is no such stream or shard; a person has to act
 * - `trouble`: network, time-out, Kinesis itself; wait and try again
 */
type FailureKind = "expired" | "throttled" | "key" | "denied" | "missing" | "trouble";

export interface Failure {
  kind: FailureKind;
  /** For people: name and message of the error, and what helps. */
  text: string;
  /** Longest wait between tries, ms. */
  maxWaitMs: number;
}

const KINDS: Record<string, FailureKind> = {
  ExpiredIteratorException: "expired",
  ProvisionedThroughputExceededException: "throttled",
  LimitExceededException: "throttled",
  ThrottlingException: "throttled",
  RequestLimitExceeded: "throttled",
  KMSThrottlingException: "throttled",
  KMSAccessDeniedException: "key",
  KMSDisabledException: "key",
  KMSInvalidStateException: "key",
  KMSNotFoundException: "key",
  KMSOptInRequired: "key",
  AccessDeniedException: "denied",
  UnrecognizedClientException: "denied",
  InvalidSignatureException: "denied",
  ExpiredTokenException: "denied",
  CredentialsProviderError: "denied",
  ResourceNotFoundException: "missing",
};

const ADVICE: Record<FailureKind, string> = {
  expired: "the iterator is renewed from the last position",
  throttled: "reading slows down",
  key: "the stream's KMS key cannot be used: check that it is enabled and that this role may kms:Decrypt",
  denied: "check this role's permissions on the stream (kinesis:GetRecords, GetShardIterator, ListShards)",
  missing: "check the stream's name and region",
  trouble: "trying again",
};

const MAX_WAIT_MS: Record<FailureKind, number> = {
  expired: 5_000,
  throttled: 5_000,
  key: 30_000,
  denied: 30_000,
  missing: 30_000,
  trouble: 10_000,
};

/** The kind of a failed call, by the error's name, as AWS documents them for GetRecords. */
export function classify(error: unknown): Failure {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: inspect(error) };
  const kind = KINDS[name] ?? "trouble";
  return { kind, text: `${name}: ${message}; ${ADVICE[kind]}`, maxWaitMs: MAX_WAIT_MS[kind] };
}
