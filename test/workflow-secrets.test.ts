import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/run.ts";
import { synthesizeEnvironment } from "./support/synth.ts";

/** Workflows that plan or apply. */
const WORKFLOWS = ["pull-request.yml", "plan-and-deploy.yml", "service.yml", "drift.yml"];
/** The provider takes the runner's login; these are for people with a file of their own. */
const NOT_OF_THE_PIPELINE = ["aws_access_key", "aws_secret_key"];

/** Secret variables of every stack of the environment, and the number that says that they changed. */
function secretVariables(environment: string): string[] {
  const variables = Object.values(synthesizeEnvironment(environment).stacks).flatMap(({ variable = {} }) =>
    Object.entries(variable as Record<string, { sensitive?: boolean }>),
  );
  const names = variables
    .filter(([name, { sensitive }]) => sensitive === true || name === "rotation")
    .map(([name]) => name);
  return [...new Set(names)].filter((name) => !NOT_OF_THE_PIPELINE.includes(name)).sort();
}

describe.each(["dev", "prod", "terraform-users"])("the secrets of %s", (environment) => {
  const names = secretVariables(environment);

  it.each(WORKFLOWS)("reach Terraform in %s", (workflow) => {
    expect(names).toContain("slack_webhook_url");
    const text = readFileSync(join(ROOT, ".github/workflows", workflow), "utf8");
    const set = [...text.matchAll(/^ +TF_VAR_(\w+): \$\{\{ (?:secrets|vars)\./gm)].map(([, name]) => name);
    // 01-07 are planned and applied by terraform.yml alone.
    const needed =
      workflow === "service.yml" ? names.filter((n) => n !== "opensearch_master_password") : names;
    expect(needed.filter((name) => !set.includes(name))).toEqual([]);
  });
});
