import { asking, type Github } from "./client.ts";

const WHOSE = "query { viewer { login } }";

/**
 * Who the token belongs to. A workflow's token may not ask REST for its user.
 *
 * @throws GithubRequestError
 */
export async function ownLogin(github: Github): Promise<string> {
  const { viewer } = await asking("asking whose token it is", () =>
    github.graphql<{ viewer: { login: string } }>(WHOSE),
  );
  return viewer.login;
}

/** Whether this login wrote something: anybody can write a hidden marker. */
export function isBy(user: { login: string; type?: string } | null | undefined, login: string): boolean {
  return user?.login === login || (user?.type === "Bot" && user.login === `${login}[bot]`);
}
