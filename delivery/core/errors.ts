import { NamedError } from "@cali/base";

/**
 * Something that was foreseen: its message says what is wrong, what was given, what is allowed and what to do. `cali` prints it
 * without a stack. Each command's own errors extend it.
 */
export class DeliveryError extends NamedError {}

/** What was asked over HTTP refused, or did not answer. */
class AnswerError extends DeliveryError {
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, { status, cause }: { status: number | undefined; cause: unknown }) {
    super(message, { cause });
    this.status = status;
  }
}

/** There are no AWS credentials, or AWS doesn't take them. */
export class CredentialsError extends DeliveryError {}

/** The bucket exists, and this account may not use it. */
export class ForeignBucketError extends DeliveryError {}

/** The bucket, or the key that is to encrypt it, lies in another region than the configuration says. */
export class RegionError extends DeliveryError {}

/** A table of that name exists, and Terraform cannot lock with it. */
export class LockTableError extends DeliveryError {}

/** The bucket's policy is not a policy document. */
export class BucketPolicyError extends DeliveryError {}

/** Something failed after the first change. What was done stays; the next run makes the rest. */
export class UnfinishedError extends DeliveryError {
  constructor(done: number, total: number, cause: Error) {
    super(`${cause.message}\n${done} of ${total} steps are done and stay; the next run makes the rest.`, {
      cause,
    });
  }
}

/** AWS refused a request, or could not be asked. */
export class AwsRequestError extends DeliveryError {
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
export class PriceTableError extends DeliveryError {}

/** AWS's price list can't be read. */
export class PriceListError extends DeliveryError {}

/** What would be applied is not what was reviewed, or destroys data. Nothing was applied. */
export class DeployRefusedError extends DeliveryError {}

/** There is no such lock, or who took it may still work. Nothing was changed. */
export class UnlockRefusedError extends DeliveryError {}

/** What would be imported is not what the code says, or something would be destroyed. Nothing was changed. */
export class RecoverRefusedError extends DeliveryError {}

/** The cluster could not be asked, or refused. */
export class ClusterError extends DeliveryError {}

/** There is no reviewed plan of this commit, or it is not what `cali plan` leaves. */
export class ReviewedPlanError extends DeliveryError {}

/** The workspace doesn't exist, or isn't active. */
export class WorkspaceError extends DeliveryError {}

/** Grafana refused a request, or could not be asked. */
export class GrafanaRequestError extends DeliveryError {}

/** A data source's plugin is not installed. */
export class PluginMissingError extends DeliveryError {}

/** The environment has no repository for this service's images. */
export class UnknownServiceError extends DeliveryError {}

/** The domain doesn't exist, or isn't ready in time. */
export class DomainError extends DeliveryError {}

/** OpenSearch refused a request, or could not be asked. */
export class OpenSearchRequestError extends AnswerError {}

/** What was given names no GitHub repository. */
export class RepositoryNameError extends DeliveryError {}

/** Something of the name exists, and is not this command's to change. */
export class ForeignRoleError extends DeliveryError {}

/** What was given is no image of the service, or no stack runs it. */
export class ReleaseError extends DeliveryError {}

/** Helm could not render a release's chart. */
export class ChartRenderError extends DeliveryError {}

/** The workflow that comes first failed, or takes too long. */
export class EarlierWorkflowError extends DeliveryError {}

/** A checkout does not synthesize, or what it wrote is no synthesized application. */
export class SynthesisError extends DeliveryError {}

/** What was asked for names no stack of the application. */
export class UnknownStackError extends DeliveryError {}

/** What a workflow sets in the environment is missing or cannot be used. */
export class GithubEnvironmentError extends DeliveryError {}

/** GitHub refused a request for good, or could not be asked. */
export class GithubRequestError extends AnswerError {}

/** main holds a later commit: what an old run would do is refused. */
export class SupersededError extends DeliveryError {}

/** A file that should be `terraform show -json` of a plan, and is not, or is of a format that is not known. */
export class PlanFormatError extends DeliveryError {}

/** CALI_PLAN_KEY is missing or no key. */
export class PlanKeyError extends DeliveryError {}

/** The file is no sealed bundle, was sealed with another key, or was changed. */
export class SealError extends DeliveryError {}

/** Terraform is missing, too old, or ended with an error. */
export class TerraformError extends DeliveryError {}

/** Slack could not be notified. */
export class SlackError extends DeliveryError {}

/** `deploy.json` is not what `cali deploy` writes. */
export class DeployResultError extends DeliveryError {}

/** There is no `run.json`, or it is not what `cali plan` writes. */
export class PlanRunError extends DeliveryError {}

/** `sources.json` is not what a synth writes. */
export class SourcesError extends DeliveryError {}

/** The state or the variables can't be made into a configuration. */
export class SwitchError extends DeliveryError {}

/** Nobody says which commit is planned. */
export class CommitError extends DeliveryError {}

/** A state that cannot be divided. */
export class AdoptError extends DeliveryError {}
