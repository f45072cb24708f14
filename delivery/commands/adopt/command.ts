import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { type Adoption, adoptionPath } from "../../../config/adoption.ts";
import { adoptionOf, CONFIG_FOLDER, configFile, loadConfig, parseConfigText } from "../../../config/load.ts";
import type { Config } from "../../../config/schema.ts";
import { AdoptError } from "../../core/errors.ts";
import { environmentOption } from "../../core/options.ts";
import { importId } from "../../core/terraform/import-id.ts";
import { readStateFile } from "../../core/terraform/state-file.ts";
import { type NextStep, nextStep } from "./move.ts";
import { partition } from "./partition.ts";
import { render } from "./render.ts";
import { refuseOther } from "./same.ts";
import { readLayouts } from "./states.ts";
import { withLayout } from "./write.ts";

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
  const { adopted, staying } = partition(readStateFile(file));
  if (adopted.length === 0) {
    throw new AdoptError(`${file}: given a state without a resource of 01-07; allowed: a shared state`);
  }
  const nameless = adopted.filter((one) => importId(one) === "").map(({ address }) => address);
  if (nameless.length > 0) {
    throw new AdoptError(`${file}: these objects have no id to import them by: ${nameless.join(", ")}`);
  }
  return render(adopted, staying);
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
  write(env, config, to, next);
  return lines(env, to, next);
}

function write(env: string, config: Config, to: Adoption["to"], { adoption }: NextStep): void {
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
