import { textsInValue, valuesInFiles } from "./variable-files.ts";

/** Shorter values would be found in every word. */
const SHORTEST = 4;
const SHOWN = "(sensitive)";

/** Variables of the environment whose values nobody may read in a log. */
const SECRET_NAMES =
  /^(AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|.*(TOKEN|SECRET|PASSWORD|WEBHOOK_URL|API_KEY|PLAN_KEY).*)$/i;

/**
 * Takes secrets out of what is shown. Terraform hides what it knows to be sensitive, but its errors don't always: 1.11 prints the
 * value that a variable's validation refuses.
 */
export class Secrets {
  /** What is taken out, longest first. */
  readonly values: readonly string[];

  /**
   * @param environment where the secrets are.
   * @param variables names of Terraform variables that are sensitive.
   * @param folders where Terraform runs: it reads values of variables from their `.tfvars` files, too.
   */
  constructor(
    environment: NodeJS.ProcessEnv,
    variables: readonly string[] = [],
    folders: readonly string[] = [],
  ) {
    const sensitive = new Set(variables.map((name) => `TF_VAR_${name}`));
    const values = Object.entries(environment)
      .filter(([name]) => sensitive.has(name) || SECRET_NAMES.test(name))
      .flatMap(([, value = ""]) => [value, ...textsInValue(value)])
      .concat(folders.flatMap((folder) => valuesInFiles(folder, variables)))
      .filter((value) => value.length >= SHORTEST)
      // As JSON and HCL quote it, too, and a text of several lines also line by line.
      .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), ...value.split(/\s*\n\s*/)])
      .filter((value) => value.length >= SHORTEST);
    this.values = [...new Set(values)].sort((a, b) => b.length - a.length);
  }

  /** The text without them. */
  redact(text: string): string {
    return this.values.reduce((redacted, value) => redacted.replaceAll(value, SHOWN), text);
  }
}
