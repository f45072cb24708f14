import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SynthesizedStack } from "../../core/application/application.ts";
import { holderOf, isOfHere, sightHere } from "../../core/state-backend/holder.ts";
import {
  type BackendClients,
  deleteLock,
  type Lock,
  lockTexts,
  parseLock,
} from "../../core/state-backend/lock.ts";
import type { Program } from "../../core/terraform/programs.ts";
import { isAlive, noteEnded, type Running, runningIn } from "../../core/terraform/running.ts";
import type { Terraform } from "../../core/terraform/terraform.ts";

/** Clocks of AWS are none: a lock's time is this machine's, and Terraform takes it after it has started. */
const CLOCK_SLACK_MS = 5_000;
const ERRORED_STATE = "errored.tfstate";

export interface UnlockOptions {
  readonly program: Program;
  readonly stacks: readonly SynthesizedStack[];
  readonly clients: BackendClients;
  /** Terraform in a stack's folder. */
  readonly terraform: (stack: SynthesizedStack) => Terraform;
  /** How long to wait for each Terraform that still works, ms. */
  readonly limitMs: number;
  readonly pollMs: number;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Ends what a cancelled job has left: waits for each Terraform that still works, gives back locks that exactly these have left, and pushes
 * the states that they could not write. Somebody else's lock stays.
 *
 * @returns whether everything is in order.
 * @throws AwsRequestError, TerraformError
 */
export async function unlock(options: UnlockOptions): Promise<boolean> {
  const until = performance.now() + options.limitMs;
  const left = options.stacks.flatMap((stack) => {
    const running = runningIn(stack.folder);
    return running ? [{ stack, running }] : [];
  });
  if (left.length === 0)
    options.print(
      `Each ${options.program.name} of this job has ended by itself: nothing is left to give back.`,
    );
  const done = await Promise.all(left.map(({ stack, running }) => settle(stack, running, until, options)));
  return done.every((one) => one);
}

async function settle(
  stack: SynthesizedStack,
  running: Running,
  until: number,
  { program, clients, terraform, pollMs, print }: UnlockOptions,
): Promise<boolean> {
  const { name, folder, stateKey } = stack;
  if (isAlive(running.pid))
    print(`${name}: waiting for ${program.name} (process ${running.pid}), which still works`);
  while (isAlive(running.pid)) {
    if (performance.now() >= until) {
      print(`${name}: ${program.name} still works. Its lock stays: cali doctor says who has it.`);
      return false;
    }
    await sleep(pollMs);
  }
  if (stateKey !== undefined) {
    for (const text of new Set(await lockTexts(clients, stateKey))) {
      const lock = parseLock(text);
      if (lock && (await isLeftBy(lock, running, until, pollMs))) {
        await deleteLock(clients, stateKey, text);
        print(
          `${name}: gave back the lock ${lock.ID}, which this job's ${program.name} (${lock.Operation}) had left`,
        );
      } else {
        print(`${name}: the lock of ${lock?.Who ?? "nobody knows whom"} stays: it is not this job's`);
      }
    }
  }
  const errored = join(folder, ERRORED_STATE);
  if (existsSync(errored)) {
    await terraform(stack).pushState(ERRORED_STATE);
    renameSync(errored, `${errored}.pushed`);
    print(`${name}: pushed the state that ${program.name} could not write`);
  }
  noteEnded(folder);
  return true;
}

/** A lock of this machine's user, taken after that Terraform was started, of which nothing works any more; nor does another one that could have it. */
async function isLeftBy(lock: Lock, { startedAt }: Running, until: number, pollMs: number): Promise<boolean> {
  if (!isOfHere(lock) || Date.parse(lock.Created) < startedAt - CLOCK_SLACK_MS) return false;
  while (holderOf(lock, await sightHere(new Date())).state !== "dead") {
    if (performance.now() >= until) return false;
    await sleep(pollMs);
  }
  return true;
}
