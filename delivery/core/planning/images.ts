import type { SynthesizedStack } from "../application/application.ts";
import type { State } from "../terraform/state.ts";

/** A stack that runs images has a variable for each, and an output of the same name that says which one runs. */
const isImage = (variable: string) => /(^|_)image$/.test(variable);

/** What is known of the images a stack needs. */
export interface Images {
  /** Values for Terraform's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables for which there is no image yet. */
  readonly missing: readonly string[];
}

/**
 * The images of a stack: those that are given (`TF_VAR_…`), else those that run. So a change of anything else leaves them alone, and
 * only a release of a service changes them.
 *
 * @param readState is asked only when an image is not given.
 * @throws TerraformError
 */
export async function imagesOf(
  stack: SynthesizedStack,
  readState: () => Promise<State>,
  environment: NodeJS.ProcessEnv,
): Promise<Images> {
  const variables = stack.requiredVariables.filter((one) => isImage(one) && !environment[`TF_VAR_${one}`]);
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const variable of variables) {
    const running = (await readState()).outputs[variable]?.value;
    if (typeof running === "string" && running !== "") found[`TF_VAR_${variable}`] = running;
    else missing.push(variable);
  }
  return { environment: found, missing };
}
