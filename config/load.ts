import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfigError, type ConfigProblem, parseSettings, parseYaml, shown } from "@cali/settings";
import { z } from "zod";
import { type Adoption, loadAdoption } from "./adoption.ts";
import { configSchema } from "./contradictions.ts";
import { copyOverrideFiles, loadOverrides, type Overrides } from "./overrides.ts";
import { loadReferences, type References } from "./references.ts";
import { type Config, terraformProgram } from "./schema.ts";
import { stateBackend } from "./state-backend.ts";

/** The folder of `dev.yaml`, `prod.yaml` and whatever other environments there are. */
export const CONFIG_FOLDER = import.meta.dirname;

const DEFAULT_ENVIRONMENT_FILE = "dev";
const PROGRAM_VARIABLE = "CALI_TERRAFORM_PROGRAM";

/** The environments that have a file: `dev`, `prod`, `terraform-users`. */
export function environmentFiles(folder: string = CONFIG_FOLDER): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .sort();
}

/** The overrides of one environment. @param env as in `loadConfig` */
export function overridesOf(env?: string, folder: string = CONFIG_FOLDER): Overrides {
  return loadOverrides(environmentName(env), folder);
}

/** How far an environment's move between layouts is; undefined: it does not move. @param env as in `loadConfig` */
export function adoptionOf(env?: string, folder: string = CONFIG_FOLDER): Adoption | undefined {
  return loadAdoption(environmentName(env), folder);
}

/** What an environment's overrides refer to in other states since a move. @param env as in `loadConfig` */
export function referencesOf(env?: string, folder: string = CONFIG_FOLDER): References {
  return loadReferences(environmentName(env), folder);
}

/** Copies the files beside an environment's overrides into its synthesized stacks. @param env as in `loadConfig` */
export function copyFilesOf(outdir: string, env?: string, folder: string = CONFIG_FOLDER): void {
  copyOverrideFiles(environmentName(env), folder, outdir);
}

const environmentName = (env?: string) => env ?? (process.env.CALI_ENV || DEFAULT_ENVIRONMENT_FILE);

/** The file that `loadConfig` reads, from the checkout's root. @param env as there */
export function configFile(env?: string): string {
  return `config/${environmentName(env)}.yaml`;
}

/**
 * Reads and validates the configuration of one environment.
 *
 * @param env the file's name without `.yaml`. Default: the environment variable `CALI_ENV`, else `dev`.
 * The environment variable `CALI_TERRAFORM_PROGRAM` goes before `terraform.program`.
 * @param moves the file may still say the layout that the objects leave: whoever wrote the move down was cut off between its two files.
 *
 * @throws ConfigError with every problem of the file; when there is no such file; when in layout `stacks` its `environment` is
 * not its name; when another file has the same state bucket; when it contradicts the move that it is in.
 */
export function loadConfig({
  env,
  folder = CONFIG_FOLDER,
  moves = false,
}: {
  env?: string;
  folder?: string;
  moves?: boolean;
} = {}): Config {
  const name = environmentName(env);
  const file = configFile(env);
  const path = join(folder, `${name}.yaml`);
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(path)) {
    throw new ConfigError(file, [
      { key: "CALI_ENV", given: shown(name), allowed: `one of ${environmentFiles(folder).join(", ")}` },
    ]);
  }
  const text = readFileSync(path, "utf8");
  const config = withProgram(parseConfigText(text, file), file);
  const problems = [
    ...environmentProblems(config, name),
    ...sharedStateProblems(config, name, folder),
    ...adoptionProblems(config, name, folder).filter(({ key }) => !(moves && key === "stateLayout")),
  ];
  if (problems.length === 0) return config;
  const { lineOf } = parseYaml(text, file);
  throw new ConfigError(
    file,
    problems.map((problem) => ({ ...problem, line: lineOf(problem.key.split(".")) })),
  );
}

function withProgram(config: Config, file: string): Config {
  const given = process.env[PROGRAM_VARIABLE];
  if (!given) return config;
  const program = terraformProgram.safeParse(given);
  if (program.success) return { ...config, terraform: { program: program.data } };
  throw new ConfigError(file, [
    {
      key: "terraform.program",
      variable: PROGRAM_VARIABLE,
      given: shown(given),
      allowed: `one of ${terraformProgram.options.join(", ")}`,
    },
  ]);
}

/** In `stacks` names and states come from `environment`: a copy of a file would work on the states of the one it was copied from. */
function environmentProblems({ stateLayout, environment, imported }: Config, name: string): ConfigProblem[] {
  // What was imported has its names from `prefix`, and its states in a bucket that no other file may name.
  if (stateLayout === "shared" || imported || environment === name) return [];
  return [{ key: "environment", given: shown(environment), allowed: `${name}, as the file is called` }];
}

/** While objects move, both layouts say the same; and the provider stays the one that wrote the old state. */
function adoptionProblems(config: Config, name: string, folder: string): ConfigProblem[] {
  const adoption = loadAdoption(name, folder);
  if (!adoption) return [];
  const { aws } = config.provider;
  return [
    ...(adoption.to === config.stateLayout
      ? []
      : [
          {
            key: "stateLayout",
            given: config.stateLayout,
            allowed: `${adoption.to}, where config/${name}.adoption.json moves the objects to`,
          },
        ]),
    ...(aws === null || /^(~> )?[0-5]\./.test(aws)
      ? []
      : [
          {
            key: "provider.aws",
            given: aws,
            allowed: `"~> 5.0" while config/${name}.adoption.json is there. A later version is a step of its own once the move is over, and there is no way back from it: what it writes, 5.x cannot read`,
          },
        ]),
  ];
}

/**
 * Two environments in one bucket would share states: what runs in the cluster has the same keys in every layout. Files that
 * cannot be read are passed over: each is reported when it is loaded.
 */
function sharedStateProblems(config: Config, name: string, folder: string): ConfigProblem[] {
  const { bucket } = stateBackend(config);
  return environmentFiles(folder)
    .filter((other) => {
      if (other === name) return false;
      const its = readIfValid(join(folder, `${other}.yaml`));
      const isSuccession = config.insteadOf === other || its?.insteadOf === name;
      return its !== undefined && !isSuccession && stateBackend(its).bucket === bucket;
    })
    .map((other) => ({
      key: "state.bucket",
      given: `${bucket}, which ${configFile(other)} has as well`,
      allowed: `a bucket of its own: with one bucket ${configFile(name)} and ${configFile(other)} would have states under the same keys`,
    }));
}

function readIfValid(path: string): Config | undefined {
  try {
    return parseConfigText(readFileSync(path, "utf8"), path);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/**
 * Validates a configuration in YAML.
 *
 * @throws ConfigError with every problem, each at its line.
 */
export function parseConfigText(text: string, file: string): Config {
  return parseSettings(configSchema, parseYaml(text, file));
}

/**
 * Validates a configuration that is parsed already.
 *
 * @throws ConfigError with every problem.
 */
export function parseConfig(value: unknown, file: string): Config {
  return parseSettings(configSchema, { file, value });
}

/** The JSON Schema of a configuration file; `config/schema.json` is this, written by `npm run config:schema`. */
export function configJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(configSchema, { io: "input" });
}
