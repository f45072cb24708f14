import { z } from "zod";

/** CALI's own services in the cluster: how many, how large, and their settings. A part of `schema.ts`. */

const cpu = z.string().regex(/^(\d+m|\d+(\.\d+)?)$/, { error: "processors such as 250m or 0.5" });
const memory = z.string().regex(/^\d+(Mi|Gi)$/, { error: "memory such as 256Mi or 1Gi" });

const resources = (fallback: { cpu: string; memory: string; memoryLimit: string }) =>
  z
    .strictObject({
      cpu: cpu.default(fallback.cpu).describe("Processors that the node sets aside; more may be used."),
      memory: memory.default(fallback.memory).describe("Memory that the node sets aside."),
      memoryLimit: memory.default(fallback.memoryLimit).describe("Memory at which the pod is ended."),
    })
    .prefault({});

const link = (what: string, none: string) =>
  z
    .url({ protocol: /^https$/, error: "an https URL" })
    .nullable()
    .default(null)
    .describe(`Address of ${what}, for links in alerts; null: ${none}.`);

const words = (what: string, all: string) =>
  z.array(z.string().min(1)).min(1).optional().describe(`${what} Left out: ${all}.`);

/** As the consumer takes it: services/consumer/src/config/slack.ts. */
const route = z.strictObject({
  services: words("Services, each exactly.", "all"),
  levels: z
    .array(z.enum(["WARN", "ERROR", "FATAL"]))
    .min(1)
    .optional()
    .describe("The gravest of an alert's lines. Left out: all."),
  labels: z
    .strictObject({
      environment: words("Environments as logs name them.", "all"),
      platform: words("Where services run, as logs name it.", "all"),
      version: words("Versions of the service.", "all"),
      errorCode: words("Error codes.", "all, and none"),
    })
    .optional()
    .describe("What an alert's last line says of itself. Left out: anything."),
  webhook: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: "a name of small letters, digits and -" })
    .describe("Name of a webhook in the secret variable slack_webhooks."),
});

const MOST_PODS = 100;

const workers = z.strictObject({
  shardsPerPod: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe(
      "Most shards of a pod, each a Node process; more wait for another pod. Where stream.mode is on-demand a pod takes every shard there is.",
    ),
  minReplicas: z
    .int()
    .min(1)
    .max(MOST_PODS)
    .nullable()
    .default(null)
    .describe("Fewest pods; null: as few as read every shard, or 1 where stream.mode is on-demand."),
  maxReplicas: z
    .int()
    .min(1)
    .max(MOST_PODS)
    .nullable()
    .default(null)
    .describe("Most pods; null: one a shard, or 4 where stream.mode is on-demand."),
  cpu: cpu.default("250m").describe("Processors that the node sets aside for a pod; more may be used."),
  processMemory: memory
    .default("192Mi")
    .describe(
      "Memory of a Node process, one for each of shardsPerPod and one more. A pod is ended at the sum of these and the daemon's.",
    ),
});

