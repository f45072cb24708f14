import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SynthesisError } from "../errors.ts";

const TIMEOUT_MS = 5 * 60_000;
const LONGEST_OUTPUT = 4_000;

/**
 * Synthesizes a checkout that has its packages installed. Its code runs with no environment variable but the ones it needs: it
 * may come from a fork, and a synthesized stack must not depend on who makes it.
 *
 * @param folder the checkout.
 * @param outdir where the stacks are written to.
 * @throws SynthesisError
 */
export async function synthesizeTo(outdir: string, folder: string, environment: string): Promise<void> {
  if (!existsSync(join(folder, "main.ts"))) {
    throw new SynthesisError(`given ${folder}; allowed: a checkout of this repository, with its main.ts`);
  }
  // cdktf makes the folder, but not those that it is in: a fresh checkout has none of them.
  await mkdir(dirname(outdir), { recursive: true });
  const { execa } = await import("execa");
  const result = await execa("node", ["--disable-warning=ExperimentalWarning", "main.ts"], {
    cwd: folder,
    preferLocal: true,
    localDir: folder,
    extendEnv: false,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, CALI_ENV: environment, CDKTF_OUTDIR: outdir },
    reject: false,
    all: true,
    timeout: TIMEOUT_MS,
  });
  if (!result.failed) return;
  const said = (result.all || result.shortMessage || "").slice(-LONGEST_OUTPUT);
  throw new SynthesisError(`${environment} of ${folder} does not synthesize: ${said}`);
}
