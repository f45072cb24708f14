import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { COMMANDS } from "./registry.ts";

/** Prints a shell's completion script, and answers what that asks. */
const COMPLETE = "complete";
/** The commands that `cali` has by itself: what follows them may be a command, too. */
const OWN = [COMPLETE, "help"];

function version(): string {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
  return String(version);
}

/**
 * `cali`, with every command in the list, and those that `isWanted` chooses loaded. The rest are names with a line each: loading all of
 * them takes longer than most of them run.
 */
export async function programWith(isWanted: (name: string) => boolean): Promise<Command> {
  const program = new Command("cali")
    .description("Makes, shows and changes a CALI environment.")
    .version(version())
    .helpCommand("help [command]", "the help of a command");
  for (const { name, summary, group, load } of COMMANDS) {
    const command = isWanted(name) ? await load() : new Command(name);
    program.addCommand(command.summary(summary).helpGroup(group));
  }
  if (isWanted(COMPLETE)) (await import("@bomb.sh/tab/commander")).default(program);
  else program.command(COMPLETE).argument("<shell>");
  program.commands
    .find((one) => one.name() === COMPLETE)
    ?.summary("print the completion script of zsh, bash, fish or powershell")
    .helpGroup("Set up:");
  return program;
}

/** Which command the arguments ask for, for its help or for what may follow, too. */
export function askedFor(args: readonly string[]): string | undefined {
  const words = args.filter((word) => !word.startsWith("-"));
  return OWN.includes(words[0] ?? "") ? words[1] : words[0];
}
