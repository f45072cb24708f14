import { execFileSync } from "node:child_process";
import { z } from "zod";
import { RepositoryNameError } from "../../core/errors.ts";
import { askingFor, type Github, githubClient, unless } from "../../core/github/client.ts";
import { githubEnvironment } from "../../core/github/environment.ts";

/** A repository by what never changes, and what a token's subject is made of. */
export interface RepositoryIdentity {
  readonly owner: string;
  readonly name: string;
  readonly ownerId: number;
  readonly repositoryId: number;
  readonly isPrivate: boolean;
}

/** Something of a repository's settings that lets more through than the pipeline counts on, and how to close it. */
export interface Gap {
  readonly found: string;
  readonly remedy: string;
}

const repositorySchema = z.object({
  id: z.number(),
  name: z.string(),
  private: z.boolean(),
  owner: z.object({ id: z.number(), login: z.string() }),
});
const environmentSchema = z.object({
  deployment_branch_policy: z
    .object({ protected_branches: z.boolean(), custom_branch_policies: z.boolean() })
    .nullish(),
  protection_rules: z
    .array(
      z.object({
        type: z.string(),
        reviewers: z
          .array(z.object({ type: z.string().optional(), reviewer: z.object({ id: z.number() }).optional() }))
          .optional(),
      }),
    )
    .optional(),
});
const rulesSchema = z.array(
  z.object({
    type: z.string(),
    parameters: z
      .object({ required_status_checks: z.array(z.object({ context: z.string() })).optional() })
      .optional(),
  }),
);
const protectionSchema = z.object({
  required_pull_request_reviews: z.unknown().optional(),
  required_status_checks: z.object({ contexts: z.array(z.string()).optional() }).nullish(),
});

const BRANCH = "main";
/** The job of `ci.yml` that reports for each pull request and in a merge queue, after all others. */
const CHECK = "required";
const NOT_FOUND = 404;
const FORBIDDEN = 403;

/**
 * A client for the repository's GitHub: with GITHUB_TOKEN, else as the `gh` command is logged in.
 *
 * @throws RepositoryNameError, GithubEnvironmentError
 */
export function clientFor(repository: string, variables: NodeJS.ProcessEnv): Github {
  if (!/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/.test(repository)) {
    throw new RepositoryNameError(
      `--repository: given ${repository}; allowed: owner/name of a GitHub repository, such as acme/cali`,
    );
  }
  const GITHUB_TOKEN = variables.GITHUB_TOKEN || tokenOfGh();
  const where = { ...variables, GITHUB_REPOSITORY: repository, GITHUB_TOKEN };
  return githubClient(githubEnvironment(where));
}

