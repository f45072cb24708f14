import { Names, namePrefix } from "../../../config/names.ts";
import type { Config } from "../../../config/schema.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { STACKS } from "../../../stacks/registry.ts";
import type { RepositoryIdentity } from "./github-repository.ts";

/** GitHub's issuer of workflow identities (https://docs.github.com/en/actions/concepts/security/openid-connect). */
export const ISSUER = "token.actions.githubusercontent.com";
export const AUDIENCE = "sts.amazonaws.com";

/** An IAM policy document. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

/** A role as it is to be. */
export interface DesiredRole {
  readonly name: string;
  readonly description: string;
  /** Which workflow runs may assume it. */
  readonly trust: PolicyDocument;
  /** Its one inline policy. */
  readonly policy: PolicyDocument;
  readonly managedPolicyArns: readonly string[];
}

/** Inline policies have this name. */
export const POLICY_NAME = "pipeline";

const document = (...Statement: Readonly<Record<string, unknown>>[]): PolicyDocument => ({
  Version: "2012-10-17",
  Statement,
});

/**
 * The two roles of an environment's pipeline: one that reads, for pull requests and the nightly drift run, and one that
 * deploys, for the environment's approved runs only.
 *
 * @param repository as GitHub says it: a name alone can be somebody else's tomorrow.
 * @param account 12 digits.
 * @param approved GitHub's environment, whose approval a deployment needs.
 */
export function desiredRoles(
  config: Config,
  repository: RepositoryIdentity,
  account: string,
  approved: string,
): DesiredRole[] {
  const { environment, region } = config;
  const names = new Names({ prefix: namePrefix(config), environment, region, account });
  const name = `${repository.owner}/${repository.name}`;
  return [
    {
      name: pipelineRole(names, "plan"),
      description: `Plans ${names.prefix} for pull requests and the nightly drift run of ${name}: reads only`,
      // A pull request's ref has its number, so only its subject can be named.
      trust: trust(account, repository, ["pull_request", MAIN_SUBJECT], {}),
      policy: document(...stateStatements(config, account, "read"), ...noDataStatements(config, account)),
      managedPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    },
    {
      name: pipelineRole(names, "deploy"),
      description: `Deploys ${names.prefix} from approved runs of ${name}`,
      // Whoever can push a branch can write a workflow there that names the environment: it is not on main, and not one of these.
      trust: trust(account, repository, [`environment:${approved}`], {
        environment: approved,
        ref: MAIN,
        job_workflow_ref: DEPLOYING.map((file) => `${name}/.github/workflows/${file}@${MAIN}`),
      }),
      policy: document(...stateStatements(config, account, "write"), ...deployStatements(names)),
      managedPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    },
  ];
}

/** The GitHub environment of `config/<name>.yaml`, as the workflows choose it: `production` for `prod`. */
export function githubEnvironment(name: string): string {
  return name === "prod" ? "production" : name;
}

function pipelineRole(names: Names, what: "plan" | "deploy"): string {
  return `${names.prefix}-pipeline-${what}`;
}

const MAIN = "refs/heads/main";
const MAIN_SUBJECT = `ref:${MAIN}`;
/** The workflows whose jobs deploy. */
const DEPLOYING = ["plan-and-deploy.yml", "service.yml"];

/**
 * Whole values only, without wildcards: a branch or tag named cleverly matches nothing. Subjects come in two forms: repositories that were
 * created, renamed or transferred since July 2026 have the immutable ids in theirs
 * (https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/), and one may change at any time.
 *
 * @param claims further claims of the token, each with its only values.
 */
