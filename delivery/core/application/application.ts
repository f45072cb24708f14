import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "@cali/base";
import { z } from "zod";
import { GROUPS, tierOf } from "../../../stacks/registry.ts";
import { SynthesisError, UnknownStackError } from "../errors.ts";

const manifestSchema = z.object({
  stacks: z.record(
    z.string().regex(/^[\w-]+$/),
    z.object({
      synthesizedStackPath: z.string(),
      dependencies: z.array(z.string()),
    }),
  ),
});

/** Terraform's JSON configuration, as far as the delivery looks into it. */
const configurationSchema = z.looseObject({
  terraform: z
    .looseObject({
      required_providers: z
        .record(z.string(), z.looseObject({ source: z.string().optional(), version: z.string().optional() }))
        .default({}),
      backend: z.looseObject({ s3: z.looseObject({ key: z.string().optional() }).optional() }).optional(),
    })
    .default({ required_providers: {} }),
  variable: z
    .record(z.string(), z.looseObject({ sensitive: z.boolean().optional(), default: z.unknown().optional() }))
    .default({}),
  output: z.record(z.string(), z.unknown()).default({}),
});

/** One synthesized stack. */
export interface SynthesizedStack {
  readonly name: string;
  /** Folder with its `cdk.tf.json`, where Terraform runs. */
  readonly folder: string;
  /** Stacks that are applied before it, by name. */
  readonly dependencies: readonly string[];
  /** Names of its Terraform variables that are secret. */
  readonly sensitiveVariables: readonly string[];
  /** Variables without a default, which somebody has to give. */
  readonly requiredVariables: readonly string[];
  readonly outputs: readonly string[];
  /** Its Terraform providers, each as source and version. */
  readonly providers: readonly string[];
  /** Key of its state in the backend's bucket; undefined: its state is in no bucket. */
  readonly stateKey: string | undefined;
}

/** A synthesized application. */
export interface Application {
  /** In the order of deployment: each after those it depends on, else by name. */
  readonly stacks: readonly SynthesizedStack[];
  /** SHA-256 over every stack's configuration and order, in hexadecimal digits. */
  readonly digest: string;
}

/**
 * Reads what a synth wrote.
 *
 * @param outdir folder with `manifest.json`.
 * @throws SynthesisError
 */
export async function readApplication(outdir: string): Promise<Application> {
  try {
    const { stacks } = manifestSchema.parse(
      JSON.parse(await readFile(join(outdir, "manifest.json"), "utf8")),
    );
    const hash = createHash("sha256");
    const found: SynthesizedStack[] = [];
    for (const [name, { synthesizedStackPath, dependencies }] of Object.entries(stacks).sort(byName)) {
      const path = join(outdir, synthesizedStackPath);
      const text = await readFile(path, "utf8");
      hash.update(`${name}\0${[...dependencies].sort().join(",")}\0${text.length}\0${text}`);
      const { terraform, variable, output } = configurationSchema.parse(JSON.parse(text));
      const variables = Object.entries(variable);
      found.push({
        name,
        folder: dirname(path),
        dependencies,
        sensitiveVariables: variables.filter(([, { sensitive }]) => sensitive).map(([key]) => key),
        requiredVariables: variables.filter(([, one]) => !("default" in one)).map(([key]) => key),
        outputs: Object.keys(output),
        providers: Object.entries(terraform.required_providers).map(
          ([name, { source = name, version = "" }]) => `${source} ${version}`,
        ),
        stateKey: terraform.backend?.s3?.key,
      });
    }
    return { stacks: inOrder(found), digest: hash.digest("hex") };
  } catch (error) {
    if (error instanceof SynthesisError) throw error;
    throw new SynthesisError(`${outdir} is no synthesized application: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * The stacks that are asked for, in the order of deployment.
 *
 * @param desired names, or groups (`infrastructure`, `cluster`); none: all.
 * @throws UnknownStackError
 */
export function selectStacks({ stacks }: Application, desired: readonly string[]): SynthesizedStack[] {
  if (desired.length === 0) return [...stacks];
  const tests = desired.map((word) => {
    const tier = Object.entries(GROUPS).find(([group]) => group === word)?.[1];
    const test = (name: string) => (tier ? tierOf(name) === tier : name === word);
    if (!tier && !stacks.some(({ name }) => test(name))) {
      throw new UnknownStackError(
        `given ${word}; allowed: ${[...Object.keys(GROUPS), ...stacks.map(({ name }) => name)].join(", ")}`,
      );
    }
    return test;
  });
  return stacks.filter(({ name }) => tests.some((test) => test(name)));
}

/** Every stack that must be applied before one, by name: those it depends on, and theirs. */
export function allDependencies(stacks: readonly SynthesizedStack[], name: string): Set<string> {
  const found = new Set<string>();
  const visit = (one: string) => {
    for (const dependency of stacks.find((stack) => stack.name === one)?.dependencies ?? []) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      visit(dependency);
    }
  };
  visit(name);
  return found;
}

function inOrder(stacks: readonly SynthesizedStack[]): SynthesizedStack[] {
  const ordered: SynthesizedStack[] = [];
  const done = new Set<string>();
  while (ordered.length < stacks.length) {
    const next = stacks.find(
      ({ name, dependencies }) => !done.has(name) && dependencies.every((one) => done.has(one)),
    );
    if (!next) {
      const left = stacks.filter(({ name }) => !done.has(name)).map(({ name }) => name);
      throw new SynthesisError(
        `these stacks wait for each other, or for one that doesn't exist: ${left.join(", ")}`,
      );
    }
    ordered.push(next);
    done.add(next.name);
  }
  return ordered;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
