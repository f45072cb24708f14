import { isDeepStrictEqual } from "node:util";
import {
  AttachRolePolicyCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { STSClient } from "@aws-sdk/client-sts";
import type { Config } from "../../../config/schema.ts";
import { whoAmI } from "../../core/aws/identity.ts";
import { awsRequest, unlessCode } from "../../core/aws/request.ts";
import { ForeignRoleError, UnfinishedError } from "../../core/errors.ts";
import type { RepositoryIdentity } from "./github-repository.ts";
import {
  AUDIENCE,
  type DesiredRole,
  desiredRoles,
  ISSUER,
  POLICY_NAME,
  type PolicyDocument,
} from "./roles.ts";

const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 30_000 };
/** Marks a role as one of this command: others of the same name are somebody else's. */
const TAG = { Key: "ManagedBy", Value: "cali pipeline-access" };

interface Step {
  /** What it does, in a line for people. */
  readonly does: string;
  readonly run: () => Promise<unknown>;
}

export interface PipelineAccessOptions {
  readonly config: Config;
  readonly repository: RepositoryIdentity;
  /** GitHub's environment, such as `production`. */
  readonly environment: string;
  /** Only say what is missing or different. */
  readonly checkOnly: boolean;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Makes, or corrects, GitHub's OIDC provider in the account and the two roles of the environment's pipeline. A second run changes
 * nothing; a run that was cut off is finished by the next one.
 *
 * @returns what was done, or would be, a line each.
 * @throws CredentialsError, ForeignRoleError or AwsRequestError before anything was changed;
 *   UnfinishedError after.
 */
export async function pipelineAccess(options: PipelineAccessOptions): Promise<string[]> {
  const { config, repository, environment, checkOnly, print } = options;
  // IAM is global; its endpoint is asked through any region.
  const aws = { region: config.region, requestHandler: TIMEOUTS };
  const sts = new STSClient(aws);
  const iam = new IAMClient(aws);
  try {
    const { account, arn } = await whoAmI(sts);
    print(`account ${account} as ${arn}`);
    const roles = desiredRoles(config, repository, account, environment);
    const steps = await providerSteps(iam, account, config.region);
    for (const role of roles) steps.push(...(await roleSteps(iam, role)));
    for (const [done, { does, run }] of steps.entries()) {
      if (!checkOnly) {
        try {
          await run();
        } catch (error) {
          throw done > 0 ? new UnfinishedError(done, steps.length, error as Error) : error;
        }
      }
      print(`  ${checkOnly ? "missing" : "done"}: ${does}`);
    }
    if (steps.length === 0) print("Nothing to change.");
    for (const { name } of roles) print(`arn:aws:iam::${account}:role/${name}`);
    return steps.map(({ does }) => does);
  } finally {
    for (const client of [iam, sts]) client.destroy();
  }
}

async function providerSteps(iam: IAMClient, account: string, region: string): Promise<Step[]> {
  const arn = `arn:aws:iam::${account}:oidc-provider/${ISSUER}`;
  const provider = await orMissing(
    awsRequest("iam:GetOpenIDConnectProvider", arn, () =>
      iam.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn })),
    ),
  );
  if (provider) {
    if (provider.ClientIDList?.includes(AUDIENCE)) return [];
    throw new ForeignRoleError(
      `${arn} exists for ${provider.ClientIDList?.join(", ") || "no audience"}; allowed: one for ${AUDIENCE}\nRemedy: aws iam add-client-id-to-open-id-connect-provider --region ${region} --open-id-connect-provider-arn ${arn} --client-id ${AUDIENCE}`,
    );
  }
  const create = new CreateOpenIDConnectProviderCommand({
    Url: `https://${ISSUER}`,
    ClientIDList: [AUDIENCE],
    Tags: [TAG],
  });
  return [
    {
      does: `make the identity provider ${ISSUER}`,
      run: () => awsRequest("iam:CreateOpenIDConnectProvider", arn, () => iam.send(create)),
    },
  ];
}

async function roleSteps(iam: IAMClient, role: DesiredRole): Promise<Step[]> {
  const RoleName = role.name;
  const on = `role ${RoleName}`;
  const ask = <T>(action: string, send: () => Promise<T>) => awsRequest(`iam:${action}`, on, send);
  const existing = await orMissing(ask("GetRole", () => iam.send(new GetRoleCommand({ RoleName }))));
  if (existing && !existing.Role?.Tags?.some(({ Key, Value }) => Key === TAG.Key && Value === TAG.Value)) {
    throw new ForeignRoleError(
      `${on} exists without the tag ${TAG.Key}=${TAG.Value}: it is not this command's\nRemedy: delete or rename it, or tag it when it may be changed.`,
    );
  }
  const steps: Step[] = [];
  const AssumeRolePolicyDocument = JSON.stringify(role.trust);
  if (!existing) {
    const create = new CreateRoleCommand({
      RoleName,
      Description: role.description,
      AssumeRolePolicyDocument,
      MaxSessionDuration: 3600,
      Tags: [TAG],
    });
    steps.push({ does: `make ${on}`, run: () => ask("CreateRole", () => iam.send(create)) });
  } else if (!equals(existing.Role?.AssumeRolePolicyDocument, role.trust)) {
    const update = new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: AssumeRolePolicyDocument });
    steps.push({
      does: `correct who may assume ${on}`,
      run: () => ask("UpdateAssumeRolePolicy", () => iam.send(update)),
    });
  }
  const inline = await orMissing(
    ask("GetRolePolicy", () => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: POLICY_NAME }))),
  );
  if (!equals(inline?.PolicyDocument, role.policy)) {
    const put = new PutRolePolicyCommand({
      RoleName,
      PolicyName: POLICY_NAME,
      PolicyDocument: JSON.stringify(role.policy),
    });
    steps.push({ does: `set the policy of ${on}`, run: () => ask("PutRolePolicy", () => iam.send(put)) });
  }
  const attached = await orMissing(
    ask("ListAttachedRolePolicies", () => iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))),
  );
  for (const PolicyArn of role.managedPolicyArns) {
    if (attached?.AttachedPolicies?.some((policy) => policy.PolicyArn === PolicyArn)) continue;
    const attach = new AttachRolePolicyCommand({ RoleName, PolicyArn });
    steps.push({
      does: `attach ${PolicyArn} to ${on}`,
      run: () => ask("AttachRolePolicy", () => iam.send(attach)),
    });
  }
  return steps;
}

/** IAM gives policy documents URL-encoded. */
function equals(actual: string | undefined, desired: PolicyDocument): boolean {
  if (actual === undefined) return false;
  try {
    return isDeepStrictEqual(JSON.parse(decodeURIComponent(actual)), JSON.parse(JSON.stringify(desired)));
  } catch {
    return false;
  }
}

const orMissing = <T>(answer: Promise<T>) => unlessCode("NoSuchEntityException", answer);
