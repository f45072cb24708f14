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
 * Adds what is missing to a bucket's lifecycle. Rules of others stay: a rule for old versions that is there decides
 * alone, for a second one could only shorten what it keeps. A rule of ours that keeps less than it should is extended;
 * one that somebody disabled stays so.
 */
export function planLifecycle(rules: readonly LifecycleRule[]): LifecyclePlan {
  const merged = rules.map((rule) => (rule.ID === OLD_VERSIONS_ID ? extended(rule) : rule));
  const isExtended = merged.some((rule, i) => rule !== rules[i]);
  const adds = isExtended ? [`${describeOldVersions()} (was shorter)`] : [];

  const others = rules.filter(
    (rule) => rule.ID !== OLD_VERSIONS_ID && isEnabled(rule) && rule.NoncurrentVersionExpiration,
  );
  if (others.length === 0 && !rules.some(({ ID }) => ID === OLD_VERSIONS_ID)) {
    merged.push({
      ID: OLD_VERSIONS_ID,
      Status: "Enabled",
      Filter: EVERYTHING,
      NoncurrentVersionExpiration: { ...OLD_VERSIONS },
    });
    adds.push(describeOldVersions());
  }
  if (!rules.some((rule) => rule.ID === UPLOADS_ID || abortsEveryUpload(rule))) {
    merged.push({
      ID: UPLOADS_ID,
      Status: "Enabled",
      Filter: EVERYTHING,
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: ABORT_UPLOADS_AFTER_DAYS },
    });
    adds.push(`unfinished uploads go after ${ABORT_UPLOADS_AFTER_DAYS} days`);
  }

  return {
    rules: adds.length > 0 ? merged.map(withFilter) : undefined,
    adds,
    kept: [
      ...others.map((rule) => `lifecycle rule ${name(rule)} decides how long old versions are kept`),
      ...rules
        .filter((rule) => [OLD_VERSIONS_ID, UPLOADS_ID].includes(rule.ID ?? "") && !isEnabled(rule))
        .map((rule) => `lifecycle rule ${name(rule)} stays disabled`),
    ],
    warnings: [
      ...others
        .filter((rule) => daysOf(rule) < OLD_VERSIONS.NoncurrentDays)
        .map(
          (rule) =>
            `lifecycle rule ${name(rule)} deletes old versions after ${daysOf(rule)} days, and a state's old versions are its backup; ${OLD_VERSIONS.NoncurrentDays} or more are better`,
        ),
      ...rules
        .filter((rule) => isEnabled(rule) && isForUntagged(rule))
        .filter(({ Expiration }) => Expiration?.Days !== undefined || Expiration?.Date !== undefined)
        .map(
          (rule) =>
            `lifecycle rule ${name(rule)} deletes whatever is under ${JSON.stringify(prefixOf(rule))} by its age: a state there would be deleted, and Terraform would make everything again; remove the rule, or be sure that no state lies there`,
        ),
    ],
  };
}

function describeOldVersions(): string {
  return `old versions are kept for ${OLD_VERSIONS.NoncurrentDays} days, and the last ${OLD_VERSIONS.NewerNoncurrentVersions} of each object for good`;
}

/** Our rule with at least the time and number of versions it should keep; itself when it keeps them. */
function extended(rule: LifecycleRule): LifecycleRule {
  const { NoncurrentVersionExpiration: kept } = rule;
  if (!isEnabled(rule) || !kept) return rule;
  const days = Math.max(kept.NoncurrentDays ?? 0, OLD_VERSIONS.NoncurrentDays);
  const versions = Math.max(kept.NewerNoncurrentVersions ?? 0, OLD_VERSIONS.NewerNoncurrentVersions);
  if (days === kept.NoncurrentDays && versions === kept.NewerNoncurrentVersions) return rule;
  return {
    ...rule,
    NoncurrentVersionExpiration: { NoncurrentDays: days, NewerNoncurrentVersions: versions },
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