function tokenOfGh(): string | undefined {
  try {
    return execFileSync("gh", ["auth", "token"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

/** Reads who a repository is. @throws GithubRequestError */
export async function identityOf(github: Github, repository: string): Promise<RepositoryIdentity> {
  const [owner = "", repo = ""] = repository.split("/");
  const data = await askingFor(repositorySchema, `reading the repository ${repository}`, () =>
    github.rest.repos.get({ owner, repo }),
  );
  return {
    owner: data.owner.login,
    name: data.name,
    ownerId: data.owner.id,
    repositoryId: data.id,
    isPrivate: data.private,
  };
}

/**
 * Looks at what GitHub has to refuse before AWS is asked: the environment, its branches and reviewers, the rules of main and the checks that
 * they require.
 *
 * @param environment GitHub's, such as `production`.
 * @throws GithubRequestError
 */
export async function gapsOf(
  github: Github,
  identity: RepositoryIdentity,
  environment: string,
): Promise<Gap[]> {
  const [environments, rules] = await Promise.all([
    environmentGaps(github, identity, environment),
    branchGaps(github, identity),
  ]);
  return [...environments, ...rules];
}

async function environmentGaps(
  github: Github,
  { owner, name: repo, isPrivate }: RepositoryIdentity,
  environment: string,
): Promise<Gap[]> {
  const path = `repos/${owner}/${repo}/environments/${environment}`;
  const put = `gh api -X PUT ${path}`;
  const found = await orMissing(() =>
    askingFor(environmentSchema, `reading the environment ${environment}`, () =>
      github.rest.repos.getEnvironment({ owner, repo, environment_name: environment }),
    ),
  );
  if (!found) return [{ found: `there is no environment ${environment}`, remedy: put }];
  const { deployment_branch_policy: policy, protection_rules: protections = [] } = found;
  const hasReviewers = protections.some(({ type }) => type === "required_reviewers");
  // A PUT is of the whole environment: what it has already goes along.
  const { protected_branches, custom_branch_policies } = policy ?? {
    protected_branches: true,
    custom_branch_policies: false,
  };
  const branches = ` -F 'deployment_branch_policy[protected_branches]=${protected_branches}' -F 'deployment_branch_policy[custom_branch_policies]=${custom_branch_policies}'`;
  const reviewers = protections
    .flatMap((one) => one.reviewers ?? [])
    .map(({ type, reviewer }) => ` -F 'reviewers[][type]=${type}' -F 'reviewers[][id]=${reviewer?.id}'`)
    .join("");
  const onlyIn = isPrivate
    ? ": no approval exists. Private repositories have required reviewers only in some of GitHub's plans"
    : ": no approval exists";
  return [
    ...(policy
      ? []
      : [
          {
            found: `any branch may deploy to the environment ${environment}`,
            remedy: put + branches + reviewers,
          },
        ]),
    ...(hasReviewers
      ? []
      : [
          {
            found: `nobody has to approve what goes to the environment ${environment}${onlyIn}`,
            remedy: `${put}${branches} -F 'reviewers[][type]=User' -F "reviewers[][id]=$(gh api user --jq .id)"`,
          },
        ]),
  ];
}

async function branchGaps(github: Github, { owner, name: repo }: RepositoryIdentity): Promise<Gap[]> {
  const rules = await askingFor(rulesSchema, `reading the rules of ${BRANCH}`, () =>
    github.rest.repos.getBranchRules({ owner, repo, branch: BRANCH, per_page: 100 }),
  );
  // A rule of the older kind; only administrators may read it.
  const classic = await orMissing(() =>
    askingFor(protectionSchema, `reading the protection of ${BRANCH}`, () =>
      github.rest.repos.getBranchProtection({ owner, repo, branch: BRANCH }),
    ),
  );
  const needsPull =
    rules.some(({ type }) => type === "pull_request") || classic?.required_pull_request_reviews !== undefined;
  const checks = [
    ...rules.flatMap((rule) =>
      rule.type === "required_status_checks" ? (rule.parameters?.required_status_checks ?? []) : [],
    ),
    ...(classic?.required_status_checks?.contexts ?? []).map((context) => ({ context })),
  ];
  const needsCheck = checks.some(({ context }) => context === CHECK);
  // GitHub refuses a second ruleset of a name, and conditions without `exclude`.
  const make = (rule: string) =>
    `gh api -X POST repos/${owner}/${repo}/rulesets -f name=${BRANCH}-${rule} -f target=branch -f enforcement=active -f 'conditions[ref_name][exclude][]' -f 'conditions[ref_name][include][]=refs/heads/${BRANCH}' -f 'rules[][type]=${rule}'`;
  return [
    ...(needsPull
      ? []
      : [{ found: `${BRANCH} takes pushes without a pull request`, remedy: make("pull_request") }]),
    ...(needsCheck
      ? []
      : [
          {
            found: `the check ${CHECK} is not required before a merge into ${BRANCH}`,
            remedy: `${make("required_status_checks")} -F 'rules[][parameters][strict_required_status_checks_policy]=false' -f 'rules[][parameters][required_status_checks][][context]=${CHECK}'`,
          },
        ]),
  ];
}

/** Without the right to read it, GitHub says that it is not there. */
const orMissing = <T>(request: () => Promise<T>) => unless([NOT_FOUND, FORBIDDEN], request);
