import { messageOf } from "@cali/base";
import { Command } from "commander";
import { configKeys, loadConfig, secretsOf } from "../config/load.ts";
import { createLog } from "../ops/log.ts";
import { startConsumer, startNotifier } from "../pipeline/consumer.ts";
import { decodeCommand } from "./decode.ts";
import { workerCommand, workersCommand } from "./kcl.ts";
import { knowledgeCommand } from "./knowledge.ts";
import { redactCommand } from "./redact.ts";
import { replayCommand } from "./replay.ts";
import { digestCommand, qualityCommand } from "./reports.ts";
import { silenceCommand } from "./silence.ts";

/** Exit codes: 0 stopped on request, 1 could not start or go on, 2 the configuration or the command line is wrong. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

function runCommand(): Command {
  return runs(
    new Command("run").description(
      "read the stream, keep what is invalid, group errors and notify Slack; until SIGTERM or SIGINT",
    ),
    startConsumer,
  );
}

function notifierCommand(): Command {
  return runs(
    new Command("notifier").description(
      "notify Slack of what `consumer workers` count, one process at a time; until SIGTERM or SIGINT",
    ),
    startNotifier,
  );
}

function runs(command: Command, start: typeof startConsumer): Command {
  return command
    .option("-c, --config <file>", "YAML file; environment variables CALI_… go before it")
    .action(async ({ config: file }: { config?: string }) => {
      const config = loadConfig(file);
      const log = createLog({ level: config.log.level, secrets: secretsOf(config) });
      try {
        const consumer = await start(config, { log });
        for (const signal of ["SIGTERM", "SIGINT"] as const) {
          process.once(signal, () => {
            // A second one ends it at once: whatever is not committed is read again.
            process.once(signal, () => process.exit(EXIT_FAILED));
            consumer.stop().then(
              () => process.exit(0),
              (error: unknown) => {
                log.fatal({ err: error }, "stopping failed");
                process.exit(EXIT_FAILED);
              },
            );
          });
        }
      } catch (error) {
        log.fatal({ err: error }, `the consumer cannot start: ${messageOf(error)}`);
        process.exitCode = EXIT_FAILED;
      }
    });
}

function keysCommand(): Command {
  return new Command("keys")
    .description("list what can be configured, and the environment variables")
    .action(() => {
      for (const { key, variable, description } of configKeys()) {
        process.stdout.write(`${key}\n    ${variable}\n    ${description}\n`);
      }
    });
}

/** The `consumer` command. */
export function program(): Command {
  return new Command("consumer")
    .description("CALI's consumer: from the log stream to Slack alerts")
    .addCommand(runCommand())
    .addCommand(workersCommand())
    .addCommand(workerCommand(), { hidden: true })
    .addCommand(notifierCommand())
    .addCommand(replayCommand())
    .addCommand(qualityCommand())
    .addCommand(digestCommand())
    .addCommand(knowledgeCommand())
    .addCommand(silenceCommand())
    .addCommand(decodeCommand())
    .addCommand(redactCommand())
    .addCommand(keysCommand());
}
