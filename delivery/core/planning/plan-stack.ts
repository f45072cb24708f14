import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@cali/base";
import type { SynthesizedStack } from "../application/application.ts";
import { TerraformError } from "../errors.ts";
import { hasChanges } from "../plan-json/model.ts";
import { checkShared, isShared } from "../shared-state/check.ts";
import { checkLockFile } from "../terraform/lock-file.ts";
import { stateOfPlan } from "../terraform/plan-file.ts";
import type { Secrets } from "../terraform/secrets.ts";
import type { State } from "../terraform/state.ts";
import { Terraform, type TerraformOptions } from "../terraform/terraform.ts";
import { type Images, imagesOf, releasedMeanwhile } from "./images.ts";

/** What came of planning one stack. */
export type PlannedStack = { readonly stack: SynthesizedStack; readonly durationMs: number } & (
  | {
      readonly status: "planned";
      readonly state: State;
      readonly lockDigest: string | undefined;
      /** Values that the plan was made with, to plan it again the same way. */
      readonly hasChanges: boolean;
    }
  | { readonly status: "waiting"; readonly state: State; readonly reason: string }
  | { readonly status: "failed"; readonly state: State | undefined; readonly reason: string }
);

export interface PlanStackOptions extends Omit<TerraformOptions, "folder" | "environment" | "lockFile"> {
  readonly secrets: Secrets;
  /** Folder that the plan and its JSON are written to. */
  readonly out: string;
  /** Provider lock files by stack. */
  readonly lockFile: (stack: string) => string | undefined;
  /** Runs a stack's `terraform init` when the folder of providers allows it. */
  readonly init: (providers: readonly string[], init: () => Promise<void>) => Promise<void>;
  /** Values of Terraform variables (`TF_VAR_…`), besides those of this process. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Takes a difference between the configuration and the layout `shared`'s one state, before it is planned. */
  readonly onDifference: (line: string) => void;
  /** Takes a few words on what is being done. */
  readonly progress: (doing: string) => void;
}

/** A plan's file names in the folder of a run. */
export function planFiles(stack: string): { planFile: string; jsonFile: string } {
  return { planFile: `${stack}.tfplan`, jsonFile: `${stack}.json` };
}

/** A stack's folder that Terraform can work in. */
export interface Prepared {
  readonly terraform: Terraform;
  /** Asks Terraform for the state, once. @throws TerraformError */
  readonly state: () => Promise<State>;
  readonly images: Images;
  /** Plans into a file, with the images that run. @returns the plan as JSON, with its warnings. @throws TerraformError */
  readonly plan: (file: string) => Promise<string>;
}

/** Plans of a stack, one after the other, when a release changes an image meanwhile. */
const MOST_PLANS = 4;

/** Prepares a stack's folder. @throws TerraformError */
export async function prepare(stack: SynthesizedStack, options: PlanStackOptions): Promise<Prepared> {
  const { lockFile, init, onDifference, progress, variables = {}, ...rest } = options;
  const lock = lockFile(stack.name);
  if (lock) checkLockFile(lock, stack.providers, rest.program);
  const base = { ...rest, folder: stack.folder, ...(lock && { lockFile: lock }) };
  progress("init");
  const first = new Terraform(base);
  await init(stack.providers, () => first.init());
  let read: Promise<State> | undefined;
  const state = () => {
    read ??= first.state();
    return read;
  };
  if (isShared(stack)) {
    const differences = await checkShared(stack, (await state()).resources, { ...process.env, ...variables });
    for (const line of differences) onDifference(options.secrets.redact(line));
  }
  const images = await imagesOf(stack, state, { ...process.env, ...variables });
  let environment = images.environment;
  const terraform = () => new Terraform({ ...base, environment: { ...variables, ...environment } });
  const plan = async (file: string) => {
    for (let count = 0; count < MOST_PLANS; count++) {
      const diagnostics = (await terraform().plan(file)).map(({ summary, detail, ...rest }) => ({
        ...rest,
        summary: options.secrets.redact(summary),
        detail: options.secrets.redact(detail),
      }));
      // Terraform's JSON of a plan has no warnings; added to its text, it stays as it is, to the last digit.
      const json = (await terraform().show(file)).replace(
        /^\s*\{/,
        () => `{"diagnostics":${JSON.stringify(diagnostics)},`,
      );
      // A release may have had the lock that this waited for: its image is not taken back.
      const released = releasedMeanwhile(json, environment);
      if (Object.keys(released).length === 0) return json;
      environment = { ...environment, ...released };
    }
    throw new TerraformError(
      `${stack.name}: an image was released each of the ${MOST_PLANS} times that it was planned`,
    );
  };
  return { terraform: terraform(), state, images, plan };
}

/** Plans one stack, and keeps the plan and its JSON. Failures are results, not exceptions: the others go on. */
export async function planStack(stack: SynthesizedStack, options: PlanStackOptions): Promise<PlannedStack> {
  const begin = performance.now();
  const durationMs = () => Math.round(performance.now() - begin);
  let prepared: Prepared | undefined;
  try {
    prepared = await prepare(stack, options);
    const { terraform, images, plan } = prepared;
    if (images.missing.length > 0) {
      const reason = `waiting for an image: nothing runs yet, and ${images.missing.map((name) => `TF_VAR_${name}`).join(", ")} is not set. The service's own workflow gives it.`;
      return { stack, status: "waiting", state: await prepared.state(), reason, durationMs: durationMs() };
    }
    options.progress("planning");
    const { planFile, jsonFile } = planFiles(stack.name);
    const path = join(options.out, planFile);
    const json = await plan(path);
    // Secrets stand in it in clear text: nobody but this user.
    await writeFile(join(options.out, jsonFile), json, { mode: 0o600 });
    const { parsePlan } = await import("../plan-json/read.ts");
    return {
      stack,
      status: "planned",
      state: await stateOfPlan(path),
      lockDigest: await terraform.lockDigest(),
      hasChanges: hasChanges(parsePlan(json, jsonFile)),
      durationMs: durationMs(),
    };
  } catch (error) {
    const reason = options.secrets.redact(messageOf(error));
    // A state that can't be read is no reason beside the one there is.
    const state = await prepared?.state().catch(() => undefined);
    return { stack, status: "failed", state, reason, durationMs: durationMs() };
  }
}
