import { isZone, LEVELS } from "@cali/log-record";
import { didYouMean, LANGUAGES } from "@cali/settings";
import { z } from "zod";
import { LOG_LEVELS } from "../ops/log.ts";
import { redactionSchema } from "../redact/team-rules.ts";
import { consoleSchema } from "./console.ts";
import { kclSchema } from "./kcl.ts";
import { knowledgeSchema } from "./knowledge.ts";
import { llmSchema } from "./llm.ts";
import { openSearchSchema } from "./open-search.ts";
import { SLACK_SECRETS, slackSchema } from "./slack.ts";
import { count, httpUrl, MIB, MINUTE, ms } from "./values.ts";

const endpoint = httpUrl.optional().describe("Another address than AWS's, for tests. Default: AWS's own.");

const kinesis = z.strictObject({
  stream: z
    .string()
    .regex(/^([a-zA-Z0-9_.-]{1,128}|arn:aws[a-z-]*:kinesis:.+:stream\/.+)$/)
    .describe("Name or ARN of the stream. Required."),
  endpoint,
  initialPosition: z
    .enum(["TRIM_HORIZON", "LATEST"])
    .default("TRIM_HORIZON")
    .describe("Where a stream that was never read starts: its oldest record, or now. Default: TRIM_HORIZON."),
  batchRecords: count(10_000, 1, 10_000, "Most records in one read."),
  minReadIntervalMs: ms(
    200,
    0,
    MINUTE,
    "Least time between two reads of a shard; Kinesis allows 5 a second.",
  ),
  pollIntervalMs: ms(1_000, 10, MINUTE, "Time between two reads of a shard that is caught up."),
  discoveryIntervalMs: ms(30_000, 50, 60 * MINUTE, "Time between two listings of the shards."),
  requestTimeoutMs: ms(30_000, 100, 5 * MINUTE, "Longest time of one call."),
});

const state = z.strictObject({
  file: z
    .string()
    .min(1)
    .optional()
    .describe("SQLite file, of one process; made when absent. Either this or `table`."),
  table: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{3,255}$/)
    .optional()
    .describe(
      "DynamoDB table, with the string keys pk and sk; one process works, and others wait. Either this or `file`.",
    ),
  endpoint,
  leaseDurationMs: ms(
    20_000,
    200,
    10 * MINUTE,
    "Time without a renewal of the fence after which a process that waits takes over.",
  ),
});

const objects = z.strictObject({
  folder: z.string().min(1).optional().describe("Folder for dlq/, new_errors/ … Either this or `bucket`."),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
    .optional()
    .describe("S3 bucket for dlq/, new_errors/ … Either this or `folder`."),
  endpoint,
});

const limits = z.strictObject({
  bufferedBytes: count(
    64 * MIB,
    12 * MIB,
    4096 * MIB,
    "Most bytes of records in memory at once, over all shards. Unit: bytes.",
  ),
  decodedBytes: count(
    16 * MIB,
    MIB,
    256 * MIB,
    "Most bytes that one compressed record may become. Unit: bytes.",
  ),
  templates: count(10_000, 100, 1_000_000, "Most templates known at once."),
  groups: count(10_000, 100, 1_000_000, "Most alert groups in memory at once."),
  stallMs: ms(60_000, 100, 60 * MINUTE, "Time without progress after which a shard's reader is replaced."),
});

const time = z
  .union([z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)), z.int()])
  .describe("ISO 8601 with a time zone, or ms since the epoch.");

const silence = z
  .strictObject({
    service: z.string().optional(),
    level: z.enum(LEVELS).optional(),
    errorCode: z.string().optional(),
    template: z.string().min(1).optional().describe("Text that the template has in it."),
    from: time,
    until: time,
    comment: z.string().optional().describe("Why."),
  })
  .refine(({ from, until }) => from < until, { path: ["until"], message: "a time after `from`" });

const grouping = z.strictObject({
  groupWaitMs: ms(
    30_000,
    0,
    60 * MINUTE,
    "Time that a known template's group gathers lines before its first alert.",
  ),
  groupIntervalMs: ms(
    5 * MINUTE,
    0,
    24 * 60 * MINUTE,
    "Least time between two alerts of a group that got worse or came back.",
  ),
  repeatIntervalMs: ms(
    240 * MINUTE,
    0,
    7 * 24 * 60 * MINUTE,
    "Least time between two alerts of a group that just goes on.",
  ),
  surgeFactor: z
    .number()
    .gt(1)
    .max(1_000)
    .default(10)
    .describe("A group got worse when it has this many times the lines that were notified. Default: 10."),
  inhibitWindowMs: ms(
    5 * MINUTE,
    0,
    24 * 60 * MINUTE,
    "Time after its last line for which trouble mutes that of dependants.",
  ),
  warnLeastLines: count(
    5,
    1,
    1_000,
    "Lines within `warnWindowMs` from which a group of warnings alone is notified; fewer are in the daily digest.",
  ),
  warnWindowMs: ms(10 * MINUTE, 0, 24 * 60 * MINUTE, "Time in which `warnLeastLines` have to come."),
  newKindsAnHour: count(
    20,
    1,
    10_000,
    "New kinds of errors of one service in an hour that get groups of their own; more are one alert.",
  ),
  learnForMs: ms(
    0,
    0,
    24 * 60 * MINUTE,
    "Time from the first record of a fresh state in which only FATAL and errors of known cause are notified, while it learns what is usual.",
  ),
  dependencies: z
    .record(z.string(), z.array(z.string()))
    .default({})
    .describe(
      "Which services call which, beside what the logs show, `checkout: [payment]`: trouble of payment mutes the symptoms of checkout. Default: none.",
    ),
  silencesRefreshMs: ms(
    30_000,
    100,
    60 * MINUTE,
    "Time between two looks for silences that people asked for (`consumer silence`).",
  ),
  silences: z
    .array(silence)
    .max(1_000)
    .default([])
    .describe("Groups that are not notified for a time. Default: none."),
});

