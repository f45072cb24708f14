import type { LifecycleRule } from "@aws-sdk/client-s3";

/**
 * How long a state's history is kept: it is the state's backup, and costs cents. An old version goes when it is a year
 * old AND a hundred newer old versions of the same state are there, so that a state that rarely changes, or was
 * deleted, keeps its last hundred versions for good. 100 is the most that S3 takes
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html).
 */
const OLD_VERSIONS = { NoncurrentDays: 365, NewerNoncurrentVersions: 100 } as const;
const ABORT_UPLOADS_AFTER_DAYS = 7;

const EVERYTHING = { Prefix: "" } as const;
const OLD_VERSIONS_ID = "expire-old-versions";
const UPLOADS_ID = "abort-unfinished-uploads";

export interface LifecyclePlan {
  /** Every rule that is to be there, in order; undefined: those that are there will do. */
  readonly rules: readonly LifecycleRule[] | undefined;
  readonly adds: readonly string[];
  readonly kept: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Adds what is missing to a bucket's lifecycle. The rules that are there stay: one for old versions decides alone, for a
 * second one could only shorten what it keeps, and a rule of ours that somebody changed or disabled is theirs now.
 */
export function planLifecycle(rules: readonly LifecycleRule[]): LifecyclePlan {
  const missing: LifecycleRule[] = [];
  const adds: string[] = [];
  const forOldVersions = rules.filter((rule) => isEnabled(rule) && rule.NoncurrentVersionExpiration);
  if (forOldVersions.length === 0 && !rules.some(({ ID }) => ID === OLD_VERSIONS_ID)) {
    missing.push({
      ID: OLD_VERSIONS_ID,
      Status: "Enabled",
      Filter: EVERYTHING,
      NoncurrentVersionExpiration: { ...OLD_VERSIONS },
    });
    adds.push(
      `old versions are kept for ${OLD_VERSIONS.NoncurrentDays} days, and the last ${OLD_VERSIONS.NewerNoncurrentVersions} of each object for good`,
    );
  }
  if (!rules.some((rule) => rule.ID === UPLOADS_ID || abortsEveryUpload(rule))) {
    missing.push({
      ID: UPLOADS_ID,
      Status: "Enabled",
      Filter: EVERYTHING,
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_UPLOADS_AFTER_DAYS },
    });
    adds.push(`unfinished uploads go after ${ABORT_UPLOADS_AFTER_DAYS} days`);
  }
  return {
    rules: missing.length > 0 ? [...rules, ...missing].map(withFilter) : undefined,
    adds,
    kept: [
      ...forOldVersions
        .filter(({ ID }) => ID !== OLD_VERSIONS_ID)
        .map((rule) => `lifecycle rule ${name(rule)} decides how long old versions are kept`),
      ...rules
        .filter((rule) => [OLD_VERSIONS_ID, UPLOADS_ID].includes(rule.ID ?? "") && !isEnabled(rule))
        .map((rule) => `lifecycle rule ${name(rule)} stays disabled`),
    ],
    warnings: [
      ...forOldVersions
        .filter((rule) => daysOf(rule) < OLD_VERSIONS.NoncurrentDays)
        .map(
          (rule) =>
            `lifecycle rule ${name(rule)} deletes old versions after ${daysOf(rule)} days, and a state's old versions are its backup: ${OLD_VERSIONS.NoncurrentDays} or more are better`,
        ),
      ...rules
        .filter((rule) => isEnabled(rule) && isForUntagged(rule))
        .filter(({ Expiration }) => Expiration?.Days !== undefined || Expiration?.Date !== undefined)
        .map(
          (rule) =>
            `lifecycle rule ${name(rule)} deletes by age whatever is under ${JSON.stringify(prefixOf(rule))}: no state may lie there, for Terraform would make everything again`,
        ),
    ],
  };
}

/** S3 refuses a lifecycle that mixes filters with prefixes of the old kind; a filter by prefix means the same. */
function withFilter(rule: LifecycleRule): LifecycleRule {
  if (rule.Filter !== undefined) return rule;
  const { Prefix = "", ...rest } = rule;
  return { ...rest, Filter: { Prefix } };
}

function abortsEveryUpload(rule: LifecycleRule): boolean {
  return isEnabled(rule) && rule.AbortIncompleteMultipartUpload !== undefined && isForEverything(rule);
}

function isEnabled(rule: LifecycleRule): boolean {
  return rule.Status === "Enabled";
}

function isForEverything(rule: LifecycleRule): boolean {
  const { Tag, And, ObjectSizeGreaterThan, ObjectSizeLessThan } = rule.Filter ?? {};
  const isNarrowed = [Tag, And, ObjectSizeGreaterThan, ObjectSizeLessThan].some((part) => part !== undefined);
  return prefixOf(rule) === "" && !isNarrowed;
}

/** Terraform doesn't tag states. */
function isForUntagged(rule: LifecycleRule): boolean {
  return rule.Filter?.Tag === undefined && (rule.Filter?.And?.Tags ?? []).length === 0;
}

function prefixOf(rule: LifecycleRule): string {
  return rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? "";
}

function daysOf(rule: LifecycleRule): number {
  return rule.NoncurrentVersionExpiration?.NoncurrentDays ?? 0;
}

function name(rule: LifecycleRule): string {
  return JSON.stringify(rule.ID ?? "");
}
