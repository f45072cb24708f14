import { type Holder, holderOf, type Sight } from "../../core/state-backend/holder.ts";
import { type BackendClients, lockId, lockTexts, parseLock } from "../../core/state-backend/lock.ts";
import type { Finding } from "./finding.ts";

export interface LockChecks extends BackendClients {
  readonly sight: Sight;
  /** `config/<file>.yaml`, which commands take as `--env`. */
  readonly file: string;
}

/** Who holds a stack's lock, and whether that still works. */
export async function checkLock(stack: string, key: string, checks: LockChecks): Promise<Finding[]> {
  const check = `lock of ${stack}`;
  const locks = await lockTexts(checks, key);
  if (locks.length === 0) return [{ check, status: "ok", found: "free" }];
  // The same lock stands in the table and beside the state.
  const byId = new Map(locks.map((text) => [lockId(text), text]));
  return [...byId].map(([id, text]) => ({ check, ...lockFinding(id, text, checks) }));
}

function lockFinding(id: string, text: string, { sight, file }: LockChecks): Omit<Finding, "check"> {
  const command = `npx cali unlock --env ${file} --id ${id}`;
  const lock = parseLock(text);
  if (!lock) {
    return {
      status: "failure",
      found: `it is locked, and nobody says by whom: ${id}`,
      allowed: "what Terraform and OpenTofu write",
      remedy: "neither has written it, so it can be given back",
      command,
    };
  }
  const { Who, Operation, Created } = lock;
  const found = `held by ${Who} (${Operation || "unknown operation"}) for ${age(sight.now.getTime() - Date.parse(Created))}, ID ${id}`;
  return { ...byHolder(holderOf(lock, sight), found), command };
}

function byHolder(holder: Holder, found: string): Omit<Finding, "check"> {
  if (holder.state === "dead") {
    return {
      status: "failure",
      found: `${found}; ${holder.seen}`,
      allowed: "a lock of what still works",
      remedy: "give it back",
    };
  }
  if (holder.state === "works") {
    return {
      status: "warning",
      found: `${found}; ${holder.seen}`,
      remedy: "wait until it is given back; when that has ended and it was not",
    };
  }
  return {
    status: "warning",
    found,
    remedy: `wait until it is given back; when it was not: from ${holder.deadAt.toISOString()} on, on the machine that took it at once, and with --run <number> as soon as that run of a workflow is over`,
  };
}

function age(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