function trust(
  account: string,
  { owner, name, ownerId, repositoryId }: RepositoryIdentity,
  contexts: readonly string[],
  claims: Readonly<Record<string, string | readonly string[]>>,
): PolicyDocument {
  const subjects = contexts.flatMap((context) => [
    `repo:${owner}/${name}:${context}`,
    `repo:${owner}@${ownerId}/${name}@${repositoryId}:${context}`,
  ]);
  const desired = { aud: AUDIENCE, sub: subjects, repository_id: String(repositoryId), ...claims };
  return document({
    Effect: "Allow",
    Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${ISSUER}` },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: Object.fromEntries(
        Object.entries(desired).map(([claim, value]) => [`${ISSUER}:${claim}`, value]),
      ),
    },
  });
}

/**
 * States, digests and locks. Who plans takes and gives back a lock as well, but changes no state: in DynamoDB, where digests and
 * locks share a table, the digests end in `-md5` (https://developer.hashicorp.com/terraform/language/backend/s3).
 */
function stateStatements(config: Config, account: string, access: "read" | "write") {
  const { bucket, region, lockTable, kmsKeyArn } = stateBackend(config);
  const objects = `arn:aws:s3:::${bucket}/`;
  const table = `arn:aws:dynamodb:${region}:${account}:table/${lockTable}`;
  const isReading = access === "read";
  return [
    {
      Sid: "States",
      Effect: "Allow",
      Action: isReading ? ["s3:GetObject"] : ["s3:GetObject", "s3:PutObject"],
      Resource: `${objects}*.tfstate`,
    },
    {
      Sid: "LockFiles",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: `${objects}*.tflock`,
    },
    { Sid: "StateList", Effect: "Allow", Action: ["s3:ListBucket"], Resource: `arn:aws:s3:::${bucket}` },
    {
      Sid: "Locks",
      Effect: "Allow",
      Action: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"],
      Resource: table,
      ...(isReading && {
        Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [`${bucket}/*.tfstate`] } },
      }),
    },
    ...(isReading
      ? [{ Sid: "Digests", Effect: "Allow", Action: ["dynamodb:GetItem"], Resource: table }]
      : []),
    ...(kmsKeyArn
      ? [
          {
            Sid: "StateKey",
            Effect: "Allow",
            Action: ["kms:Decrypt", "kms:GenerateDataKey"],
            Resource: kmsKeyArn,
          },
        ]
      : []),
  ];
}

/** ReadOnlyAccess also reads what is in buckets, streams, tables and logs: planning needs the states, and nothing else of it. */
function noDataStatements(config: Config, account: string) {
  const { bucket, region, lockTable } = stateBackend(config);
  return [
    {
      Sid: "NoData",
      Effect: "Deny",
      Action: [
        "kinesis:GetRecords",
        "secretsmanager:GetSecretValue",
        "ssm:GetParameter*",
        "logs:GetLogEvents",
        "logs:FilterLogEvents",
        "logs:StartQuery",
      ],
      Resource: "*",
    },
    { Sid: "NoObjects", Effect: "Deny", Action: ["s3:GetObject*"], NotResource: `arn:aws:s3:::${bucket}/*` },
    {
      Sid: "NoItems",
      Effect: "Deny",
      Action: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"],
      NotResource: `arn:aws:dynamodb:${region}:${account}:table/${lockTable}`,
    },
  ];
}

const CHANGES_OF_ROLES = [
  "iam:CreateRole",
  "iam:DeleteRole",
  "iam:UpdateRole",
  "iam:UpdateAssumeRolePolicy",
  "iam:TagRole",
  "iam:UntagRole",
  "iam:PutRolePolicy",
  "iam:DeleteRolePolicy",
  "iam:AttachRolePolicy",
  "iam:DetachRolePolicy",
];

/**
 * What the stacks make and change. IAM only under the environment's own prefix, the policies of AWS that the stacks attach, and
 * never the pipeline's own roles. Whoever may write policies of roles may give himself rights through one of them:
 * docs/pipeline.md says what limits that.
 */
function deployStatements(names: Names) {
  const role = `arn:aws:iam::${names.account}:role/${names.prefix}-*`;
  const policy = `arn:aws:iam::${names.account}:policy/${names.prefix}-*`;
  const pipeline = `arn:aws:iam::${names.account}:role/${names.prefix}-pipeline-*`;
  return [
    {
      Sid: "Services",
      Effect: "Allow",
      Action: [...new Set(STACKS.flatMap(({ rights }): readonly string[] => rights))],
      Resource: "*",
      Condition: { StringEqualsIfExists: { "aws:RequestedRegion": [names.region, "us-east-1"] } },
    },
    {
      Sid: "Roles",
      Effect: "Allow",
      Action: [...CHANGES_OF_ROLES, "iam:PassRole"],
      Resource: role,
    },
    {
      Sid: "Policies",
      Effect: "Allow",
      Action: [
        "iam:CreatePolicy",
        "iam:DeletePolicy",
        "iam:CreatePolicyVersion",
        "iam:DeletePolicyVersion",
        "iam:TagPolicy",
        "iam:UntagPolicy",
      ],
      Resource: policy,
    },
    {
      Sid: "ServiceLinkedRoles",
      Effect: "Allow",
      Action: ["iam:CreateServiceLinkedRole"],
      Resource: `arn:aws:iam::${names.account}:role/aws-service-role/*`,
    },
    {
      Sid: "ClusterOidc",
      Effect: "Allow",
      Action: [
        "iam:CreateOpenIDConnectProvider",
        "iam:DeleteOpenIDConnectProvider",
        "iam:TagOpenIDConnectProvider",
      ],
      Resource: `arn:aws:iam::${names.account}:oidc-provider/oidc.eks.*`,
    },
    {
      Sid: "OpenSearchAdmin",
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Resource: names.roleArn("openSearchAdmin"),
    },
    { Sid: "NotItself", Effect: "Deny", Action: CHANGES_OF_ROLES, Resource: pipeline },
  ];
}
