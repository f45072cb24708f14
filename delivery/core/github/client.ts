import { randomUUID } from "node:crypto";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import { Octokit } from "@octokit/rest";
import { z } from "zod";
import { GithubRequestError } from "../errors.ts";
import { mismatch } from "../mismatch.ts";
import type { GithubEnvironment } from "./environment.ts";

const REQUEST_TIMEOUT_MS = 30_000;
/** How often a request is sent again: after an error of the server, and after a limit is over. */
const RETRIES = 3;
/** A limit that lasts longer than this is an error and not waited for: the job would wait, too, and be paid for. */
const LONGEST_WAIT_SECONDS = 120;

const PacedOctokit = Octokit.plugin(retry, throttling);

/** GitHub's API, asked with retries and within its limits. */
export type Github = InstanceType<typeof PacedOctokit>;

export interface GithubOptions {
  /** Milliseconds of the first pause between retries; the next ones are 4 and 9 times as long. Default: 1 s. */
  readonly retryPauseMs?: number;
  /** Takes a line for people. */
  readonly log?: (line: string) => void;
}

/** A client for a repository's GitHub. Failures of the server, rate limits and secondary limits are waited out. */
export function githubClient(
  { apiUrl, token }: Pick<GithubEnvironment, "apiUrl" | "token">,
  { retryPauseMs = 1_000, log = () => {} }: GithubOptions = {},
): Github {
  const onLimit = (seconds: number, request: object, _: unknown, retryCount: number) => {
    const { method, url } = request as { method: string; url: string };
    const willRetry = retryCount < RETRIES && seconds <= LONGEST_WAIT_SECONDS;
    log(
      `GitHub's limit: ${method} ${url} ${willRetry ? `goes on in ${seconds} s` : `would have to wait ${seconds} s`}`,
    );
    return willRetry;
  };
  return new PacedOctokit({
    auth: token,
    baseUrl: apiUrl,
    userAgent: "cali",
    log: { debug: () => {}, info: () => {}, warn: log, error: log },
    request: {
      fetch: (url: string, options: RequestInit) =>
        fetch(url, { ...options, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }),
    },
    retry: { retries: RETRIES, retryAfterBaseValue: retryPauseMs },
    throttle: {
      // Its pace is its own: clients for other repositories don't wait for it.
      id: randomUUID(),
      onRateLimit: onLimit,
      onSecondaryRateLimit: onLimit,
      retryAfterBaseValue: retryPauseMs,
    },
  });
}

/** A repository, and who is asked for it. */
export interface Repository extends Pick<GithubEnvironment, "owner" | "repo"> {
  readonly github: Github;
}

/** The repository that a workflow runs in. What holds a request up is said on standard error. */
export const repositoryOf = (where: GithubEnvironment): Repository => ({
  github: githubClient(where, { log: console.error }),
  owner: where.owner,
  repo: where.repo,
});

/** What a person does about a request that GitHub refuses. */
const REMEDIES: Readonly<Record<number, string>> = {
  401: "GITHUB_TOKEN is not valid (any more)",
  403: "the token may not do that: the job's `permissions` need pull-requests: write and issues: write (a pull request from a fork never has them), or a limit is reached",
  404: "there is no such pull request or repository, or the token may not see it",
};

/**
 * Runs requests; failures become errors of CALI's.
 *
 * @param doing what was being done, for the error.
 * @throws GithubRequestError with the status and what to do.
 */
export async function asking<T>(doing: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const { status, message } = error as { status?: unknown; message?: unknown };
    const code = typeof status === "number" ? status : undefined;
    const remedy = code === undefined ? undefined : REMEDIES[code];
    const said = String(message).split("\n")[0]?.slice(0, 300);
    throw new GithubRequestError(
      `${doing}: GitHub answered ${code ?? "nothing"}: ${said}${remedy ? ` (${remedy})` : ""}`,
      { status: code, cause: error },
    );
  }
}

/** Runs a request; this status, or one of these, means that it is done already, or that nothing is there, and gives undefined. */
export async function unless<T>(
  status: number | readonly number[],
  request: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof GithubRequestError && [status].flat().includes(error.status ?? 0)) return undefined;
    throw error;
  }
}

/**
 * An answer that has the form its API is documented with: something between here and GitHub may answer in its place.
 *
 * @param doing what was being done, for the error.
 * @throws GithubRequestError saying where it is of another form, what is expected there and what was given.
 */
export function answered<T>(schema: z.ZodType<T>, doing: string, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  throw new GithubRequestError(
    `${doing}: GitHub's answer has another form than its API says: ${mismatch(result.error, answer)}`,
    { status: undefined, cause: result.error },
  );
}

/** Runs a request whose answer's data has the form of a schema. @throws GithubRequestError */
export async function askingFor<T>(
  schema: z.ZodType<T>,
  doing: string,
  request: () => Promise<{ readonly data: unknown }>,
): Promise<T> {
  return answered(schema, doing, (await asking(doing, request)).data);
}

/** Runs a request of all pages of a list; `schema` is that of an item. @throws GithubRequestError */
export async function listing<T>(
  schema: z.ZodType<T>,
  doing: string,
  request: () => Promise<unknown>,
): Promise<T[]> {
  return answered(z.array(schema), doing, await asking(doing, request));
}
