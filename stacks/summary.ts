import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../config/schema.ts";
import { stateBackend } from "../config/state-backend.ts";
import { columns } from "./columns.ts";

const manifestSchema = z.object({
  stacks: z.record(
    z.string(),
    z.object({ synthesizedStackPath: z.string(), dependencies: z.array(z.string()) }),
  ),
});

const stackSchema = z.object({
  resource: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  terraform: z.object({ backend: z.object({ s3: z.object({ key: z.string() }) }) }),
});

/** A resource as the synth wrote it. */
interface SynthesizedResource {
  readonly type: string;
  /** Without a key of `for_each`. */
  readonly address: string;
  /** What AWS or Kubernetes calls it; undefined where only Terraform will know. */
  readonly name: string | undefined;
}

/** A stack as the synth wrote it. */
export interface SynthesizedStack {
  readonly name: string;
  /** Key of its state in the bucket. */
  readonly stateKey: string;
  /** By address in order. */
  readonly resources: readonly SynthesizedResource[];
  /** Stacks that are applied before it, by name in order. */
  readonly dependencies: readonly string[];
}

/** The stacks that a synth wrote into a folder, by name in order. */
export function synthesizedStacks(outdir: string): SynthesizedStack[] {
  const manifest = manifestSchema.parse(readJson(join(outdir, "manifest.json")));
  return Object.entries(manifest.stacks)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, { synthesizedStackPath, dependencies }]) => {
      const { resource, terraform } = stackSchema.parse(readJson(join(outdir, synthesizedStackPath)));
      const resources = Object.entries(resource).flatMap(([type, byName]) =>
        Object.entries(byName).map(([name, body]) => ({
          type,
          address: `${type}.${name}`,
          name: nameOf(body),
        })),
      );
      return {
        name,
        stateKey: terraform.backend.s3.key,
        resources: resources.sort((a, b) => (a.address < b.address ? -1 : 1)),
        dependencies: dependencies.sort(),
      };
    });
}

const NAMES = ["name", "bucket", "domain_name", "addon_name", "node_group_name"] as const;
const textSchema = z.string().optional().catch(undefined);
const namesSchema = z.object(Object.fromEntries(NAMES.map((key) => [key, textSchema])));
const metadataSchema = z.object({ metadata: z.object({ name: textSchema, namespace: textSchema }) });
const ACCOUNT = "${data.aws_caller_identity.current.account_id}";

/** What its arguments name it, `<account>` for the account's number. */
function nameOf(body: unknown): string | undefined {
  const names = namesSchema.safeParse(body).data ?? {};
  const { metadata } = metadataSchema.safeParse(body).data ?? {};
  const [name] = [...NAMES.map((key) => names[key]), metadata?.name]
    .map((text) => text?.replace(ACCOUNT, "<account>"))
    .filter((text) => text !== undefined);
  return name?.includes("${") ? undefined : name;
}

/**
 * What a synth made: each stack with its state's key, its number of resources, and what it waits for.
 *
 * @param bold of the heads.
 * @param width characters of a line. What has no room is said shorter: keys below the table, stacks by their numbers.
 */
export function summarize(
  outdir: string,
  config: Config,
  { bold, width }: { bold: (text: string) => string; width: number },
): string {
  const stacks = synthesizedStacks(outdir);
  const wide = columns([
    ["stack", "state key", "resources", "waits for"],
    ...stacks.map(({ name, stateKey, resources, dependencies }) => [
      name,
      stateKey,
      String(resources.length),
      dependencies.join(", ") || "-",
    ]),
  ]);
  const narrow = columns([
    ["stack", "resources", "waits for"],
    ...stacks.map(({ name, resources, dependencies }) => [
      name,
      String(resources.length),
      dependencies.map((one) => one.replace(/^(\d\d)-.*/, "$1")).join(", ") || "-",
    ]),
  ]);
  const fits = wide.every(({ length }) => length <= width);
  const [heads = "", ...lines] = fits ? wide : narrow;
  const own = new Set(stacks.map(({ name, stateKey }) => stateKey.replace(`/${name}/`, "/<stack>/")));
  const { bucket, region } = stateBackend(config);
  return [
    [
      `${config.project} ${config.environment} in ${config.region}: layout ${config.stateLayout},`,
      `states in s3://${bucket} (${region})`,
    ].join(fits ? " " : "\n"),
    "",
    bold(heads),
    ...lines,
    "",
    ...(fits ? [] : [`State keys: ${[...own].join(", ")}`]),
    `Written to ${outdir}/stacks/<stack>/cdk.tf.json`,
  ].join("\n");
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
