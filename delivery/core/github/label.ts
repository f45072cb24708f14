import { GithubRequestError } from "../errors.ts";
import { asking, type Github } from "./client.ts";
import type { GithubEnvironment } from "./environment.ts";

const EXISTS = 422;

/** A repository, and who is asked for it. */
export interface Repository extends Pick<GithubEnvironment, "owner" | "repo"> {
  readonly github: Github;
}

/** A label as GitHub shows it; the colour is six hexadecimal digits. */
export interface Label {
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

/**
 * Makes a label. A repository that has the label keeps what it made of it.
 *
 * @throws GithubRequestError
 */
export async function ensureLabel({ github, owner, repo }: Repository, label: Label): Promise<void> {
  await unless(EXISTS, () =>
    asking(`making the label ${label.name}`, () => github.rest.issues.createLabel({ owner, repo, ...label })),
  );
}

/** Runs a request; this status means that it is done already, or that nothing is there, and gives undefined. */
export async function unless<T>(status: number, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof GithubRequestError) || error.status !== status) throw error;
    return undefined;
  }
}
