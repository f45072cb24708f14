import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Adoption } from "../../config/adoption.ts";
import { loadConfig, overridesOf } from "../../config/load.ts";
import type { Overrides } from "../../config/overrides.ts";
import type { References } from "../../config/references.ts";
import type { Config } from "../../config/schema.ts";
import type { JsonObject, StackJson } from "../../delivery/core/parity/stack-json.ts";
import { buildApp } from "../../main.ts";

export type { Json, JsonObject, StackJson } from "../../delivery/core/parity/stack-json.ts";

export interface Synthesized {
  readonly stacks: Record<string, StackJson>;
  readonly manifest: { stacks: Record<string, { dependencies: string[] }> };
}

const cache = new Map<string, Synthesized>();

/** Synthesizes the whole app of a configuration, as `npm run synth` does. */
export function synthesize(
  config: Config,
  overrides: Overrides = {},
  adoption?: Adoption,
  references: References = {},
): Synthesized {
  const key = JSON.stringify([config, overrides, adoption, references]);
  const known = cache.get(key);
  if (known) return known;
  const outdir = mkdtempSync(join(tmpdir(), "cali-test-synth-"));
  try {
    buildApp(config, { outdir, overrides, references, adoption }).synth();
    const read = (path: string) => JSON.parse(readFileSync(join(outdir, path), "utf8"));
    const synthesized: Synthesized = {
      stacks: Object.fromEntries(
        readdirSync(join(outdir, "stacks")).map((name) => [name, read(`stacks/${name}/cdk.tf.json`)]),
      ),
      manifest: read("manifest.json"),
    };
    cache.set(key, synthesized);
    return synthesized;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Synthesizes an environment of `config/`. */
export function synthesizeEnvironment(env: string): Synthesized {
  return synthesize(loadConfig({ env }), overridesOf(env));
}

export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly address: string;
  readonly stack: string;
  readonly body: JsonObject;
}

/** Every managed resource of every stack. */
export function resourcesOf({ stacks }: Synthesized): Resource[] {
  return Object.entries(stacks).flatMap(([stack, { resource = {} }]) =>
    Object.entries(resource).flatMap(([type, byName]) =>
      Object.entries(byName).map(([name, body]) => ({ type, name, address: `${type}.${name}`, stack, body })),
    ),
  );
}
