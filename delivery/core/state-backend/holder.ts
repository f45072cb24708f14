import { hostname, userInfo } from "node:os";
import { execa } from "execa";
import { initializedBackend } from "../terraform/initialized.ts";
import { PROGRAMS } from "../terraform/programs.ts";
import type { Lock } from "./lock.ts";

/** A lock that is older was left behind: the longest a stack takes is a new cluster, with 25 minutes. */
export const STALE_MS = 60 * 60_000;
/** Terraform takes its lock after it has started; `ps` says its age in whole seconds. */
const CLOCK_SLACK_MS = 5_000;

/** What is seen of the Terraform or OpenTofu that took a lock. `unknown`: it may still work, where nobody here can look. */
export type Holder =
  | { readonly state: "works"; readonly seen: string }
  | { readonly state: "dead"; readonly seen: string }
  | { readonly state: "unknown"; readonly seen: string; readonly deadAt: Date };

/** A process that may hold a lock: Terraform, or a provider that it has started. */
export interface Process {
  readonly pid: number;
  readonly startedAt: number;
  /** Key of the state that it works on; undefined: not known. */
  readonly key?: string;
}

/** What a holder is looked for with. */
export interface Sight {
  readonly now: Date;
  /** This machine's name, as Terraform writes it into a lock. */
  readonly host: string;
  /** Of this machine. */
  readonly processes: readonly Process[];
}

/** Whether this user took a lock on this machine, or somebody of the same name on one of the same name. */
export const isOfHere = ({ Who }: Lock) => Who === `${userInfo().username}@${hostname()}`;

/** This machine, now. */
export async function sightHere(now: Date): Promise<Sight> {
  return { now, host: hostname(), processes: await terraformProcesses(now) };
}

/**
 * Whether who took a lock still works. On this machine its processes say so, at any age; of another one only the age is known: no run
 * takes an hour.
 */
export function holderOf({ Who, Created, Path }: Lock, { now, host, processes }: Sight): Holder {
  const taken = Date.parse(Created);
  if (Who.slice(Who.lastIndexOf("@") + 1) === host) {
    const mayBe = processes.filter(
      ({ startedAt, key }) =>
        startedAt <= taken + CLOCK_SLACK_MS && (key === undefined || Path === "" || Path.includes(key)),
    );
    if (mayBe.length === 0) {
      return {
        state: "dead",
        seen: `on this machine no ${PROGRAM_NAMES} works that was there when it was taken`,
      };
    }
    const pids = mayBe.map(({ pid }) => pid).join(", ");
    return {
      state: "works",
      seen: `on this machine ${PROGRAM_NAMES} or a provider works that was there when it was taken: process ${pids}`,
    };
  }
  const deadAt = new Date(taken + STALE_MS);
  if (deadAt <= now) return { state: "dead", seen: "it is older than an hour, and no run takes as long" };
  return { state: "unknown", seen: `${Who} is not this machine, ${host}`, deadAt };
}

const PROGRAM_NAMES = Object.values(PROGRAMS)
  .map(({ name }) => name)
  .join(" or ");
/** Programs that hold a lock or work for who holds one; Linux cuts their names. */
const PROGRAM = new RegExp(`(^|/)((${Object.keys(PROGRAMS).join("|")})(-bin)?|terraform-provid\\S*)$`);

async function terraformProcesses(now: Date): Promise<Process[]> {
  const { stdout } = await execa("ps", ["-A", "-o", "pid=,stat=,etime=,comm="]);
  return stdout.split("\n").flatMap((line) => {
    const [pid, stat = "", age = "", ...name] = line.trim().split(/\s+/);
    if (stat.startsWith("Z") || !PROGRAM.test(name.join(" "))) return [];
    const startedAt = now.getTime() - secondsOf(age) * 1_000;
    return [{ pid: Number(pid), startedAt, ...keyOf(Number(pid)) }];
  });
}

/** Linux shows in which folder a process works. */
function keyOf(pid: number): Pick<Process, "key"> {
  const { key } = initializedBackend(`/proc/${pid}/cwd`) ?? {};
  return key ? { key } : {};
}

/** `[[days-]hours:]minutes:seconds` */
export function secondsOf(etime: string): number {
  const [, days = "0", clock = ""] = /^(?:(\d+)-)?([\d:]+)$/.exec(etime) ?? [];
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
