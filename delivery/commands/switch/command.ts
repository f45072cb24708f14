import { existsSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "@cali/settings";
import { Command } from "commander";
import { CONFIG_FOLDER, loadConfig } from "../../../config/load.ts";
import { type Json, overridden } from "../../../config/overrides.ts";
import { stateBackend } from "../../../config/state-backend.ts";
import { synthesizeTo } from "../../core/application/synthesize.ts";
import { SwitchError } from "../../core/errors.ts";
import type { Difference } from "../../core/parity/compare.ts";
import type { JsonObject, StackJson } from "../../core/parity/stack-json.ts";
import { PROGRAMS } from "../../core/terraform/programs.ts";
import { addressOf, type StateFile, type StateResource } from "../../core/terraform/state-file.ts";
import { writtenBy } from "../../core/terraform/written-by.ts";
import { type Carried, carriedAlong } from "./carried.ts";
import { writeConfig } from "./config-file.ts";
import { type Backend, derive, type Setting } from "./derive.ts";
import { forgotten } from "./foreign.ts";
import { joined, type Parity, parityOf, patchFor, patchWithout } from "./parity.ts";
import { isEqual, renderReport, type SwitchReport } from "./report.ts";
import { initializedWith, readSource } from "./source.ts";
import { unfinished } from "./unfinished.ts";
import { readVariables } from "./variables.ts";

interface Options {
  readonly state?: string;
  readonly tfvars: string[];
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
  .option(
    "--state <file>",
    "the state: what `terraform state pull` prints (default: it is read from its bucket, and no lock is taken)",
  )
  .requiredOption(
    "--tfvars <file...>",
    "the variables: terraform.tfvars, *.auto.tfvars, or in JSON; the last goes first",
  )
  .requiredOption("-e, --env <name>", "the environment to write, config/<name>.yaml")
  .option("--hcl <folder>", "the hand-written project: resources of yours that CALI doesn't know come along")
  .option(
    "--bucket <name>",
    "the state's bucket (default: as --hcl was initialized with, else <project>-terraform-state)",
  )
  .option("--key <key>", "the state's key (default: as the bucket, else infra/terraform.tfstate)")
  .option("--state-region <region>", "the bucket's region (default: as the bucket, else the environment's)")
  .option("--lock-table <name>", "the lock table (default: as the bucket, else <project>-terraform-lock)")
  .option("--force", "write over a configuration that is there")
  .action(async (options: Options) => {
    try {
      const report = await switchTo(options);
      console.log(renderReport(report));
      if (!isEqual(report)) process.exitCode = 2;
    } catch (error) {
      // A name or a place that no configuration can have.
      if (!(error instanceof ConfigError)) throw error;
      console.error(error.message);
      process.exitCode = 2;
    }
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
  const initialized = initializedWith(options.hcl);
  const backend: Backend = {
    bucket: options.bucket ?? initialized.bucket,
    key: options.key ?? initialized.key,
    region: options.stateRegion ?? initialized.region,
    lockTable: options.lockTable ?? initialized.lockTable,
    pathStyle: initialized.pathStyle,
  };
  const { state, locks } = await readSource(options.state, backend);
  const { variables, values } = await readVariables(options.tfvars);
  const template = await readFile(join(CONFIG_FOLDER, `${TEMPLATE}.yaml`), "utf8");
  const settings = [...derive(state, variables, backend), ...lockedProvider(options.hcl)];
  const { text, notAllowed } = writeConfig(template, [...settings, ...succession(settings)], file);

  const folder = join(CONFIG_FOLDER, `${env}.overrides`);
  const overrides = join(folder, `${STACK}.json`);
  const before = await contentOf(path);
  const kept = `${folder}.before`;
  // What an earlier run wrote would hide what this one has to say.
  if (existsSync(folder)) await rename(folder, kept);
  try {
    await write(path, text);
    const root = await synthesized(env);
    const compared = comparable(state);
    const found = parityOf(root, compared, variables);
    const { patch, whole } = equalized(root, found, compared, variables);
    const foreign = foreignOf(state, root);
    const beside: Carried =
      options.hcl === undefined
        ? { files: [], secrets: [], ...forgotten(foreign, root) }
        : await carriedAlong(options.hcl, root, values, writtenBy(state.resources) ?? PROGRAMS.terraform);
    const said = joined(patch, beside.patch);
    const hasOverrides = Object.keys(said).length > 0;
    if (hasOverrides) await write(overrides, asJson(said));
    for (const name of beside.files) {
      await cp(join(options.hcl ?? "", name), join(folder, STACK, name), { recursive: true });
    }
    // A synth has to take what was written.
    if (hasOverrides) await synthesized(env);
    const after = parityOf(whole, compared, variables);
    const outputs = (beside.patch.output ?? {}) as JsonObject;
    const left = after.differences
      // The user's own outputs have their text.
      .filter(({ address }) => !(address.replace("output.", "") in outputs))
      .map((one) => withoutSecret(one, state));
    await rm(kept, { recursive: true, force: true });
    return {
      environment: env,
      state,
      locks,
      assumed: assumed(backend),
      own: found.compared,
      foreign: foreign.map(addressOf),
      isCarried: options.hcl !== undefined,
      hasOverrides,
      overridden: found.differences.filter(
        (one) => !after.differences.some((left) => isSamePlace(one, left)),
      ),
      notAllowed,
      left: [...left, ...orphans(found.foreign, root)],
      unfinished: unfinished(
        // What is forgotten is neither replaced nor destroyed.
        state.resources.filter((one) => options.hcl !== undefined || !foreign.includes(one)),
      ),
      notCarried: [...beside.left, ...notInText(foreign, beside, options.hcl)],
      secrets: beside.secrets,
      created: after.created,
    };
  } catch (error) {
    // Nothing is half-done: what was there before is there again.
    if (before === undefined) await rm(path, { force: true });
    else await write(path, before);
    await rm(folder, { recursive: true, force: true });
    if (existsSync(kept)) await rename(kept, folder);
    throw error;
  }
}

/** Overrides with which a root equals the state, as far as overrides can say it, and the root with them. */
function equalized(root: StackJson, found: Parity, state: Comparable, variables: Record<string, unknown>) {
  const { patch: said } = patchFor(root, found.differences, state);
  const equal = overridden(root as unknown as Json, said) as unknown as StackJson;
  const patch = joined(said, patchWithout(equal, parityOf(equal, state, variables).created));
  return { patch, whole: overridden(root as unknown as Json, patch) as unknown as StackJson };
}

/** The value of a secret output is shown nowhere. */
function withoutSecret(difference: Difference, { outputs }: StateFile): Difference {
  const isSecret = outputs[difference.address.replace("output.", "")]?.sensitive === true;
  return isSecret ? { ...difference, expected: "a secret" } : difference;
}

const isSamePlace = (one: Difference, other: Difference) =>
  one.address === other.address && one.attribute === other.attribute;

/** What is in the state and made by nothing here. */
function foreignOf({ resources }: StateFile, root: StackJson): StateResource[] {
  return resources.filter(
    ({ mode, module, type, name }) =>
      mode === "managed" && (module !== undefined || !root.resource?.[type]?.[name]),
  );
}

/** Keys of a `for_each` of our own that the configuration has not: they would be destroyed. */
function orphans(foreign: readonly string[], root: StackJson): Difference[] {
  return foreign
    .filter((address) => {
      const [type = "", name = ""] = address.split(/[.[]/);
      return root.resource?.[type]?.[name] !== undefined;
    })
    .map((address) => ({ address, attribute: "", expected: "an object", got: undefined }));
}

/** Foreign resources whose text the folder doesn't have: a plan would destroy them. */
function notInText(foreign: readonly StateResource[], { patch }: Carried, hcl: string | undefined): string[] {
  if (hcl === undefined) return [];
  const has = (kind: string, ...steps: string[]) =>
    steps.reduce<Json | undefined>((node, step) => (node as JsonObject | undefined)?.[step], patch[kind]) !==
    undefined;
  return foreign
    .filter(({ module, type, name }) =>
      module === undefined
        ? !has("resource", type, name)
        : !has("module", /^module\.([\w-]+)/.exec(module)?.[1] ?? module),
    )
    .map((one) => `${addressOf(one)}: ${hcl} has no text of it; a plan would destroy it`);
}

const asJson = (value: Json) => `${JSON.stringify(value, undefined, 2)}\n`;

async function contentOf(path: string): Promise<string | undefined> {
  return existsSync(path) ? await readFile(path, "utf8") : undefined;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** The provider that the hand-written project is locked to: a newer one may write what its users can't read. */
function lockedProvider(hcl: string | undefined): Setting[] {
  const path = join(hcl ?? "", ".terraform.lock.hcl");
  if (hcl === undefined || !existsSync(path)) return [];
  const [, version] =
    /provider "[\w./-]+\/hashicorp\/aws" \{[^}]*?\bversion\s*=\s*"([\d.]+)"/.exec(
      readFileSync(path, "utf8"),
    ) ?? [];
  return version === undefined ? [] : [[["provider", "aws"], version]];
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

type Comparable = ReturnType<typeof comparable>;

/** What the comparison looks at: no modules, and keys as text, since numbers (`count`) are of resources of others. */
function comparable(state: StateFile) {
  return {
    ...state,
    resources: state.resources
      .filter(({ module }) => module === undefined)
      .map((one) => ({
        ...one,
        instances: one.instances
          .filter(({ deposed }) => deposed === undefined)
          .map(({ index_key, attributes }) => ({
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
