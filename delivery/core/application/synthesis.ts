import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readApplication } from "./application.ts";
import { synthesizeTo } from "./synthesize.ts";

/** Terraform's JSON configuration, as far as it is compared. */
const stackSchema = z.record(z.string(), z.json());

export type Stack = z.output<typeof stackSchema>;
/** Each stack's configuration, by its name. */
export type Synthesis = ReadonlyMap<string, Stack>;

/**
 * Synthesizes a checkout that has its packages installed, without leaving anything in it.
 *
 * @returns an empty map when the checkout does not know the environment.
 * @throws SynthesisError
 */
export async function synthesize(folder: string, environment: string): Promise<Synthesis> {
  if (existsSync(join(folder, "main.ts")) && !existsSync(join(folder, `config/${environment}.yaml`))) {
    return new Map();
  }
  const outdir = await mkdtemp(join(tmpdir(), "cali-synth-"));
  try {
    await synthesizeTo(outdir, folder, environment);
    const { stacks } = await readApplication(outdir);
    const found = new Map<string, Stack>();
    for (const stack of stacks) {
      const text = await readFile(join(stack.folder, "cdk.tf.json"), "utf8");
      found.set(stack.name, stackSchema.parse(JSON.parse(text)));
    }
    return found;
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
