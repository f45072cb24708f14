import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { STACKS } from "../../../stacks/registry.ts";
import type { Application, SynthesizedStack } from "../../core/application/application.ts";
import { deploy } from "../../core/deployment/deploy.ts";
import { DeployJournal, type StackResult } from "../../core/deployment/deploy-result.ts";
import { ReleaseError } from "../../core/errors.ts";
import { stackOptions } from "../../core/planning/plan.ts";
import { statusText } from "../../core/planning/plan-run.ts";
import { prepare } from "../../core/planning/plan-stack.ts";
import type { Program } from "../../core/terraform/programs.ts";

/** A stack that runs a service's image, and the variable that says which. */
interface Target {
  readonly stack: string;
  readonly variable: string;
}

/** Where each service's image runs. Airflow starts the consumer's image for its daily work, so the service itself goes first. */
const TARGETS: Readonly<Record<string, readonly Target[]>> = imageTargets();

function imageTargets(): Record<string, Target[]> {
  const uses = STACKS.flatMap((stack) =>
    "images" in stack ? stack.images.map((image) => ({ ...image, stack: stack.id })) : [],
  );
  const own = ({ stack, service }: (typeof uses)[number]) => (stack.endsWith(`-${service}`) ? 0 : 1);
  return Object.fromEntries(
    [...new Set(uses.map(({ service }) => service))].map((service) => [
      service,
      uses
        .filter((use) => use.service === service)
        .sort((a, b) => own(a) - own(b))
        .map(({ stack, variable }) => ({ stack, variable })),
    ]),
  );
}

export interface ReleaseOptions {
  readonly program: Program;
  readonly application: Application;
  readonly service: string;
  /** By digest. */
  readonly image: string;
  readonly environment: string;
  readonly commit: string;
  /** Folder of `deploy.json`, plans and logs. */
  readonly out: string;
  readonly lockTimeout: string;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Rolls an image out, stack after stack, and waits until its pods are ready. Where that fails, the image that ran before is put back.
 *
 * @returns what became of each stack.
 * @throws ReleaseError, TerraformError before anything was changed.
 */
export async function release(options: ReleaseOptions): Promise<readonly StackResult[]> {
  const { application, service, image, environment, commit, out, print } = options;
  const targets = targetsOf(application, service);
  if (!/^[\w.-]+(:\d+)?\/[\w./-]+@sha256:[0-9a-f]{64}$/.test(image)) {
    throw new ReleaseError(
      `--image: given ${image}; allowed: an image by digest, …/${service}@sha256:<64 hexadecimal digits>`,
    );
  }
  await mkdir(out, { recursive: true });
  const journal = new DeployJournal(out, {
    environment,
    commit,
    startedAt: new Date().toISOString(),
    stacks: targets.map(({ stack: { name } }) => ({ name, status: "pending", durationMs: 0 })),
  });
  await journal.write();
  for (const { stack, variable } of targets) {
    const done = await rollOut(stack, variable, options);
    await journal.note(stack.name, done);
    print(statusText({ ...done, name: stack.name }));
    if (done.status === "failed" || done.status === "refused") break;
  }
  for (const { name, status } of journal.result.stacks) {
    if (status === "pending")
      await journal.note(name, { status: "skipped", reason: "an earlier stack failed" });
  }
  journal.result.finishedAt = new Date().toISOString();
  await journal.write();
  return journal.result.stacks;
}

function targetsOf(application: Application, service: string) {
  const known = TARGETS[service];
  if (!known) {
    throw new ReleaseError(`given ${service}; allowed: ${Object.keys(TARGETS).join(", ")}`);
  }
  return known.flatMap(({ stack: name, variable }) => {
    const stack = application.stacks.find((one) => one.name === name);
    return stack?.requiredVariables.includes(variable) ? [{ stack, variable }] : [];
  });
}

async function rollOut(
  stack: SynthesizedStack,
  variable: string,
  options: ReleaseOptions,
): Promise<StackResult> {
  const { image, out, print } = options;
  const common = await stackOptions([stack], options);
  const { state } = await prepare(stack, { ...common, progress: () => {} });
  const before = (await state()).outputs[variable]?.value;
  const apply = async (which: string, folder: string, imagesOnly: boolean) => {
    const { stacks } = await deploy({
      ...options,
      stacks: [stack],
      out: folder,
      allowDataLoss: false,
      allowForeign: false,
      continues: false,
      imagesOnly,
      parallel: 1,
      variables: { [`TF_VAR_${variable}`]: which },
    });
    return stacks[0] as StackResult;
  };
  // What else its stack changes is deployed before, as it was reviewed. A stack that waited for its first image is made as a whole.
  const done = await apply(image, join(out, stack.name), typeof before === "string");
  if (done.status !== "failed" || typeof before !== "string" || before === image) return done;
  print(`${stack.name}: the rollout failed; putting ${before} back`);
  const back = await apply(before, join(out, `${stack.name}-rollback`), false);
  const isBack = back.status === "applied" || back.status === "unchanged";
  const how = isBack ? `${before} runs again` : `and ${before} could not be put back: ${back.reason}`;
  return { ...done, reason: `the rollout of ${image} failed; ${how}\n${done.reason}` };
}
