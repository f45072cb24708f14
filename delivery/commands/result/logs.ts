import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { searchFor } from "../../core/plan-json/secrets.ts";
import { Secrets } from "../../core/terraform/secrets.ts";

const LEFT_OUT = "(this line holds a secret, and is left out)";
/** Of a longer log the end is kept: what failed stands there. */
const MOST_BYTES = 5_000_000;
/** Values of Terraform variables that no log may say: all of them but those that are known to be no secret. */
const VARIABLE = /^TF_VAR_(?!rotation$|image$|\w+_image$)/;

/**
 * Copies what Terraform said to where it may be read, without secrets: every value that this job's environment has as one, in whatever form.
 *
 * @param from folder that `cali deploy --out` or `cali release --out` wrote; its logs are those of each stack.
 * @returns the files, relative to the folder.
 */
export async function copyLogs(from: string, to: string, variables: NodeJS.ProcessEnv): Promise<string[]> {
  const names = Object.keys(variables).filter((name) => VARIABLE.test(name));
  const secrets = await Secrets.ofVariables(
    variables,
    names.map((name) => name.slice("TF_VAR_".length)),
  );
  const isSecret = searchFor(secrets.values);
  const files = readdirSync(from, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".log"),
  );
  for (const name of files) {
    const path = join(from, name);
    const text = readFileSync(path).subarray(-MOST_BYTES).toString();
    const skipped = statSync(path).size > MOST_BYTES ? [`(only the last ${MOST_BYTES} bytes are kept)`] : [];
    const lines = secrets
      .redact(text)
      .split("\n")
      .map((line) => (isSecret(line) ? LEFT_OUT : line));
    mkdirSync(dirname(join(to, name)), { recursive: true });
    writeFileSync(join(to, name), [...skipped, ...lines].join("\n"));
  }
  return files.sort();
}
