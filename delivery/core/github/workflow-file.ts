import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { GithubEnvironmentError } from "../errors.ts";
import { pathFilter } from "./path-filter.ts";

const FOLDER = ".github/workflows";
const patterns = z.array(z.string());
const pushSchema = z.object({
  on: z.looseObject({
    push: z
      .looseObject({ paths: patterns.optional(), "paths-ignore": patterns.optional() })
      .nullish()
      .catch(undefined),
  }),
});

/** Which files a workflow deploys, by its own filter. */
export interface WorkflowFilter {
  /** `terraform.yml`: the names of the workflows' files. */
  readonly workflows: readonly string[];
  /** Whether a push that changes this file starts one of them. */
  readonly deploys: (path: string) => boolean;
}

/**
 * Reads the filter of the workflow that runs, from its file in the checkout.
 *
 * @param ref GITHUB_WORKFLOW_REF, such as `acme/cali/.github/workflows/terraform.yml@refs/heads/main`. In a reusable workflow it is the
 *   caller's.
 * @throws GithubEnvironmentError
 */
export function filterOfRun(ref: string | undefined, root: string): WorkflowFilter {
  const [, file] = /\/\.github\/workflows\/([\w.-]+\.ya?ml)@/.exec(ref ?? "") ?? [];
  if (file === undefined) {
    throw new GithubEnvironmentError(
      `GITHUB_WORKFLOW_REF: given ${ref ? JSON.stringify(ref) : "nothing"}; allowed: <owner>/<name>/.github/workflows/<file>@<ref>, as a workflow has it`,
    );
  }
  return { workflows: [file], deploys: pushFilter(root, file) ?? (() => true) };
}

/** The filter of all workflows that a push to some paths starts: what of main reaches an environment. */
export function filterOfAll(root: string): WorkflowFilter {
  const found = readdirSync(join(root, FOLDER)).flatMap((file) => {
    const deploys = pushFilter(root, file);
    return deploys ? [{ file, deploys }] : [];
  });
  return {
    workflows: found.map(({ file }) => file),
    deploys: (path) => found.some(({ deploys }) => deploys(path)),
  };
}

/** undefined: the workflow has no filter, so every push starts it, or none. */
function pushFilter(root: string, file: string): ((path: string) => boolean) | undefined {
  const parsed = pushSchema.safeParse(parse(readFileSync(join(root, FOLDER, file), "utf8")));
  const push = parsed.data?.on.push;
  if (push?.paths) return pathFilter(push.paths);
  const ignored = push?.["paths-ignore"];
  if (!ignored) return undefined;
  const isIgnored = pathFilter(ignored);
  return (path) => !isIgnored(path);
}
