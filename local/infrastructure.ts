import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Infrastructure, PARTS } from "@cali/console";
import { execa } from "execa";
import { z } from "zod";

const ROOT = join(import.meta.dirname, "..");
const LIMIT_MS = 120_000;
/** `cali cost` says with it that an enforced budget is passed. */
const OVER_BUDGET = 2;

const room = { cpuMillis: z.number(), memoryMiB: z.number() };

/** `infrastructure.json`, which a synth writes. */
const synthesizedSchema = z.object({
  project: z.string(),
  environment: z.string(),
  region: z.string(),
  stacks: z.array(
    z.object({
      name: z.string(),
      step: z.number(),
      makes: z.string(),
      tier: z.enum(["aws", "cluster"]),
      waitsFor: z.array(z.string()),
      resources: z.array(z.object({ type: z.string(), address: z.string(), name: z.string().optional() })),
    }),
  ),
  flows: z.array(z.object({ from: z.string(), to: z.string(), value: z.string() })),
  fit: z
    .object({
      instanceTypes: z.array(z.string()),
      node: z.object({ ...room, pods: z.number() }),
      cases: z.array(
        z.object({
          nodes: z.array(z.object({ ...room, pods: z.array(z.object({ ...room, name: z.string() })) })),
          unplaced: z.array(z.string()),
        }),
      ),
    })
    .optional(),
});

const changeSchema = z
  .object({ after: z.number(), unknown: z.number() })
  .transform(({ after, unknown }) => ({ usd: after, unknown }));

/** What `cali cost --json` prints. */
const costSchema = z.object({
  budgetUsd: z.number(),
  total: changeSchema,
  stacks: z.record(z.string(), changeSchema),
  parts: z.record(
    z.enum(PARTS),
    z.object({ usd: z.number(), unknown: z.number(), budgetUsd: z.number().nullable() }),
  ),
});

/**
 * What the console shows of an environment.
 *
 * @param synthesized `infrastructure.json` of a synth.
 * @param cost the document of `cali cost --json`.
 */
export function infrastructureOf(synthesized: unknown, cost: unknown): Infrastructure {
  const { parts, stacks: byStack, ...sums } = costSchema.parse(cost);
  return {
    ...synthesizedSchema.parse(synthesized),
    cost: {
      ...sums,
      byStack,
      parts: PARTS.map((part) => ({ part, ...parts[part], budgetUsd: parts[part].budgetUsd ?? undefined })),
    },
  };
}

/** Synthesizes the environment that `CALI_ENV` names, and estimates its cost; AWS is not asked. @throws Error with what went wrong */
async function read(): Promise<Infrastructure> {
  const outdir = await mkdtemp(join(tmpdir(), "cali-console-"));
  try {
    const [, cost] = await Promise.all([
      node(["main.ts"], { CDKTF_OUTDIR: outdir }),
      node(["delivery/main.ts", "cost", "--from-synth", "--json"]),
    ]);
    const synthesized = await readFile(join(outdir, "infrastructure.json"), "utf8");
    return infrastructureOf(JSON.parse(synthesized), JSON.parse(cost));
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}

async function node(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { exitCode, stdout, stderr, shortMessage } = await execa(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", ...args],
    { cwd: ROOT, env, timeout: LIMIT_MS, reject: false },
  );
  if (exitCode !== 0 && exitCode !== OVER_BUDGET) throw new Error(stderr || shortMessage || args.join(" "));
  return stdout;
}

/** Answers the console: the first page that asks has it made, and one that failed is made anew. */
export function infrastructure(): () => Promise<Infrastructure> {
  let known: Promise<Infrastructure> | undefined;
  return async () => {
    known ??= read();
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  };
}
