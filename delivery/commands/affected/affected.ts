import { deployingWorkflows } from "../../core/github/workflow-file.ts";

/** What a pull request has to be shown. */
export interface Affected {
  /** It changes what some stack's plan is made of. */
  readonly plan: boolean;
  /** It changes what a chart is rendered from. */
  readonly manifests: boolean;
  /** Services whose image it changes. */
  readonly services: readonly string[];
}

/** A change of the workflow that shows it all is tried out as a whole. */
const SHOWS_IT_ALL = ".github/workflows/pull-request.yml";

/**
 * What some changed files affect, by the push filters of the workflows that deploy.
 *
 * @param paths from the repository's root.
 * @param root the checkout.
 */
export function affectedBy(paths: readonly string[], root: string): Affected {
  const isAll = paths.includes(SHOWS_IT_ALL);
  const inputs = deployingWorkflows(root)
    .filter(({ deploys }) => isAll || paths.some(deploys))
    .flatMap((workflow) => workflow.inputs);
  return {
    plan: inputs.some(({ stacks }) => stacks !== undefined),
    manifests: inputs.some(({ stacks }) => stacks === "cluster"),
    services: inputs.flatMap(({ service }) => (typeof service === "string" ? [service] : [])).sort(),
  };
}
