import { messageOf } from "@cali/base";
import { Command, Option } from "commander";
import { deployNotice, planNotice } from "../../core/notice/collect.ts";
import { runDetails } from "../../core/notice/run-details.ts";
import { environmentOption } from "../../core/options.ts";
import { sendToSlack } from "../../core/slack.ts";
import { Secrets } from "../../core/terraform/secrets.ts";
import { noticeMessage } from "./message.ts";

interface Options {
  readonly plans?: string;
  readonly deploy?: string;
  readonly env?: string;
  readonly print?: boolean;
}

/** Nothing that goes wrong here may fail a run: it is logged, and that is all. */
async function run({ plans, deploy, env, print = false }: Options): Promise<void> {
  const { env: variables } = process;
  try {
    const notice =
      deploy === undefined ? planNotice(plans ?? "", variables, env) : deployNotice(deploy, variables, env);
    const details = await runDetails(variables).catch((error) => {
      console.error(`warning: ${new Secrets(variables).redact(messageOf(error))}`);
      return {};
    });
    const message = noticeMessage({ ...notice, ...details });
    const url = variables.SLACK_WEBHOOK_URL;
    if (print) console.log(JSON.stringify(message, null, 2));
    else if (!url) console.log("SLACK_WEBHOOK_URL is not set: nobody is notified.");
    else {
      await sendToSlack(url, message);
      console.log(`Slack was notified: ${message.text}`);
    }
  } catch (error) {
    console.error(`warning: ${new Secrets(variables).redact(messageOf(error))}`);
  }
}

/** `cali notify` */
export const notifyCommand = new Command("notify")
  .description(
    "Tells Slack what a run did: who, which commit, how much changed, what it costs, how long it took, what failed and why. Never fails the run.",
  )
  .addOption(new Option("--plans <folder>", "what cali plan --out wrote").conflicts("deploy"))
  .option("--deploy <folder>", "what cali deploy --out or cali release --out wrote")
  .addOption(environmentOption())
  .option("--print", "print the message, and send it to nobody")
  .addHelpText(
    "after",
    "\nThe environment says the rest: SLACK_WEBHOOK_URL (without it nobody is notified), CALI_OUTCOME (success, failure or cancelled:\nthe job's status), GITHUB_ACTOR, GITHUB_SHA, GITHUB_REPOSITORY, GITHUB_RUN_ID.",
  )
  .action(async (options: Options, command: Command) => {
    if (options.plans === undefined && options.deploy === undefined) {
      command.error("error: give --plans <folder> or --deploy <folder>");
    }
    await run(options);
  });
