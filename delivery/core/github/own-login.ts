import { z } from "zod";
import { answered, asking, type Github } from "./client.ts";

const WHOSE = "query { viewer { login } }";
/** Who wrote something; a deleted user is nobody. */
export const userSchema = z.object({ login: z.string(), type: z.string().optional() }).nullish();
const viewerSchema = z.object({ viewer: z.object({ login: z.string() }) });

/**
 * Who the token belongs to. A workflow's token may not ask REST for its user.
 *
 * @throws GithubRequestError
 */
export async function ownLogin(github: Github): Promise<string> {
  const doing = "asking whose token it is";
  const answer = await asking(doing, () => github.graphql(WHOSE));
  return answered(viewerSchema, doing, answer).viewer.login;
}

/** Whether this login wrote something: anybody can write a hidden marker. */
export function isBy(user: z.output<typeof userSchema>, login: string): boolean {
  return user?.login === login || (user?.type === "Bot" && user.login === `${login}[bot]`);
}
