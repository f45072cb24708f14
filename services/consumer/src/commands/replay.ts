import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { Command, InvalidArgumentError, Option } from "commander";
import { loadConfig } from "../config/load.ts";
import { replay } from "../reports/replay.ts";
import { objectStoreOf } from "../state/objects/open.ts";

/** `consumer replay`: feeds dead letters back into the stream. */
export function replayCommand(): Command {
  const time = (name: string, description: string) =>
    new Option(`${name} <time>`, description).argParser(parseTime).makeOptionMandatory();
  return new Command("replay")
    .description("feed dead letters back into the stream, each once; what fails again comes back to dlq/")
    .addOption(
      time(
        "--from",
        "records that arrived from then on: ISO 8601, such as 2026-01-25 or 2026-01-25T01:02:03Z",
      ),
    )
    .addOption(time("--to", "and before then"))
    .option("-c, --config <file>", "the consumer's YAML file; environment variables CALI_… go before it")
    .option("--reason <text>", "only those whose reason has this text in it")
    .option("--dry-run", "count, and send nothing")
    .action(async ({ from, to, config: file, reason, dryRun }: Options) => {
      if (from >= to) throw new Error("--to: given a time that is not after --from, allowed: a later one");
      const config = loadConfig(file);
      const { region, kinesis } = config;
      const client = new KinesisClient({
        region,
        ...(kinesis.endpoint !== undefined && {
          endpoint: kinesis.endpoint,
          requestHandler: new NodeHttpHandler(),
        }),
      });
      try {
        const counts = await replay({
          objects: objectStoreOf(config),
          client,
          stream: kinesis.stream,
          from,
          to,
          reason,
          dryRun,
        });
        console.log(JSON.stringify(counts));
        if (counts.refused > 0 || counts.broken > 0) process.exitCode = 1;
      } finally {
        client.destroy();
      }
    });
}

interface Options {
  readonly from: number;
  readonly to: number;
  readonly config?: string;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

function parseTime(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError("allowed: ISO 8601, such as 2026-01-25 or 2026-01-25T01:02:03Z");
  return time;
}
