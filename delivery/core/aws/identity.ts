import { GetCallerIdentityCommand, type STSClient } from "@aws-sdk/client-sts";
import { AwsRequestError, CredentialsError } from "../errors.ts";
import { awsRequest } from "./request.ts";

/** Who asks. */
export interface Identity {
  /** 12 digits. */
  readonly account: string;
  /** The user or role. */
  readonly arn: string;
}

/**
 * Words of the AWS CLI as its reference has them. Its version 1 has no `sso login`; with neither a region of its own nor a profile with
 * one it asks nobody.
 */
const remedy = (region: string) =>
  `Remedy: log in (AWS CLI 2: \`aws configure sso --profile cali && export AWS_PROFILE=cali\`, and \`aws sso login\` when that is over), or set AWS_PROFILE to another profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; \`aws sts get-caller-identity --region ${region}\` must answer.`;

/** What the SDK's credential providers throw. */
const PROVIDER_ERRORS = new Set(["CredentialsProviderError", "TokenProviderError"]);

/**
 * Asks AWS who we are; nothing is changed before.
 *
 * @throws CredentialsError when there are no credentials or AWS refuses them; AwsRequestError when AWS cannot be reached.
 */
export async function whoAmI(sts: STSClient): Promise<Identity> {
  try {
    const { Account, Arn } = await awsRequest("sts:GetCallerIdentity", "the credentials", () =>
      sts.send(new GetCallerIdentityCommand({})),
    );
    if (!Account || !Arn) {
      throw new CredentialsError(
        `AWS doesn't say whose the credentials are. ${remedy(await sts.config.region())}`,
      );
    }
    return { account: Account, arn: Arn };
  } catch (error) {
    if (!(error instanceof AwsRequestError)) throw error;
    const region = await sts.config.region();
    if (PROVIDER_ERRORS.has(error.code)) {
      throw new CredentialsError(`no AWS credentials: ${reason(error.cause as Error)}\n${remedy(region)}`, {
        cause: error,
      });
    }
    if (error.status === undefined || error.status >= 500) throw error;
    const { message } = error.cause as Error;
    throw new CredentialsError(`AWS refuses the credentials: ${error.code}: ${message}\n${remedy(region)}`, {
      cause: error,
    });
  }
}

/** A `credential_process` that fails is quoted with its arguments, which may be secret. */
function reason({ message }: Error): string {
  return message.startsWith("Command failed")
    ? "the profile's credential_process failed"
    : message.split("\n")[0] || "none found";
}
