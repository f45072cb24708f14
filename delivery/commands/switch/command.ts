import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { CONFIG_FOLDER, loadConfig } from "../../../config/load.ts";
import { type Json, merged } from "../../../config/overrides.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { synthesizeTo } from "../../core/application/synthesize.ts";
import { SwitchError } from "../../core/errors.ts";
import type { JsonObject, StackJson } from "../../core/parity/stack-json.ts";
import { readStateFile, type StateFile } from "../../core/terraform/state-file.ts";
import { writeConfig } from "./config-file.ts";
import { type Backend, derive, type Setting } from "./derive.ts";
import { carriedAlong, forgotten } from "./foreign.ts";
import { parityOf, patchFor } from "./parity.ts";
import { renderReport, type SwitchReport } from "./report.ts";
import { readVariables } from "./variables.ts";

interface Options {
  readonly state: string;
  readonly tfvars: string;
  readonly env: string;
  readonly hcl?: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly stateRegion?: string;
  readonly lockTable?: string;
  readonly force?: boolean;
}

/** The configuration whose comments explain what an existing environment has. */
const TEMPLATE = "terraform-users";
/** The stack that holds all of 01–07 in the layout `shared`. */
const STACK = "infra";

/** `cali switch` */
export const switchCommand = new Command("switch")
  .description(
    "Writes the configuration of an environment that plain Terraform runs, from its state. Nothing else is touched.",
  )
  .requiredOption("--state <file>", "the state: what `terraform state pull` prints")
  .requiredOption("--tfvars <file>", "the variables: terraform.tfvars, or .tfvars.json")
  .requiredOption("-e, --env <name>", "the environment to write, config/<name>.yaml")
  .option("--hcl <folder>", "the hand-written project: resources of yours that CALI doesn't know come along")
  .option("--bucket <name>", "the state's bucket (default: <project>-terraform-state)")
  .option("--key <key>", "the state's key (default: infra/terraform.tfstate)")
  .option("--state-region <region>", "the bucket's region (default: the environment's)")
  .option("--lock-table <name>", "the lock table (default: <project>-terraform-lock)")
  .option("--force", "write over a configuration that is there")
  .action(async (options: Options) => {
    const report = await switchTo(options);
    console.log(renderReport(report));
    if (report.left.length > 0 || report.created.length > 0) process.exitCode = 2;
  });

async function switchTo(options: Options): Promise<SwitchReport> {
  const { env, force } = options;
  const file = `config/${env}.yaml`;
  if (!/^[a-z0-9-]+$/.test(env)) {
    throw new SwitchError(`--env: given ${env}; allowed: lower-case letters, digits and dashes`);
  }
  const path = join(CONFIG_FOLDER, `${env}.yaml`);
  if (existsSync(path) && !force) {
    throw new SwitchError(`${file}: is there already; --force writes over it`);
  }
  const state = readStateFile(options.state);
  const variables = await readVariables(options.tfvars);
  const backend: Backend = {
    bucket: options.bucket,
    key: options.key,
    region: options.stateRegion,
    lockTable: options.lockTable,
  };
  const template = await readFile(join(CONFIG_FOLDER, `${TEMPLATE}.yaml`), "utf8");
  const settings = derive(state, variables, backend);
  const { text, notAllowed } = writeConfig(template, [...settings, ...succession(settings)], file);

  const overrides = join(CONFIG_FOLDER, `${env}.overrides`, `${STACK}.json`);
  const before = await Promise.all([path, overrides].map(contentOf));
  const compared = comparable(state);
  try {
    await write(path, text);
    // What an earlier run said would hide what this one has to say.
    await rm(overrides, { force: true });
    const root = await synthesized(env);
    const found = parityOf(root, compared, variables);
    const { patch, left } = patchFor(found.differences, compared);
    const overridden = found.differences.filter((one) => !left.includes(one));
    let after = found;
    if (overridden.length > 0) {
      // Overrides are believed only when the comparison says so. It never sees what is carried along: that is the user's own.
      await write(overrides, asJson(patch));
      after = parityOf(await synthesized(env), compared, variables);
    }
    const isCarried = options.hcl !== undefined;
    const extra = isCarried ? await carriedAlong(options.hcl ?? "", root) : forgotten(found.foreign);
    const whole = merged(patch, extra);
    const hasOverrides = Object.keys(whole as JsonObject).length > 0;
    if (hasOverrides) await write(overrides, asJson(whole));
    return {
      environment: env,
      state,
      assumed: assumed(backend),
      own: found.compared,
      foreign: found.foreign,
      isCarried,
      hasOverrides,
      overridden,
      notAllowed,
      left: after.differences,
      created: after.created,
    };
  } catch (error) {
    // Nothing is half-done: what was there before is there again.
    await Promise.all([path, overrides].map((file, index) => restore(file, before[index])));
    throw error;
  }
}

const asJson = (value: Json) => `${JSON.stringify(value, undefined, 2)}\n`;

async function contentOf(path: string): Promise<string | undefined> {
  return existsSync(path) ? await readFile(path, "utf8") : undefined;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function restore(path: string, text: string | undefined): Promise<void> {
  if (text === undefined) await rm(path, { force: true });
  else await write(path, text);
}

/** The shipped example may name the very state that the new file is for: the new one takes its place. */
function succession(settings: readonly Setting[]): Setting[] {
  const bucket = settings.find(([path]) => path.join(".") === "state.bucket")?.[1];
  return stateBackend(loadConfig({ env: TEMPLATE })).bucket === bucket ? [[["insteadOf"], TEMPLATE]] : [];
}

async function synthesized(env: string): Promise<StackJson> {
  const outdir = await mkdtemp(join(tmpdir(), "cali-switch-"));
  try {
    await synthesizeTo(outdir, join(CONFIG_FOLDER, ".."), env);
    return JSON.parse(await readFile(join(outdir, "stacks", STACK, "cdk.tf.json"), "utf8"));
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

/** What the comparison looks at: no modules, and keys as text, since numbers (`count`) are of resources of others. */
function comparable(state: StateFile) {
  return {
    ...state,
    resources: state.resources
      .filter(({ module }) => module === undefined)
      .map((one) => ({
        ...one,
        instances: one.instances.map(({ index_key, attributes }) => ({
          ...(index_key !== undefined && { index_key: String(index_key) }),
          attributes,
        })),
      })),
  };
}

function assumed(backend: Backend): string[] {
  return (["bucket", "key", "region", "lockTable"] as const)
    .filter((key) => backend[key] === undefined)
    .map((key) => `state.${key}`);
}