const links = z.strictObject({
  openSearch: httpUrl
    .optional()
    .describe("Address of OpenSearch Dashboards, for links in alerts. Default: no link."),
  grafana: httpUrl.optional().describe("Address of Grafana, for links in alerts. Default: no link."),
  trace: z
    .string()
    .max(1_000)
    .refine(
      (url) =>
        url.includes("{trace_id}") &&
        /^https?:$/.test(URL.parse(url.replaceAll("{trace_id}", "x"))?.protocol ?? ""),
      {
        error: "an http or https address with {trace_id} where the id goes",
      },
    )
    .optional()
    .describe(
      "Address of what belongs to a trace, with {trace_id} where the id goes, such as Grafana's Explore or Jaeger's https://jaeger.example.com/trace/{trace_id}. Default: its lines in OpenSearch Dashboards, where `openSearch` is given.",
    ),
});

const http = z.strictObject({
  host: z.string().min(1).default("0.0.0.0").describe("Address to listen on. Default: 0.0.0.0."),
  port: count(8080, 0, 65_535, "Port of /healthz, /readyz, /metrics; 0: any free one."),
});

const logs = z.strictObject({
  timeZone: z
    .string()
    .refine(isZone, { message: "an IANA name such as Asia/Seoul, or an offset such as +09:00" })
    .default("UTC")
    .describe("Zone of times in logs that name none: an IANA name or an offset. Default: UTC."),
});

const log = z.strictObject({
  level: z.enum(LOG_LEVELS).default("info").describe("Least level of the program's own log. Default: info."),
});

const oneOf =
  (name: string, keys: [string, string]) => (value: Record<string, unknown>, context: z.RefinementCtx) => {
    const given = keys.filter((key) => value[key] !== undefined);
    if (given.length === 1) return;
    const allowed = `one of ${keys.map((key) => `${name}.${key}`).join(" and ")}`;
    context.addIssue({
      code: "custom",
      message: `${allowed}${given.length === 0 ? `; write ${name}: { ${keys[0]}: … }` : ", not both"}`,
    });
  };

const embedderHasKey = (
  { knowledge, llm }: { knowledge: { embedder: string }; llm: { apiKey?: string | undefined } },
  context: z.RefinementCtx,
) => {
  if (knowledge.embedder !== "openai" || llm.apiKey !== undefined) return;
  context.addIssue({
    code: "custom",
    path: ["knowledge", "embedder"],
    message: "packaged, since there is no llm.apiKey",
  });
};

/** Everything that can be configured. A key's environment variable is `CALI_` and its path in capitals: `kinesis.pollIntervalMs` is CALI_KINESIS_POLL_INTERVAL_MS. */
export const configSchema = z
  .strictObject({
    region: z
      .string()
      .regex(/^[a-z0-9-]+$/, { error: "a region such as ap-northeast-2" })
      .describe("AWS region. Default: the environment variable AWS_REGION; required without it."),
    kinesis: kinesis.prefault({} as never),
    state: state.prefault({}).superRefine(oneOf("state", ["file", "table"])),
    objects: objects.prefault({}).superRefine(oneOf("objects", ["folder", "bucket"])),
    kcl: kclSchema.prefault({}),
    limits: limits.prefault({}),
    grouping: grouping.prefault({}),
    slack: slackSchema.prefault({}),
    llm: llmSchema.prefault({}),
    knowledge: knowledgeSchema.prefault({}),
    openSearch: openSearchSchema.prefault({}),
    redaction: redactionSchema.prefault({}),
    links: links.prefault({}),
    language: z
      .enum(LANGUAGES, { error: ({ input }) => `en or ko${didYouMean(input, LANGUAGES)}` })
      .default("en")
      .describe(
        "Language of Slack's messages: en or ko. Causes and actions of the commonest errors come in Korean, too; a message says where they are in English. Default: en.",
      ),
    http: http.prefault({}),
    console: consoleSchema.prefault({}),
    logs: logs.prefault({}),
    log: log.prefault({}),
  })
  .superRefine(embedderHasKey);

export type ConsumerConfig = z.output<typeof configSchema>;
/** As a file may say it: what has a default may be left out. */
export type ConsumerConfigInput = z.input<typeof configSchema>;

/** Keys that no file may hold, so that none is committed by mistake. */
export const SECRET_KEYS: readonly string[] = [
  ...SLACK_SECRETS,
  "llm.apiKey",
  "llm.tokenKey",
  "knowledge.milvusPassword",
  "openSearch.password",
  "console.token",
];

/** The secrets of a configuration, for what has to keep them from leaking. */
export function secretsOf(config: ConsumerConfig): string[] {
  const { slack, llm, knowledge, openSearch, console } = config;
  const secrets = [
    slack.webhookUrl,
    slack.fallbackWebhookUrl,
    slack.botToken,
    slack.appToken,
    ...Object.values(slack.webhooks),
    llm.apiKey,
    llm.tokenKey,
    knowledge.milvusPassword,
    openSearch.password,
    console.token,
  ];
  return secrets.filter((secret) => secret !== undefined);
}
