/**
 * Something that was foreseen: its message says what is wrong, what was given, what is allowed and what to do. `cali` prints it
 * without a stack. Each command's own errors extend it.
 */
export class DeliveryError extends Error {
  override readonly name: string = "DeliveryError";
}

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

/** A price table of the project is not what it should be. */
export class PriceTableError extends DeliveryError {
  override readonly name = "PriceTableError";
}

/** AWS's price list can't be read. */
export class PriceListError extends DeliveryError {
  override readonly name = "PriceListError";
}

/** What would be applied is not what was reviewed, or destroys data. Nothing was applied. */
export class DeployRefusedError extends DeliveryError {
  override readonly name = "DeployRefusedError";
}

/** There is no such lock, or who took it may still work. Nothing was changed. */
export class UnlockRefusedError extends DeliveryError {
  override readonly name = "UnlockRefusedError";
}

/** What would be imported is not what the code says, or something would be destroyed. Nothing was changed. */
export class RecoverRefusedError extends DeliveryError {
  override readonly name = "RecoverRefusedError";
}

/** The cluster could not be asked, or refused. */
export class ClusterError extends DeliveryError {
  override readonly name = "ClusterError";
}

/** An object in the states' bucket is no Terraform state. */
export class StateFormatError extends DeliveryError {
  override readonly name = "StateFormatError";
}

/** There is no reviewed plan of this commit, or it is not what `cali plan` leaves. */
export class ReviewedPlanError extends DeliveryError {
  override readonly name = "ReviewedPlanError";
}

/** The workspace doesn't exist, or isn't active. */
export class WorkspaceError extends DeliveryError {
  override readonly name = "WorkspaceError";
}

/** Grafana refused a request, or could not be asked. */
export class GrafanaRequestError extends DeliveryError {
  override readonly name = "GrafanaRequestError";
}

/** A data source's plugin is not installed. */
export class PluginMissingError extends DeliveryError {
  override readonly name = "PluginMissingError";
}

/** The environment has no repository for this service's images. */
export class UnknownServiceError extends DeliveryError {
  override readonly name = "UnknownServiceError";
}

/** The domain doesn't exist, or isn't ready in time. */
export class DomainError extends DeliveryError {
  override readonly name = "DomainError";
}

/** OpenSearch refused a request, or could not be asked. */
export class OpenSearchRequestError extends DeliveryError {
  override readonly name = "OpenSearchRequestError";
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, { status, cause }: { status: number | undefined; cause: unknown }) {
    super(message, { cause });
    this.status = status;
  }
}

/** What was given names no GitHub repository. */
export class RepositoryNameError extends DeliveryError {
  override readonly name = "RepositoryNameError";
}

/** Something of the name exists, and is not this command's to change. */
export class ForeignRoleError extends DeliveryError {
  override readonly name = "ForeignRoleError";
}

/** What was given is no image of the service, or no stack runs it. */
export class ReleaseError extends DeliveryError {
  override readonly name = "ReleaseError";
}

/** Helm could not render a release's chart. */
export class ChartRenderError extends DeliveryError {
  override readonly name = "ChartRenderError";
}

/** The workflow that comes first failed, or takes too long. */
export class EarlierWorkflowError extends DeliveryError {
  override readonly name = "EarlierWorkflowError";
}

/** A checkout does not synthesize, or what it wrote is no synthesized application. */
export class SynthesisError extends DeliveryError {
  override readonly name = "SynthesisError";
}

/** What was asked for names no stack of the application. */
export class UnknownStackError extends DeliveryError {
  override readonly name = "UnknownStackError";
}

/** What a workflow sets in the environment is missing or cannot be used. */
export class GithubEnvironmentError extends DeliveryError {
  override readonly name = "GithubEnvironmentError";
}

/** GitHub refused a request for good, or could not be asked. */
export class GithubRequestError extends DeliveryError {
  override readonly name = "GithubRequestError";
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, { status, cause }: { status: number | undefined; cause: unknown }) {
    super(message, { cause });
    this.status = status;
  }
}

/** main holds a later commit: what an old run would do is refused. */
export class SupersededError extends DeliveryError {
  override readonly name = "SupersededError";
}

/** A file that should be `terraform show -json` of a plan, and is not, or is of a format that is not known. */
export class PlanFormatError extends DeliveryError {
  override readonly name = "PlanFormatError";
}

/** CALI_PLAN_KEY is missing or no key. */
export class PlanKeyError extends DeliveryError {
  override readonly name = "PlanKeyError";
}

/** The file is no sealed bundle, was sealed with another key, or was changed. */
export class SealError extends DeliveryError {
  override readonly name = "SealError";
}

/** Terraform is missing, too old, or ended with an error. */
export class TerraformError extends DeliveryError {
  override readonly name = "TerraformError";
}

/** Slack could not be notified. */
export class SlackError extends DeliveryError {
  override readonly name = "SlackError";
}

/** `deploy.json` is not what `cali deploy` writes. */
export class DeployResultError extends DeliveryError {
  override readonly name = "DeployResultError";
}

/** There is no `run.json`, or it is not what `cali plan` writes. */
export class PlanRunError extends DeliveryError {
  override readonly name = "PlanRunError";
}

/** `sources.json` is not what a synth writes. */
export class SourcesError extends DeliveryError {
  override readonly name = "SourcesError";
}

/** The state or the variables can't be made into a configuration. */
export class SwitchError extends DeliveryError {
  override readonly name = "SwitchError";
}

/** Nobody says which commit is planned. */
export class CommitError extends DeliveryError {
  override readonly name = "CommitError";
}

/** A state that cannot be divided. */
export class AdoptError extends DeliveryError {
  override readonly name = "AdoptError";
}
