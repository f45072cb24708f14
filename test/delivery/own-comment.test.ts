import { afterEach, beforeEach, expect, it } from "vitest";
import { PLAN_COMMENT } from "../../delivery/commands/comment/marker.ts";
import { githubClient } from "../../delivery/core/github/client.ts";
import { githubEnvironment } from "../../delivery/core/github/environment.ts";
import { postComment } from "../../delivery/core/github/own-comment.ts";
import { GithubServer } from "../support/github-server.ts";

let server: GithubServer;
let number: number;

beforeEach(async () => {
  server = new GithubServer();
  await server.listen();
  ({ number } = server.open("a".repeat(40)));
});
afterEach(() => server.close());

const post = (text: string) => {
  const github = githubClient(githubEnvironment(server.environment), { retryPauseMs: 1 });
  const marker = { environment: "dev", state: "changes", run: 1 } as const;
  return postComment({ github, owner: "acme", repo: "cali", number }, PLAN_COMMENT, marker, text);
};
const shown = () => server.comments.map(({ body }) => body.split("\n")[1]);
/** Deletes a comment while this request is on its way. */
const deletedDuring = (method: string, path: string, nth: number) => {
  server.refused = (asked) => {
    const isMutation = JSON.stringify(asked.body ?? "").includes("minimizeComment");
    if (asked.method === method && asked.path.includes(path) && (path !== "/graphql" || isMutation)) {
      server.comments.splice(nth, 1);
    }
    return false;
  };
};

it("a comment that was deleted while it is written anew is made again", async () => {
  await post("old");
  deletedDuring("PATCH", "/comments/", 0);
  expect(await post("new")).toMatchObject({ did: "created" });
  expect(shown()).toEqual(["new"]);
});

it("an older one that was deleted while it is folded away is no failure", async () => {
  await post("old");
  server.write(number, server.comments[0]?.body ?? "", server.comments[0]?.user);
  deletedDuring("POST", "/graphql", 0);
  expect(await post("new")).toMatchObject({ did: "updated" });
  expect(shown()).toEqual(["new"]);
});

it("another trouble with folding is one", async () => {
  await post("old");
  server.write(number, server.comments[0]?.body ?? "", server.comments[0]?.user);
  server.refused = ({ body }) => JSON.stringify(body ?? "").includes("minimizeComment");
  await expect(post("new")).rejects.toThrow(/folding an outdated comment away: GitHub answered 403/);
});
