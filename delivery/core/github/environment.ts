import { secureUrl } from "@cali/settings";
import { z } from "zod";
import { GithubEnvironmentError } from "../errors.ts";

const trimmed = (text: string) => text.replace(/\/+$/, "");

/** What GitHub Actions sets, by the names it sets it with. */
const environmentSchema = z.object({
  GITHUB_API_URL: secureUrl.transform(trimmed).default("https://api.github.com"),
  GITHUB_SERVER_URL: secureUrl.transform(trimmed).default("https://github.com"),
  GITHUB_TOKEN: z.string().min(1).regex(/^\S+$/, { error: "a token without spaces" }),
  GITHUB_REPOSITORY: z.string().regex(/^[\w.-]+\/[\w.-]+$/, { error: "owner/name" }),
  GITHUB_RUN_ID: z
    .string()
    .regex(/^\d{1,15}$/, { error: "a number" })
    .transform(Number)
    .optional(),
  GITHUB_STEP_SUMMARY: z.string().min(1).optional(),
});

/** Where and as whom GitHub is asked. */
export interface GithubEnvironment {
  /** `https://api.github.com`, or `https://<host>/api/v3`. */
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
  readonly links: Links;
  /** Number of the workflow's run; later runs have higher ones. undefined outside of a workflow. */
  readonly runId: number | undefined;
  /** File that is shown on the run's page; undefined outside of a workflow. */
  readonly stepSummary: string | undefined;
}

/** What links into the repository start with. */
export interface Links {
  /** `https://github.com/<owner>/<name>` */
  readonly repository: string;
  /** The workflow's run; undefined outside of a workflow. */
  readonly run: string | undefined;
}

/**
 * Reads GITHUB_TOKEN, GITHUB_REPOSITORY and what else a workflow has.
 *
 * @throws GithubEnvironmentError naming each variable that is missing or wrong; never with the token.
 */
export function githubEnvironment(variables: NodeJS.ProcessEnv): GithubEnvironment {
  const given = Object.entries(variables).filter(([, value]) => value !== "");
  const parsed = environmentSchema.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      const value = variables[name];
      const shown = name === "GITHUB_TOKEN" ? "a value that is not shown" : JSON.stringify(value);
      return `  ${name}: given ${value ? shown : "nothing"}; allowed: ${value ? message : "the value that a workflow has"}`;
    });
    throw new GithubEnvironmentError(`The environment has no GitHub to ask:\n${problems.join("\n")}`);
  }
  const env = parsed.data;
  const [owner = "", repo = ""] = env.GITHUB_REPOSITORY.split("/");
  return {
    apiUrl: env.GITHUB_API_URL,
    owner,
    repo,
    token: env.GITHUB_TOKEN,
    links: linksTo(env.GITHUB_SERVER_URL, env.GITHUB_REPOSITORY, env.GITHUB_RUN_ID),
    runId: env.GITHUB_RUN_ID,
    stepSummary: env.GITHUB_STEP_SUMMARY,
  };
}

/** The links of a repository, for whoever has no token. undefined where the environment names no repository. */
export function repositoryLinks(variables: NodeJS.ProcessEnv): Links | undefined {
  const parsed = environmentSchema
    .pick({ GITHUB_SERVER_URL: true, GITHUB_REPOSITORY: true, GITHUB_RUN_ID: true })
    .safeParse(Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== "")));
  if (!parsed.success) return undefined;
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = parsed.data;
  return linksTo(GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID);
}

function linksTo(server: string, name: string, runId: number | undefined): Links {
  const repository = `${server}/${name}`;
  return { repository, run: runId === undefined ? undefined : `${repository}/actions/runs/${runId}` };
}
