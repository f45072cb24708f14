import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { shape, terraformProgram } from "../../../config/schema.ts";
import { PlanRunError } from "../errors.ts";

/** A file beside `run.json`: never a path that leads elsewhere. */
const fileName = z.string().regex(/^[\w-][\w.-]*$/, { error: "a file's name, without a folder" });
const stackName = z.string().regex(/^[\w-]+$/, { error: "a stack's name such as 01-kinesis" });

const stackRunSchema = z.object({
  name: stackName,
  /** `waiting`: it can be planned only after the stacks of `waitsFor` are applied. */
  status: z.enum(["changes", "no-changes", "waiting", "failed"]),
  waitsFor: z.array(stackName).default([]),
  /** Why it waits or failed, redacted. */
  reason: z.string().optional(),
  planFile: fileName.optional(),
  /** `terraform show -json` of the plan. */
  jsonFile: fileName.optional(),
  lineage: z.string().optional(),
  serial: z.int().nonnegative().optional(),
  /** SHA-256 of the provider lock file that was planned with; undefined: the stack has none. */
  lockDigest: z.string().optional(),
  durationMs: z.number().nonnegative(),
  /** Place in the order of deployment, from 0. */
  order: z.int().nonnegative(),
});

/** `run.json`, which `cali plan --out FOLDER` writes beside the plans. */
export const planRunSchema = z.object({
  environment: shape.shape.environment,
  commit: z.string().regex(/^[0-9a-f]{40}$/, { error: "a commit's 40 hexadecimal digits" }),
  /** SHA-256 of the configuration that was planned with, in hexadecimal digits. */
  configurationDigest: z.string().regex(/^[0-9a-f]{64}$/, { error: "a SHA-256 digest" }),
  createdAt: z.iso.datetime(),
  /** What planned. */
  program: terraformProgram.default("terraform"),
  /** Its version. */
  terraformVersion: z.string(),
  stacks: z.array(stackRunSchema),
});

export type PlanRun = z.output<typeof planRunSchema>;
export type StackRun = z.output<typeof stackRunSchema>;

/**
 * Reads `run.json` of a folder that `cali plan --out` wrote.
 *
 * @throws PlanRunError
 */
export function readPlanRun(folder: string): PlanRun {
  const path = join(folder, "run.json");
  if (!existsSync(path)) {
    throw new PlanRunError(
      `--plans: given ${folder}, which has no run.json; allowed: a folder of cali plan --out`,
    );
  }
  try {
    return planRunSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : "it is no JSON";
    throw new PlanRunError(`${path} is not what cali plan writes:\n${problem}`);
  }
}

/** What became of a stack, and why, indented below. */
export const statusText = ({
  name,
  status,
  reason,
}: Pick<StackRun, "name" | "reason"> & { status: string }) =>
  `${name}: ${status}${reason ? `\n  ${reason.replaceAll("\n", "\n  ")}` : ""}`;
