import { secureUrl } from "@cali/settings";
import { z } from "zod";
import { count, MINUTE, ms } from "./values.ts";

/** Keys of `slack` that no file may hold. */
export const SLACK_SECRETS = [
  "slack.webhookUrl",
  "slack.fallbackWebhookUrl",
  "slack.webhooks",
  "slack.botToken",
  "slack.appToken",
] as const;

const words = (what: string) => z.array(z.string().min(1)).min(1).optional().describe(what);

/** Which alerts go to a webhook of their own. What is left out fits everything. */
const routeSchema = z.strictObject({
  services: words("Services, each exactly. Default: all."),
  levels: z
    .array(z.enum(["WARN", "ERROR", "FATAL"]))
    .min(1)
    .optional()
    .describe("WARN, ERROR, FATAL: the gravest of an alert's lines. Default: all."),
  labels: z
    .strictObject({
      environment: words("Environments as logs name them. Default: all."),
      platform: words("Where services run, as logs name it. Default: all."),
      version: words("Versions of the service. Default: all."),
      errorCode: words("Error codes. Default: all, and none."),
    })
    .optional()
    .describe("What an alert's last line says of itself. Default: anything."),
  webhook: z.string().min(1).describe("Name of one of `webhooks`. Required."),
});

/** Which alerts go to a webhook of their own. */
export type Route = z.output<typeof routeSchema>;

/** Where alerts go. */
export const slackSchema = z
  .strictObject({
    webhookUrl: secureUrl
      .optional()
      .describe(
        "Incoming webhook. Secret: only CALI_SLACK_WEBHOOK_URL or CALI_SLACK_WEBHOOK_URL_FILE. Default: none, alerts are only logged.",
      ),
    fallbackWebhookUrl: secureUrl
      .optional()
      .describe(
        "Where alerts go while the other webhook is refused (403, 404, 410). Secret: only CALI_SLACK_FALLBACK_WEBHOOK_URL or CALI_SLACK_FALLBACK_WEBHOOK_URL_FILE. Default: none, they wait.",
      ),
    webhooks: z
      .record(
        z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: "a name of small letters, digits and -" }),
        secureUrl,
      )
      .default({})
      .describe(
        'Webhooks of routes by their names, as JSON: {"payments": "https://…"}. Secret: only CALI_SLACK_WEBHOOKS or CALI_SLACK_WEBHOOKS_FILE. Default: none.',
      ),
    routes: z
      .array(routeSchema)
      .max(100)
      .default([])
      .describe(
        'Alerts that go to one of `webhooks`, `[{"services": ["payment"], "levels": ["FATAL"], "webhook": "payments"}]`: the first that fits counts, and what fits none goes to `webhookUrl`. While a route\'s webhook is refused its alerts go there, too. Default: none.',
      ),
    botToken: z
      .string()
      .regex(/^xoxb-[\w-]{10,}$/, { error: "a bot token, xoxb-…" })
      .optional()
      .describe(
        "Token of a bot with the scope chat:write: an incident is one message then, which is kept up to date, with a thread. Before `webhookUrl`, which takes its alerts while it is refused. Secret: only CALI_SLACK_BOT_TOKEN or CALI_SLACK_BOT_TOKEN_FILE. Default: none.",
      ),
    appToken: z
      .string()
      .regex(/^xapp-[\w-]{10,}$/, { error: "an app-level token, xapp-…" })
      .optional()
      .describe(
        "App-level token with the scope connections:write, of the same app as `botToken`: alerts have buttons then, to acknowledge, to silence for an hour, and to say whether a cause is right. Secret: only CALI_SLACK_APP_TOKEN or CALI_SLACK_APP_TOKEN_FILE. Default: none, alerts show commands.",
      ),
    buttonUsers: z
      .array(z.string().regex(/^[UW][A-Z0-9]{2,30}$/, { error: "the id of a member, U…" }))
      .max(1_000)
      .default([])
      .describe("Ids of the members who may press buttons. Default: everybody of the bot's workspace."),
    channel: z
      .string()
      .regex(/^#?[\w.-]{1,80}$/)
      .optional()
      .describe("Channel of the bot, which is a member of it: its id or name. Required with `botToken`."),
    apiUrl: secureUrl
      .optional()
      .describe(
        "Another address than Slack's Web API, with a slash at its end, for tests. Default: Slack's own.",
      ),
    resolvedAfterMs: ms(
      10 * MINUTE,
      100,
      24 * 60 * MINUTE,
      "Time without a line of its groups after which an incident is said to be resolved.",
    ),
    timeoutMs: ms(10_000, 100, MINUTE, "Longest time of one post."),
    paceMs: ms(1_000, 0, MINUTE, "Least time between two messages; Slack takes one a second."),
    digestAbove: count(5, 1, 11, "More waiting alerts than this are sent together."),
  })
  .superRefine(({ routes, webhooks, botToken, appToken, channel }, context) => {
    if (appToken !== undefined && botToken === undefined)
      context.addIssue({ code: "custom", path: ["botToken"], message: "one, since there is an appToken" });
    if (botToken !== undefined && channel === undefined)
      context.addIssue({ code: "custom", path: ["channel"], message: "one, since there is a botToken" });
    const names = Object.keys(webhooks);
    for (const [place, { webhook }] of routes.entries()) {
      if (names.includes(webhook)) continue;
      const message = `one of slack.webhooks (${names.join(", ") || "there is none"})`;
      context.addIssue({ code: "custom", path: ["routes", place, "webhook"], message });
    }
  });