export const servicesSchema = z
  .strictObject({
    logGenerator: z
      .strictObject({
        replicas: z.int().min(0).max(20).default(1).describe("Pods; 0 turns it off."),
        linesPerSecond: z
          .number()
          .min(0.001)
          .max(10_000)
          .default(10)
          .describe(
            "Mean of each pod. A shard takes 1000 a second; each line a second is 86,400 documents a day.",
          ),
        badShare: z
          .number()
          .min(0)
          .max(1)
          .default(0.001)
          .describe("Share of deliberately bad lines, 0 to 1."),
        resources: resources({ cpu: "25m", memory: "96Mi", memoryLimit: "192Mi" }),
      })
      .prefault({}),
    consumer: z
      .strictObject({
        engine: z
          .enum(["single", "kcl"])
          .default("single")
          .describe(
            "Who reads the stream. single: one consumer, all of it. kcl: workers behind the Kinesis Client Library's daemon, and one notifier; it needs consumerTable.",
          ),
        workers: workers
          .optional()
          .describe("The workers of engine kcl. Left out: the defaults; not allowed with engine single."),
        minReplicas: z
          .int()
          .min(1)
          .max(MOST_PODS)
          .default(1)
          .describe(
            "1: engine single is one pod, and kcl has one notifier. For more pods: engine kcl, and workers.",
          ),
        maxReplicas: z
          .int()
          .min(1)
          .max(MOST_PODS)
          .nullable()
          .default(null)
          .describe("null or 1, as minReplicas."),
        cpuPercent: z
          .int()
          .min(10)
          .max(100)
          .default(70)
          .describe(
            "Mean use of the requested processors, in percent, above which a pod of engine kcl's workers is added.",
          ),
        resources: resources({ cpu: "100m", memory: "384Mi", memoryLimit: "1Gi" }).describe(
          "Of a pod; with engine kcl of the notifier.",
        ),
        secrets: z
          .discriminatedUnion("kind", [
            z.strictObject({
              kind: z
                .literal("variables")
                .describe("Terraform variables, written through to the cluster: they are in no state."),
            }),
            z.strictObject({
              kind: z.literal("existing"),
              name: z
                .string()
                .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, { error: "a Kubernetes name" })
                .describe(
                  "A Secret of the namespace cali, whose keys are the consumer's variables (CALI_…).",
                ),
            }),
          ])
          .prefault({ kind: "variables" })
          .describe("Where Slack's webhook, the API key of the language model and passwords come from."),
        slackChannel: z
          .string()
          .regex(/^#?[\w.-]{1,80}$/, { error: "a channel's id or name" })
          .nullable()
          .default(null)
          .describe(
            "Channel of the bot whose token is the secret variable slack_bot_token: an incident is one message there, kept up to date, with a thread. null: alerts go to slack_webhook_url.",
          ),
        routes: z
          .array(route)
          .max(100)
          .default([])
          .describe(
            "Alerts that go to a webhook of their own: the first that fits counts, and what fits none goes to slack_webhook_url.",
          ),
        learnMinutes: z
          .int()
          .min(0)
          .max(1_440)
          .default(30)
          .describe(
            "Minutes from the first record of a fresh state in which only FATAL and errors of known cause are notified, while it learns what is usual. 0: everything is new at once.",
          ),
        links: z
          .strictObject({
            openSearch: link("OpenSearch Dashboards", "the domain's own"),
            grafana: link("Grafana", "no link"),
            trace: z
              .string()
              .regex(/^https:\/\/[^\s"<>]{1,900}$/, { error: "an https URL" })
              .includes("{trace_id}", { error: "an https URL with {trace_id} where the id goes" })
              .nullable()
              .default(null)
              .describe(
                "Address of what belongs to a trace, with {trace_id} where the id goes; null: its lines in OpenSearch Dashboards.",
              ),
          })
          .prefault({}),
        settings: z
          .record(
            z.string().regex(/^CALI_[A-Z0-9_]+$/, { error: "a variable such as CALI_LOG_LEVEL" }),
            z.string(),
          )
          .default({})
          .describe(
            "More of the consumer's settings, by their variables (services/consumer/README.md). No secrets: this file is in Git.",
          ),
      })
      .prefault({}),
  })
  .prefault({});

/** What an on-demand stream begins with; https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html */
const ON_DEMAND_SHARDS = 4;

/** What the number of the workers' pods follows from. */
interface Sizing {
  readonly stream: { readonly shards: number | null };
  readonly services: {
    readonly consumer: {
      readonly workers?: z.output<typeof workers> | undefined;
    };
  };
}

/** Fewest pods that read every shard. */
export const fewestWorkers = (shards: number | null, shardsPerPod: number): number =>
  shards === null ? 1 : Math.ceil(shards / shardsPerPod);

/** The workers of engine kcl, with the defaults that depend on the stream. */
export function workersOf({ stream: { shards }, services }: Sizing) {
  const { minReplicas, maxReplicas, ...own } = services.consumer.workers ?? workers.parse({});
  const min = minReplicas ?? fewestWorkers(shards, own.shardsPerPod);
  return { ...own, replicas: { min, max: Math.max(min, maxReplicas ?? shards ?? ON_DEMAND_SHARDS) } };
}
