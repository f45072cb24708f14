import type { SynthesizedStack } from "../application/application.ts";
import type { State } from "../terraform/terraform.ts";

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
 */
export function imagesOf(stack: SynthesizedStack, state: State, environment: NodeJS.ProcessEnv): Images {
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const variable of stack.requiredVariables.filter(isImage)) {
    const name = `TF_VAR_${variable}`;
    const running = state.outputs[variable]?.value;
    if (environment[name]) continue;
    if (typeof running === "string" && running !== "") found[name] = running;
    else missing.push(variable);
  }
  return { environment: found, missing };
}
