import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { buildApp } from "../../main.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** A synthesized stack: the content of its `cdk.tf.json`. */
export interface StackJson {
  readonly resource?: Record<string, Record<string, JsonObject>>;
  readonly data?: Record<string, Record<string, JsonObject>>;
  readonly variable?: Record<string, JsonObject>;
  readonly output?: Record<string, JsonObject>;
  readonly provider?: Record<string, JsonObject[]>;
  readonly terraform: {
    readonly backend: { readonly s3: JsonObject };
    readonly required_providers: Record<string, { source: string; version: string }>;
  };
}

export interface Synthesized {
  readonly stacks: Record<string, StackJson>;
  readonly manifest: { stacks: Record<string, { dependencies: string[] }> };
}

const cache = new Map<string, Synthesized>();

/** Synthesizes the whole app of a configuration, as `npm run synth` does. */
export function synthesize(config: Config): Synthesized {
  const key = JSON.stringify(config);
  const known = cache.get(key);
  if (known) return known;
  const outdir = mkdtempSync(join(tmpdir(), "cali-test-synth-"));
  try {
    buildApp(config, { outdir }).synth();
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
  return synthesize(loadConfig({ env }));
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
