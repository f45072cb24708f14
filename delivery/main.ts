import { Command } from "commander";
import { ConfigError } from "../config/errors.ts";
import { bootstrapCommand } from "./bootstrap/command.ts";
import { DeliveryError } from "./errors.ts";
import { pipelineAccessCommand } from "./pipeline-access/command.ts";
import { synthDifferenceCommand } from "./synth-difference/command.ts";

/** `cali`: what pipelines and people run against an environment. Each command lives in a folder of its own. */
const program = new Command("cali")
  .description("Makes, shows and changes a CALI environment.")
  .addCommand(bootstrapCommand)
  .addCommand(pipelineAccessCommand)
  .addCommand(synthDifferenceCommand);

try {
  await program.parseAsync();
} catch (error) {
  // What was foreseen is told in its own words; only what nobody foresaw comes with its stack.
  const isForeseen = error instanceof ConfigError || error instanceof DeliveryError;
  console.error(isForeseen ? error.message : error);
  process.exitCode = 1;
}
