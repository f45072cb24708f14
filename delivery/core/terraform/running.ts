import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import { z } from "zod";

/** Beside a stack's configuration, while a Terraform that takes the state's lock works there. */
const FILE = "terraform-running.json";

const runningSchema = z.object({
  pid: z.int().positive(),
  /** ms since the epoch. */
  startedAt: z.number(),
});

/** A Terraform that was started in a stack's folder and was not seen to end. */
export type Running = z.output<typeof runningSchema>;

/** Notes that a Terraform works in a folder: a step that comes after this process was killed has to know. */
export function noteRunning(folder: string, pid: number): void {
  writeFileSync(join(folder, FILE), JSON.stringify({ pid, startedAt: Date.now() } satisfies Running));
}

/** Takes the note away. */
export function noteEnded(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

/** What was noted in a folder; undefined: each Terraform that was started there has ended by itself. */
export function runningIn(folder: string): Running | undefined {
  try {
    return runningSchema.safeParse(parseJson(readFileSync(join(folder, FILE), "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** Whether a process is there. One that has ended and whose end nobody has asked for yet is gone, too. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is somebody else's by now.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}
