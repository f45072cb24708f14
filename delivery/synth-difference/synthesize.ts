import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { SynthesisError } from "./errors.ts";

const manifestSchema = z.object({
  stacks: z.record(z.string(), z.object({ synthesizedStackPath: z.string() })),
});
/** Terraform's JSON configuration, as far as it is compared. */
const stackSchema = z.record(z.string(), z.json());

export type Stack = z.output<typeof stackSchema>;
/** Each stack's configuration, by its name. */
export type Synthesis = ReadonlyMap<string, Stack>;

const TIMEOUT_MS = 5 * 60_000;
const LONGEST_OUTPUT = 4_000;

/**
 * Synthesizes a checkout that has its packages installed, without leaving anything in it. The checkout's code runs with no
 * environment variable but the ones it needs, since it may come from a fork.
 *
 * @returns an empty map when the checkout does not know the environment.
 * @throws SynthesisError
 */
export async function synthesize(folder: string, environment: string): Promise<Synthesis> {
  if (!existsSync(join(folder, "main.ts"))) {
    throw new SynthesisError(`given ${folder}; allowed: a checkout of this repository, with its main.ts`);
  }
  if (!existsSync(join(folder, `config/${environment}.yaml`))) return new Map();
  const outdir = await mkdtemp(join(tmpdir(), "cali-synth-"));
  try {
    const result = await execa("tsx", ["main.ts"], {
      cwd: folder,
      preferLocal: true,
      localDir: folder,
      extendEnv: false,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, CALI_ENV: environment, CDKTF_OUTDIR: outdir },
      reject: false,
      all: true,
      timeout: TIMEOUT_MS,
    });
    if (result.failed) {
      throw new SynthesisError(
        `${environment} of ${folder} does not synthesize: ${(result.all || result.shortMessage || "").slice(-LONGEST_OUTPUT)}`,
      );
    }
    return await read(outdir);
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

async function read(outdir: string): Promise<Synthesis> {
  try {
    const json = async (path: string) => JSON.parse(await readFile(join(outdir, path), "utf8"));
    const { stacks } = manifestSchema.parse(await json("manifest.json"));
    const found = new Map<string, Stack>();
    for (const [name, { synthesizedStackPath }] of Object.entries(stacks)) {
      found.set(name, stackSchema.parse(await json(synthesizedStackPath)));
    }
    return found;
  } catch (error) {
    throw new SynthesisError(`what was synthesized cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
