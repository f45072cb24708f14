import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { STSClient } from "@aws-sdk/client-sts";
import { messageOf } from "@cali/base";
import pLimit from "p-limit";
import type { SynthesizedStack } from "../../core/application/application.ts";
import { whoAmI } from "../../core/aws/identity.ts";
import { RecoverRefusedError, TerraformError } from "../../core/errors.ts";
import { type PlanStackOptions, planFiles, prepare } from "../../core/planning/plan-stack.ts";
import { creationOnlyIn, ignoring, unsettled, withCreationOnly } from "./creation-only.ts";
import { findExisting } from "./find.ts";
import { judge } from "./judge.ts";
import type { Looked } from "./looked.ts";
import { Lookup } from "./lookup.ts";
import { render } from "./render.ts";

export interface RecoverOptions {
  /** In the order of deployment. */
  readonly stacks: readonly SynthesizedStack[];
  readonly common: Omit<PlanStackOptions, "progress">;
  readonly region: string;
  readonly parallel: number;
  /** Whether values of imported objects may be set to what the code says. */
  readonly allowChanges: boolean;
  /** Apply what is shown. */
  readonly apply: boolean;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Imports what exists in AWS, and what a state that was cut off doesn't have. Everything is shown and judged before anything is applied; run
 * again after a crash, it goes on with what is left.
 *
 * @returns how many objects were imported or noted, or would be.
 * @throws RecoverRefusedError before anything was applied; TerraformError, AwsRequestError, CredentialsError.
 */
export async function recover(options: RecoverOptions): Promise<number> {
  const { common, print } = options;
  const looked = await lookAtAll(options);
  print(render(looked));
  const problems = looked.flatMap(({ stack, problems }) => problems.map((one) => `${stack.name}: ${one}`));
  if (problems.length > 0) {
    throw new RecoverRefusedError(
      `Nothing was changed.\n${problems.join("\n")}\nRemedy: look at these objects first. What differs is set to what the code says with --allow-changes; what would be destroyed is for cali deploy, in a pull request.`,
    );
  }
  const work = looked.filter(({ imports, notes }) => imports.length + notes.length > 0);
  const count = work.reduce((sum, { imports, notes }) => sum + imports.length + notes.length, 0);
  if (!options.apply) return count;
  for (const one of work) {
    try {
      await applyOne(one, common.out);
    } catch (error) {
      const said = common.secrets.redact(messageOf(error));
      throw new TerraformError(
        `${one.stack.name}: ${said}\nWhat was imported stays so. Run the same again: it goes on with what is left.`,
      );
    }
    print(`${one.stack.name}: ${one.imports.length} imported`);
  }
  if (count > 0) print("cali deploy goes on from here.");
  return count;
}

async function applyOne({ stack, terraform, planFile, imports, notes }: Looked, out: string): Promise<void> {
  if (imports.length > 0) await terraform.apply(planFile, join(out, `${stack.name}.log`));
  if (notes.length === 0) return;
  const file = join(out, `${stack.name}.tfstate`);
  await writeFile(file, withCreationOnly(await terraform.stateText(), notes), { mode: 0o600 });
  try {
    await terraform.pushState(file);
  } finally {
    await rm(file, { force: true });
  }
}

async function lookAtAll(options: RecoverOptions): Promise<Looked[]> {
  const { stacks, common, region, parallel, allowChanges, print } = options;
  const sts = new STSClient({ region });
  const lookup = new Lookup(region);
  try {
    const { account, arn } = await whoAmI(sts);
    print(`account ${account} as ${arn}, region ${region}`);
    const limit = pLimit(parallel);
    const settled = await Promise.allSettled(
      stacks.map((stack) =>
        limit(async (): Promise<Looked> => {
          const { terraform } = await prepare(stack, { ...common, progress: () => {} });
          const planFile = join(common.out, planFiles(stack.name).planFile);
          const known = creationOnlyIn(stack.folder);
          const home = { account, region };
          const override = ignoring(known);
          const found = await findExisting(stack, { terraform, planFile, override, home, lookup });
          const notes = unsettled(known, found.plan);
          return { stack, terraform, planFile, notes, ...found, ...judge(found.plan, allowChanges) };
        }),
      ),
    );
    const failed = settled.flatMap((one, place) =>
      one.status === "rejected" ? [`${stacks[place]?.name}: ${messageOf(one.reason)}`] : [],
    );
    if (failed.length > 0) {
      throw new TerraformError(`Nothing was changed.\n${common.secrets.redact(failed.join("\n"))}`);
    }
    return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  } finally {
    lookup.destroy();
    sts.destroy();
  }
}
