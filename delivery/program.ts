import { Command } from "commander";
import { adoptCommand } from "./commands/adopt/command.ts";
import { bootstrapCommand } from "./commands/bootstrap/command.ts";
import { commentCommand } from "./commands/comment/command.ts";
import { costCommand } from "./commands/cost/command.ts";
import { deployCommand } from "./commands/deploy/command.ts";
import { doctorCommand } from "./commands/doctor/command.ts";
import { driftCommand } from "./commands/drift/command.ts";
import { fetchPlansCommand } from "./commands/fetch-plans/command.ts";
import { grafanaCommand } from "./commands/grafana/command.ts";
import { imageCommand } from "./commands/image/command.ts";
import { notifyCommand } from "./commands/notify/command.ts";
import { openSearchCommand } from "./commands/opensearch/command.ts";
import { pipelineAccessCommand } from "./commands/pipeline-access/command.ts";
import { planCommand } from "./commands/plan/command.ts";
import { releaseCommand } from "./commands/release/command.ts";
import { switchCommand } from "./commands/switch/command.ts";
import { synthDifferenceCommand } from "./commands/synth-difference/command.ts";
import { waitForCommand } from "./commands/wait-for/command.ts";

/** `cali`: what pipelines and people run against an environment. Each command lives in a folder of its own. */
export const program = new Command("cali")
  .description("Makes, shows and changes a CALI environment.")
  .addCommand(adoptCommand)
  .addCommand(bootstrapCommand)
  .addCommand(pipelineAccessCommand)
  .addCommand(switchCommand)
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
