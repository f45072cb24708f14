import { secureUrl } from "@cali/settings";
import { Command, InvalidArgumentError, Option } from "commander";

/** What `npm start` accepts. */
export interface LocalOptions {
  /** How long to run, ms; undefined: until Ctrl-C. */
  readonly for?: number;
  /** Lines per second. */
  readonly rate: number;
  readonly seed: string;
  /** Share of deliberately bad records, 0 to 1. */
  readonly badShare: number;
  /** Shards of the stream. */
  readonly shards: number;
  /** An incoming webhook that gets the alerts. Secret. */
  readonly slack?: string;
  /** Ask a language model for causes; OPENAI_API_KEY is its key, OPENAI_BASE_URL its address. */
  readonly openai?: boolean;
  /** Where everything is kept. */
  readonly folder: string;
}

/** What `npm run clean` removes. */
export const DEFAULT_FOLDER = ".cali";

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A time such as 60s, in ms. @throws InvalidArgumentError */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (!(ms >= 1_000 && ms <= 24 * 3_600_000)) {
    throw new InvalidArgumentError("allowed: 1s to 24h, such as 60s, 5m or 1h");
  }
  return ms;
}

const between = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    throw new InvalidArgumentError(
      `allowed: ${whole ? "a whole number" : "a number"} from ${least} to ${most}`,
    );
  }
  return value;
};

function webhook(text: string): string {
  // The address is a secret, so it isn't repeated.
  if (!secureUrl.safeParse(text).success) {
    throw new InvalidArgumentError("allowed: the https address of an incoming webhook");
  }
  return text;
}

/** The model that the environment names. @throws Error without a key */
export function modelOf(env: NodeJS.ProcessEnv): { apiKey: string; baseUrl?: string } {
  const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = env;
  if (!apiKey) throw new Error("--openai: given no OPENAI_API_KEY in the environment, allowed: a key");
  return { apiKey, ...(baseUrl && { baseUrl }) };
}

/** The command line of `npm start`. */
export function localCommand(): Command {
  return new Command("npm start --")
    .description("runs the whole pipeline on this machine: Kinesis, log generator, consumer, S3 as a folder")
    .addOption(
      new Option("--for <time>", "how long, such as 60s; without it until Ctrl-C").argParser(duration),
    )
    .addOption(
      new Option("--rate <lines>", "lines per second in the mean, 1 to 300")
        .argParser(between(1, 300, false))
        .default(60),
    )
    .addOption(new Option("--seed <text>", "the same seed gives the same traffic").default("cali"))
    .addOption(
      new Option("--bad-share <share>", "share of bad records, 0 to 1")
        .argParser(between(0, 1, false))
        .default(0.01),
    )
    .addOption(
      new Option("--shards <number>", "shards of the stream, 1 to 8")
        .argParser(between(1, 8, true))
        .default(2),
    )
    .addOption(new Option("--slack <url>", "send the alerts to this incoming webhook").argParser(webhook))
    .addOption(
      new Option(
        "--openai",
        "ask a language model for causes: OPENAI_API_KEY, and OPENAI_BASE_URL for another than OpenAI's",
      ),
    )
    .addOption(new Option("--folder <path>", "where everything is kept").default(DEFAULT_FOLDER))
    .allowExcessArguments(false);
}

/**
 * Refuses what was typed without the `--` that npm wants: npm then takes the options for its own, and passes them on in its
 * environment only (`npm_config_for`).
 *
 * @throws Error that says what to type.
 */
export function refuseOptionsOfNpm(command: Command, env: NodeJS.ProcessEnv): void {
  const taken = command.options.filter(
    ({ long = "" }) => env[`npm_config_${long.slice(2).replaceAll("-", "_")}`] !== undefined,
  );
  if (taken.length === 0) return;
  const typed = taken.map(({ flags }) => flags).join(" ");
  throw new Error(
    `npm took ${taken.map(({ long }) => long).join(", ")} for itself; type: npm start -- ${typed}`,
  );
}
