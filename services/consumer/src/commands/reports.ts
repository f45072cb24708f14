import type { SlackMessage } from "@cali/slack";
import { Webhook } from "@cali/slack";
import { Command, Option } from "commander";
import { loadConfig } from "../config/load.ts";
import { pastDate } from "../reports/dates.ts";
import { digestDay } from "../reports/digest.ts";
import { digestMessage, digestText, qualityMessage, qualityText } from "../reports/messages.ts";
import { postOnce } from "../reports/post-once.ts";
import { checkDay } from "../reports/quality.ts";
import { FolderObjectStore } from "../state/objects/folder.ts";
import { objectStoreOf } from "../state/objects/open.ts";
import type { ObjectStore } from "../state/objects/types.ts";

interface ReportOptions {
  readonly date: string;
  readonly config?: string;
  readonly folder?: string;
  readonly slack?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** `consumer quality`: checks a day of the archive. Airflow runs it daily. */
export function qualityCommand(): Command {
  return reportCommand(
    "quality",
    "check a day of raw/: volume, schema, gaps, late and duplicate records, empty fields",
  )
    .option("--strict", "exit with 1 when a check fails")
    .action(async (options: ReportOptions) => {
      const { objects, webhook } = open(options);
      const report = await checkDay(objects, options.date);
      console.log(options.json ? JSON.stringify(report) : qualityText(report));
      await post("quality", options, objects, webhook, qualityMessage(report));
      if (options.strict && report.verdict === "fail") process.exitCode = 1;
    });
}

/** `consumer digest`: sums up a day's errors. Airflow runs it daily. */
export function digestCommand(): Command {
  return reportCommand(
    "digest",
    "sum up a day's errors: by service, level and template, new ones, what changed",
  ).action(async (options: ReportOptions) => {
    const { objects, webhook } = open(options);
    const report = await digestDay(objects, options.date);
    console.log(options.json ? JSON.stringify(report) : digestText(report));
    await post("digest", options, objects, webhook, digestMessage(report));
  });
}

function reportCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option("--date <day>", "YYYY-MM-DD, UTC").argParser((text) => pastDate(text)).makeOptionMandatory(),
    )
    .option("-c, --config <file>", "the consumer's YAML file; environment variables CALI_… go before it")
    .option("--folder <path>", "objects in this folder; no other configuration is needed")
    .option("--json", "the whole report as JSON")
    .option("--slack", "post it to the configured webhook, once")
    .option("--force", "post it even if it was posted");
}

/** The objects and the webhook that the options, or the consumer's configuration, name. @throws ConfigError */
function open({ config: file, folder, slack }: ReportOptions): {
  objects: ObjectStore;
  webhook: Webhook | undefined;
} {
  if (folder !== undefined && !slack) return { objects: new FolderObjectStore(folder), webhook: undefined };
  const config = loadConfig(file);
  const { webhookUrl, timeoutMs } = config.slack;
  const objects = folder === undefined ? objectStoreOf(config) : new FolderObjectStore(folder);
  if (slack && webhookUrl === undefined) {
    throw new Error(
      "--slack: given no webhook, allowed: one in CALI_SLACK_WEBHOOK_URL or CALI_SLACK_WEBHOOK_URL_FILE",
    );
  }
  return {
    objects,
    webhook: slack && webhookUrl !== undefined ? new Webhook({ url: webhookUrl, timeoutMs }) : undefined,
  };
}

async function post(
  report: string,
  { date, force = false }: ReportOptions,
  objects: ObjectStore,
  webhook: Webhook | undefined,
  message: SlackMessage,
): Promise<void> {
  if (!webhook) return;
  const posted = await postOnce({ objects, webhook, report, date, message, force });
  console.error(posted ? "posted to Slack" : "already posted to Slack");
}
