import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { ConfigError } from "../config/errors.ts";
import { DeliveryError } from "./core/errors.ts";

/** The program with the one command that is asked for: loading all of them takes longer than most of them run. */
async function programOf(name: string | undefined): Promise<Command> {
  const file = join(import.meta.dirname, "commands", name ?? "", "command.ts");
  if (name !== undefined && /^[a-z-]+$/.test(name) && existsSync(file)) {
    const exported: unknown[] = Object.values(await import(pathToFileURL(file).href));
    const command = exported.find((one) => one instanceof Command && one.name() === name);
    if (command) return new Command("cali").addCommand(command as Command);
  }
  return (await import("./program.ts")).program;
}

try {
  await (await programOf(process.argv[2])).parseAsync();
} catch (error) {
  // What was foreseen is told in its own words; only what nobody foresaw comes with its stack.
  const isForeseen = error instanceof ConfigError || error instanceof DeliveryError;
  console.error(isForeseen ? error.message : error);
  process.exitCode = 1;
}
