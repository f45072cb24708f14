import { Command, InvalidArgumentError, Option } from "commander";
import { fingerprintOf, putSilence } from "../notify/silences.ts";
import { openObjects } from "../state/objects/open.ts";

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };
const LONGEST_MS = 7 * 24 * HOUR_MS;

function duration(text: string): number {
  const [, amount, unit = ""] = /^([0-9]{1,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (!(ms >= 60_000 && ms <= LONGEST_MS))
    throw new InvalidArgumentError("allowed: 1m to 7d, such as 30m, 1h or 2d");
  return ms;
}

/** The group of an alert: its id begins with it. */
function fingerprint(text: string): string {
  const found = fingerprintOf(text);
  if (found === undefined) throw new InvalidArgumentError("allowed: an alert's id, as Slack shows it");
  return found;
}

/** `consumer silence ALERT`: no more alerts of its group for a while; what comes meanwhile is counted. */
export function silenceCommand(): Command {
  return new Command("silence")
    .description(
      "hold back the alerts of a group for a while; what comes meanwhile is counted in the next one",
    )
    .argument("<alert>", "the id of one of its alerts, as Slack shows it", fingerprint)
    .addOption(
      new Option("--for <time>", "how long, such as 30m, 1h or 2d")
        .argParser(duration)
        .default(HOUR_MS, "1h"),
    )
    .option("-c, --config <file>", "the consumer's YAML file; environment variables CALI_… go before it")
    .option("--folder <path>", "objects in this folder; no other configuration is needed")
    .action(async (group: string, options: { for: number; config?: string; folder?: string }) => {
      const from = Date.now();
      const until = from + options.for;
      await putSilence(openObjects(options), { fingerprint: group, from, until });
      process.stdout.write(`${group} is silent until ${new Date(until).toISOString()}\n`);
    });
}
