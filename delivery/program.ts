import { Command } from "commander";
import { bootstrapCommand } from "./bootstrap/command.ts";
import { commentCommand } from "./comment/command.ts";
import { costCommand } from "./cost/command.ts";
import { deployCommand } from "./deploy/command.ts";
import { doctorCommand } from "./doctor/command.ts";
import { driftCommand } from "./drift/command.ts";
import { fetchPlansCommand } from "./fetch-plans/command.ts";
import { grafanaCommand } from "./grafana/command.ts";
import { imageCommand } from "./image/command.ts";
import { notifyCommand } from "./notify/command.ts";
import { openSearchCommand } from "./opensearch/command.ts";
import { pipelineAccessCommand } from "./pipeline-access/command.ts";
import { planCommand } from "./plan/command.ts";
import { releaseCommand } from "./release/command.ts";
import { synthDifferenceCommand } from "./synth-difference/command.ts";
import { waitForCommand } from "./wait-for/command.ts";

/** `cali`: what pipelines and people run against an environment. Each command lives in a folder of its own. */
export const program = new Command("cali")
  .description("Makes, shows and changes a CALI environment.")
  .addCommand(bootstrapCommand)
  .addCommand(pipelineAccessCommand)
  .addCommand(synthDifferenceCommand)
  .addCommand(commentCommand)
  .addCommand(costCommand)
  .addCommand(fetchPlansCommand)
  .addCommand(doctorCommand)
  .addCommand(planCommand)
  .addCommand(deployCommand)
  .addCommand(driftCommand)
  .addCommand(waitForCommand)
  .addCommand(imageCommand)
  .addCommand(releaseCommand)
  .addCommand(notifyCommand)
  .addCommand(openSearchCommand)
  .addCommand(grafanaCommand);
