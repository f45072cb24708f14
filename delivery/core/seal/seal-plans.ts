import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync, zipSync } from "fflate";
import { z } from "zod";
import { SealError } from "../errors.ts";
import { type PlanRun, planRunSchema, readPlanRun } from "../planning/plan-run.ts";
import { seal, unseal } from "./container.ts";

/** What a bundle is of; the seal binds it to its plans. */
const headerSchema = planRunSchema
  .pick({
    environment: true,
    commit: true,
    configurationDigest: true,
    program: true,
    terraformVersion: true,
  })
  .extend({
    stacks: z.array(
      z.object({
        name: z.string(),
        lineage: z.string().optional(),
        serial: z.int().optional(),
        lockDigest: z.string().optional(),
      }),
    ),
  });

/** Unpacked plans larger than this are refused: a bundle is in memory as a whole. */
const LARGEST_BYTES = 512 * 1024 * 1024;

/** Seals everything that a run of planning left in its folder. */
export async function sealPlans({ folder, file, key }: { folder: string; file: string; key: Buffer }) {
  const run = readPlanRun(folder);
  const names = ["run.json", ...run.stacks.flatMap(({ planFile, jsonFile }) => [planFile, jsonFile])];
  const files: Record<string, Uint8Array> = {};
  for (const name of names) if (name !== undefined) files[name] = await readFile(join(folder, name));
  const content = zipSync(files);
  await writeFile(file, seal({ header: JSON.stringify(headerOf(run)), content }, key), { mode: 0o600 });
}

/**
 * Opens a sealed bundle into a folder.
 *
 * @param expected what it has to be of.
 * @throws SealError when it doesn't open, or is of something else.
 */
export async function unsealPlans(
  { file, folder, key }: { file: string; folder: string; key: Buffer },
  expected: { readonly environment: string; readonly commit?: string },
): Promise<PlanRun> {
  const { header, content } = unseal(await readFile(file), key);
  const sealed = headerSchema.parse(JSON.parse(header));
  for (const what of ["environment", "commit"] as const) {
    if (expected[what] !== undefined && sealed[what] !== expected[what]) {
      throw new SealError(
        `${file}: given plans of ${what} ${sealed[what]}; allowed: ${expected[what]}\nRemedy: take the plans of this pull request and environment, or plan anew with --replan.`,
      );
    }
  }
  let size = 0;
  const files = unzipSync(content, {
    filter: ({ originalSize }) => {
      size += originalSize;
      return size <= LARGEST_BYTES;
    },
  });
  if (size > LARGEST_BYTES) {
    throw new SealError(`${file}: given ${size} bytes of plans; allowed: up to ${LARGEST_BYTES}`);
  }
  for (const [name, bytes] of Object.entries(files)) {
    if (!/^[\w-][\w.-]*$/.test(name)) throw new SealError(`${file}: given a file named ${name}`);
    await writeFile(join(folder, name), bytes, { mode: 0o600 });
  }
  const run = readPlanRun(folder);
  if (JSON.stringify(headerOf(run)) !== JSON.stringify(sealed)) {
    throw new SealError(`${file}: what it says it is of is not what is in it`);
  }
  return run;
}

function headerOf(run: PlanRun): z.output<typeof headerSchema> {
  return headerSchema.parse(run);
}
