import { TerraformError } from "../errors.ts";

/** What ends a program from outside: Ctrl-C, a terminal that is closed, a runner that cancels. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A program that was started. */
interface Started {
  kill(signal: NodeJS.Signals): unknown;
}

/** Each with what it is called. */
const running = new Map<Started, string>();
let received: NodeJS.Signals | undefined;

/**
 * Passes the first signal on to each Terraform that runs, once: it ends what it is doing, writes its state, and gives its lock back. A
 * second signal would make it leave both behind, so later ones are not passed on.
 */
function passOn(signal: NodeJS.Signals): void {
  if (received) return;
  received = signal;
  const names = [...new Set(running.values())].join(" and ");
  console.error(`${signal}: waiting for ${names} to end what it is doing, and starting nothing more`);
  for (const child of running.keys()) child.kill("SIGINT");
}

/** @param command such as `terraform plan`. @throws TerraformError after a signal: nothing more is started. */
export function refuseAfterSignal(command: string): void {
  if (received) throw new TerraformError(`${command} was not started: ${received} came before`);
}

/** Signals are passed on to a Terraform from now on. @returns what ends that. */
export function passSignalsTo(started: Started, name: string): () => void {
  if (running.size === 0) for (const signal of SIGNALS) process.on(signal, passOn);
  running.set(started, name);
  return () => {
    running.delete(started);
    if (running.size === 0 && !received) for (const signal of SIGNALS) process.off(signal, passOn);
  };
}
