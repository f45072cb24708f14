import { parseJson } from "@cali/base";
import { z } from "zod";
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

const planSchema = z.object({
  variables: z.record(z.string(), z.object({ value: z.unknown() })).catch({}),
  // An output that stays is among them, as a no-op.
  output_changes: z.record(z.string(), z.object({ before: z.unknown() })).catch({}),
});

/** The images that a plan was made with, and those that ran then, by variable. */
function imagesIn(planJson: string): { given: [string, string][]; running: [string, string][] } {
  const { data } = planSchema.safeParse(parseJson(planJson));
  const imagesAmong = (values: readonly (readonly [string, unknown])[]) =>
    values.flatMap(([name, value]): [string, string][] =>
      isImage(name) && typeof value === "string" ? [[name, value]] : [],
    );
  return {
    given: imagesAmong(Object.entries(data?.variables ?? {}).map(([name, { value }]) => [name, value])),
    running: imagesAmong(
      Object.entries(data?.output_changes ?? {}).map(([name, { before }]) => [name, before]),
    ),
  };
}

/**
 * Images that were released after the state was read and before it was planned, as values for Terraform's environment: the plan was made with
 * older ones, and would take them back.
 *
 * @param planJson `terraform show -json` of the plan.
 * @param environment the values that came from the state.
 */
export function releasedMeanwhile(
  planJson: string,
  environment: Images["environment"],
): Images["environment"] {
  const { running } = imagesIn(planJson);
  return Object.fromEntries(
    running.flatMap(([name, image]) => {
      const key = `TF_VAR_${name}`;
      return environment[key] !== undefined && environment[key] !== image ? [[key, image]] : [];
    }),
  );
}

/**
 * A plan's JSON with the digests of its images replaced by their variables' names: what the services' own workflows decide. Two plans of the
 * same code are then the same, whatever was released in between.
 */
export function withoutImages(planJson: string): string {
  // Most stacks have none, and a plan may be megabytes.
  if (!planJson.includes("@sha256:")) return planJson;
  const { given, running } = imagesIn(planJson);
  let text = planJson;
  for (const [name, image] of [...given, ...running]) {
    const [, digest] = /@sha256:([0-9a-f]{64})$/.exec(image) ?? [];
    if (digest !== undefined) text = text.replaceAll(digest, name);
  }
  return text;
}
