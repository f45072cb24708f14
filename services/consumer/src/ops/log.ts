import { type DestinationStream, type Logger, pino } from "pino";

/**
 * The program's own log, JSON lines. Whatever a key like these holds is replaced, and so is a Slack webhook's URL in any
 * message: who has it can post.
 */
const REDACTED_KEYS = [
  "webhookUrl",
  "fallbackWebhookUrl",
  "webhooks",
  "botToken",
  "appToken",
  "apiKey",
  "tokenKey",
  "password",
  "url",
  "secretAccessKey",
  "sessionToken",
  "credentials",
  "authorization",
];
const WEBHOOK = /https:\/\/hooks\.slack\.com\/[^\s"'<>]+/g;
const HIDDEN = "[redacted]";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export function createLog(options: {
  level: (typeof LOG_LEVELS)[number];
  /** Texts that must not appear, such as a webhook URL of another host. */
  secrets?: string[];
  destination?: DestinationStream;
}): Logger {
  const secrets = (options.secrets ?? []).filter((secret) => secret.length > 0);
  const clean = (text: string) =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text).replace(WEBHOOK, HIDDEN);
  return pino(
    {
      level: options.level,
      base: { program: "cali-consumer" },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: HIDDEN },
      hooks: { streamWrite: clean },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
