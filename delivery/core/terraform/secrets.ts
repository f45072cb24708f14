import { textsInValue, valuesInFiles } from "./variable-files.ts";

/** Shorter values would be found in every word. */
const SHORTEST = 4;
const SHOWN = "(sensitive)";

/** Variables of the environment whose values nobody may read in a log. */
const SECRET_NAMES =
  /^(AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|.*(TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS|WEBHOOK_URL|API_KEY|PLAN_KEY).*)$/i;

/** What OpenTofu's encryption is told, in HCL or JSON: passphrases and keys among it. */
const valuesIn = (text = ""): string[] =>
  [...text.matchAll(/[=:]\s*"((?:[^"\\]|\\.)*)"/g)].map(([, value]) => value ?? "");

/**
 * Takes secrets out of what is shown. Terraform hides what it knows to be sensitive, but its errors don't always: 1.11 prints the
 * value that a variable's validation refuses.
 */
export class Secrets {
  /** What is taken out, longest first. */
  readonly values: readonly string[];

  /**
   * @param environment where the secrets are.
   * @param more values of others.
   */
  constructor(environment: NodeJS.ProcessEnv, more: readonly string[] = []) {
    const values = Object.entries(environment)
      .flatMap(([name, value = ""]) => (SECRET_NAMES.test(name) ? [value] : []))
      .concat(valuesIn(environment.TF_ENCRYPTION))
      .concat(more)
      .filter((value) => value.length >= SHORTEST)
      // As JSON and HCL quote it, too, and a text of several lines also line by line.
      .flatMap((value) => [value, JSON.stringify(value).slice(1, -1), ...value.split(/\s*\n\s*/)])
      .flatMap((value) => [value, value.normalize()])
      .filter((value) => value.length >= SHORTEST);
    this.values = [...new Set(values)].sort((a, b) => b.length - a.length);
  }

  /**
   * With those of Terraform's variables.
   *
   * @param variables names of the sensitive ones.
   * @param folders where Terraform runs: it reads values of variables from their `.tfvars` files, too.
   */
  static async ofVariables(
    environment: NodeJS.ProcessEnv,
    variables: readonly string[],
    folders: readonly string[] = [],
  ): Promise<Secrets> {
    const given = variables.map((name) => environment[`TF_VAR_${name}`] ?? "");
    const texts = await Promise.all([
      ...given.map(textsInValue),
      ...folders.map((folder) => valuesInFiles(folder, variables)),
    ]);
    return new Secrets(environment, [...given, ...texts.flat()]);
  }

  /** The text without them. Terraform composes a text's characters (NFC), and its errors quote them as the file has them. */
  redact(text: string): string {
    return this.values.reduce((redacted, value) => redacted.replaceAll(value, SHOWN), text.normalize());
  }
}
