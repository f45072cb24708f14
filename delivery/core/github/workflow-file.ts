import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { GithubEnvironmentError } from "../errors.ts";
import { pathFilter } from "./path-filter.ts";

const FOLDER = ".github/workflows";
const patterns = z.array(z.string());
const workflowSchema = z.object({
  on: z.looseObject({
    push: z
      .looseObject({ paths: patterns.optional(), "paths-ignore": patterns.optional() })
      .nullish()
      .catch(undefined),
  }),
  jobs: z.record(z.string(), z.object({ with: z.record(z.string(), z.unknown()).default({}) })).catch({}),
});

/** A workflow that a push to some paths starts, and what its jobs pass to the workflows that they call, such as `service: consumer`. */
export interface DeployingWorkflow {
  readonly file: string;
  readonly deploys: (path: string) => boolean;
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
}

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
  return filterOfFile(file, root);
}

/** The filter of a workflow by its file's name. One without a filter deploys everything. */
export function filterOfFile(file: string, root: string): WorkflowFilter {
  return { workflows: [file], deploys: read(root, file)?.deploys ?? (() => true) };
}

/** Every workflow that a push to some paths starts: what of main reaches an environment. */
export function deployingWorkflows(root: string): DeployingWorkflow[] {
  return readdirSync(join(root, FOLDER)).flatMap((file) => read(root, file) ?? []);
}

/** The filter of all of them. */
export function filterOfAll(root: string): WorkflowFilter {
  const found = deployingWorkflows(root);
  return {
    workflows: found.map(({ file }) => file),
    deploys: (path) => found.some(({ deploys }) => deploys(path)),
  };
}

/** undefined: the workflow has no filter, so every push starts it, or none. */
function read(root: string, file: string): DeployingWorkflow | undefined {
  const { data } = workflowSchema.safeParse(parse(readFileSync(join(root, FOLDER, file), "utf8")));
  const deploys = filterOf(data?.on.push);
  if (!data || !deploys) return undefined;
  const inputs = Object.values(data.jobs).map((job) => job.with);
  return { file, deploys, inputs };
}

type Push = z.output<typeof workflowSchema>["on"]["push"];

function filterOf(push: Push): ((path: string) => boolean) | undefined {
  if (push?.paths) return pathFilter(push.paths);
  const ignored = push?.["paths-ignore"];
  if (!ignored) return undefined;
  const isIgnored = pathFilter(ignored);
  return (path) => !isIgnored(path);
}
