import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { type Adoption, adoptionPath } from "../../../config/adoption.ts";
import {
  adoptionOf,
  CONFIG_FOLDER,
  configFile,
  loadConfig,
  overridesOf,
  parseConfigText,
  referencesOf,
} from "../../../config/load.ts";
import { type References, referencesPath } from "../../../config/references.ts";
import type { Config } from "../../../config/schema.ts";
import { AdoptError } from "../../core/errors.ts";
import { environmentOption } from "../../core/options.ts";
import { readStateFile } from "../../core/terraform/state-file.ts";
import { divided, type NextStep, nextStep } from "./move.ts";
import { brokenReferences } from "./partition.ts";
import { movedReferences } from "./references.ts";
import { render } from "./render.ts";
import { refuseOther } from "./same.ts";
import { newerThan, readLayouts } from "./states.ts";
import { withLayout } from "./write.ts";

/** The AWS provider of a move, unless a configuration says another 5.x. */
const PROVIDER = "~> 5.0";

interface Options {
  readonly env: string;
  readonly state?: string;
  readonly print?: boolean;
  readonly back?: boolean;
}

/** `cali adopt` */
export const adoptCommand = new Command("adopt")
  .description(
    "Moves a shared state into a state for each stack, step by step, or back: it looks where the objects are, and writes the next step into config/<name>.adoption.json and config/<name>.yaml, for a pull request. It changes no state. With --print it only shows what a state would become.",
  )
  .addOption(environmentOption())
  .option("--back", "move the objects back into the one state")
  .addOption(
    new Option("--state <file>", "the shared state, with --print: what `terraform state pull` prints"),
  )
  .addOption(
    new Option(
      "--print",
      "show what becomes of a state; an environment is not needed, names come from the state",
    ).conflicts("back"),
  )
  .addHelpText("after", "\nRun again after each deployment, until it says that the move is over.")
  .action(async ({ env, state, print, back }: Options, command: Command) => {
    if (print) {
      if (state === undefined) command.error("error: required option '--state <file>' not specified");
      else process.stdout.write(printed(state));
      return;
    }
    if (state !== undefined) command.error("error: give --print with --state <file>");
    console.log(await writeNext(env, back === true ? "shared" : "stacks"));
  });

function printed(file: string): string {
  const state = readStateFile(file);
  const { objects, staying } = divided(state);
  if (objects.length === 0) {
    throw new AdoptError(`${file}: given a state without a resource of 01-07; allowed: a shared state`);
  }
  const types = new Set(objects.map(({ type }) => type));
  const own = state.resources.filter(({ type }) => types.has(type));
  const problems = newerThan(PROVIDER, file, { ...state, resources: own });
  if (problems.length > 0) throw new AdoptError(problems.join("\n"));
  return render(objects, staying, brokenReferences(state));
}

/** Writes a move's next step. @returns what was done, in lines. */
async function writeNext(env: string, to: Adoption["to"]): Promise<string> {
  const config = loadConfig({ env, moves: true });
  if (config.stateLayout === "stacks" && !config.imported) {
    throw new AdoptError(
      `stateLayout: given stacks in ${configFile(env)}, whose objects came from no shared state; allowed: shared, or imported: true`,
    );
  }
  const before = adoptionOf(env);
  const states = await readLayouts(config);
  const next = nextStep(to, states, before);
  if (to === "stacks" && next.adoption) refuseOther(config, states, configFile(env));
  // The one state needs none: it has both ends.
  const isOver = to === "shared" && !next.adoption;
  const references = isOver
    ? undefined
    : movedReferences(overridesOf(env), config, states, referencesOf(env));
  write(env, config, to, { ...next, references: references?.values ?? {} });
  return [lines(env, to, next), ...(references?.lines ?? [])].join("\n");
}

function write(
  env: string,
  config: Config,
  to: Adoption["to"],
  { adoption, references }: NextStep & { readonly references: References },
): void {
  const file = configFile(env);
  const yaml = join(CONFIG_FOLDER, `${env}.yaml`);
  const text = readFileSync(yaml, "utf8");
  const layout = config.stateLayout === to ? text : withLayout(text, to, config.project, file);
  // Refused before anything is written.
  parseConfigText(layout, file);
  const path = adoptionPath(env, CONFIG_FOLDER);
  // The move goes first: without it, the other layout would make and destroy everything. Between both a synth is refused.
  if (adoption) replace(path, `${JSON.stringify(adoption, null, 2)}\n`);
  else rmSync(path, { force: true });
  const values = referencesPath(env, CONFIG_FOLDER);
  if (Object.keys(references).length > 0) replace(values, `${JSON.stringify(references, null, 2)}\n`);
  else rmSync(values, { force: true });
  if (layout !== text) replace(yaml, layout);
}

/** Writes a file whole, or not at all. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function lines(env: string, to: Adoption["to"], next: NextStep): string {
  const { adoption, objects, taken, given, staying } = next;
  const where = `${taken} of ${objects} objects are where they go (${to}), ${given} where they come from.`;
  const doing = {
    import: `Written: ${objects - taken} imports. Nothing is forgotten yet.`,
    forget: `Written: ${given} forgets. Nothing is destroyed.`,
    over: `The move to ${to} is over.`,
  }[adoption?.step ?? "over"];
  return [
    where,
    doing,
    ...staying.map((address) => `Stays where it is: ${address}`),
    ...(adoption
      ? [
          `Next: a pull request of config/${env}.yaml and config/${env}.adoption.json; its deployment; then this command again.`,
        ]
      : []),
  ].join("\n");
}
