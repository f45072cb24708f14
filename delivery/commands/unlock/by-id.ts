import type { SynthesizedStack } from "../../core/application/application.ts";
import { UnlockRefusedError } from "../../core/errors.ts";
import { type Holder, holderOf, type Sight } from "../../core/state-backend/holder.ts";
import {
  type BackendClients,
  deleteLock,
  type Lock,
  lockId,
  lockTexts,
  parseLock,
} from "../../core/state-backend/lock.ts";

export interface UnlockByIdOptions {
  readonly stacks: readonly SynthesizedStack[];
  readonly clients: BackendClients;
  readonly id: string;
  readonly sight: Sight;
  /** Looks whether the workflow's run that is said to have taken a lock is over; undefined: none is said. */
  readonly runOf: ((lock: Lock) => Promise<Holder>) | undefined;
  /** Takes a line for people. */
  readonly print: (line: string) => void;
}

/**
 * Gives back one lock, in the table and beside the state, when who took it is seen dead.
 *
 * @returns the stack's name.
 * @throws UnlockRefusedError when there is no such lock, or who took it works, or may work; AwsRequestError, GithubRequestError.
 */
export async function unlockById(options: UnlockByIdOptions): Promise<string> {
  const { stacks, clients, id, sight, runOf, print } = options;
  const held = await locksOf(stacks, clients);
  const texts = held.filter((one) => lockId(one.text) === id);
  const [first] = texts;
  if (!first) throw new UnlockRefusedError(`There is no lock ${id}.\n${listed(held)}`);
  const lock = parseLock(first.text);
  const holder = lock && (await seen(lock, sight, runOf));
  if (lock && holder?.state !== "dead") throw new UnlockRefusedError(refusal(id, first.stack, lock, holder));
  for (const { stateKey, text } of texts) await deleteLock(clients, stateKey, text);
  print(
    `${first.stack}: gave back the lock ${id}${lock ? ` of ${lock.Who}` : ""}: ${holder?.seen ?? "it is none of Terraform's"}`,
  );
  return first.stack;
}

/** This machine knows its own; a run is asked for where it does not. */
async function seen(lock: Lock, sight: Sight, runOf: UnlockByIdOptions["runOf"]): Promise<Holder> {
  const here = holderOf(lock, sight);
  return here.state !== "unknown" || runOf === undefined ? here : await runOf(lock);
}

interface Held {
  readonly stack: string;
  readonly stateKey: string;
  readonly text: string;
}

async function locksOf(stacks: readonly SynthesizedStack[], clients: BackendClients): Promise<Held[]> {
  const found = await Promise.all(
    stacks.map(async ({ name: stack, stateKey }): Promise<Held[]> => {
      if (stateKey === undefined) return [];
      const texts = new Set(await lockTexts(clients, stateKey));
      return [...texts].map((text) => ({ stack, stateKey, text }));
    }),
  );
  return found.flat();
}

function listed(held: readonly Held[]): string {
  const lines = new Set(held.map(({ stack, text }) => `  ${stack}: ${lockId(text)}`));
  return lines.size === 0 ? "Nothing is locked." : `What is locked:\n${[...lines].join("\n")}`;
}

function refusal(id: string, stack: string, { Who, Operation, Created }: Lock, holder?: Holder): string {
  const until =
    holder?.state === "unknown"
      ? `allowed: from ${holder.deadAt.toISOString()} on; at once on the machine that took it, or with --run <number> when a workflow's run did`
      : "allowed: when that has ended";
  return `${stack}: the lock ${id} of ${Who} (${Operation || "unknown operation"}) is of ${Created}; ${holder?.seen}; ${until}. Nothing was changed.`;
}
