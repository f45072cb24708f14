import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DeployResultError } from "../errors.ts";

const FILE = "deploy.json";

const stackResultSchema = z.object({
  name: z.string(),
  /**
   * `pending`: its turn has not come. `applying`: it had begun when this was written. `waiting`: it can't be planned yet, or was not
   * reviewed. `skipped`: one that it depends on failed.
   */
  status: z.enum(["pending", "applying", "applied", "unchanged", "waiting", "failed", "skipped", "refused"]),
  /** Why, redacted: Terraform's last lines, what it waits for. */
  reason: z.string().optional(),
  /** How many objects the plan makes, changes, replaces and destroys. */
  changes: z.object({ create: z.int(), update: z.int(), replace: z.int(), delete: z.int() }).optional(),
  durationMs: z.number().nonnegative().default(0),
});

/** `deploy.json`, which `cali deploy --out FOLDER` keeps up to date while it works. */
const deployResultSchema = z.object({
  environment: z.string(),
  commit: z.string(),
  pullRequest: z.int().optional(),
  startedAt: z.iso.datetime(),
  /** undefined: it goes on, or was cut off. */
  finishedAt: z.iso.datetime().optional(),
  /** Why nothing was deployed at all, redacted. */
  refusal: z.string().optional(),
  /** Why nothing was left to do: a later run deploys this commit, too. */
  superseded: z.string().optional(),
  stacks: z.array(stackResultSchema),
});

export type DeployResult = z.output<typeof deployResultSchema>;
export type StackResult = z.output<typeof stackResultSchema>;

/** Reads a folder's `deploy.json`; undefined: there is none. @throws DeployResultError */
export function readDeployResult(folder: string): DeployResult | undefined {
  const path = join(folder, FILE);
  if (!existsSync(path)) return undefined;
  try {
    return deployResultSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : "it is no JSON";
    throw new DeployResultError(`${path} is not what cali deploy writes:\n${problem}`);
  }
}

/**
 * Writes why nothing was deployed, for the notice: a run that began, and ended at once. What an earlier try has noted there stays.
 */
export async function noteEnd(
  folder: string,
  about: Pick<DeployResult, "environment" | "commit" | "pullRequest">,
  why: Pick<DeployResult, "refusal" | "superseded">,
): Promise<void> {
  const now = new Date().toISOString();
  const stacks = readDeployResult(folder)?.stacks ?? [];
  await new DeployJournal(folder, { ...about, startedAt: now, finishedAt: now, ...why, stacks }).write();
}

/** Keeps `deploy.json` up to date: whoever reads it after a crash finds the last state, whole. */
export class DeployJournal {
  readonly result: DeployResult;
  readonly #folder: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string, result: DeployResult) {
    this.#folder = folder;
    this.result = result;
  }

  /** Notes what became of a stack. */
  async note(name: string, change: Partial<Omit<StackResult, "name">>): Promise<void> {
    const stack = this.result.stacks.find((one) => one.name === name);
    if (stack) Object.assign(stack, change);
    await this.write();
  }

  write(): Promise<void> {
    const text = `${JSON.stringify(this.result, null, 2)}\n`;
    this.#writing = this.#writing.then(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const path = join(this.#folder, FILE);
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    });
    return this.#writing;
  }
}
