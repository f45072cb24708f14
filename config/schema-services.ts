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
        minReplicas: z.int().min(1).max(100).default(1).describe("Fewest pods."),
        maxReplicas: z
          .int()
          .min(1)
          .max(100)
          .nullable()
          .default(null)
          .describe("Most pods; null: one a shard, or 4 where stream.mode is on-demand."),
        cpuPercent: z
          .int()
          .min(10)
          .max(100)
          .default(70)
          .describe("Mean use of the requested processors, in percent, above which a pod is added."),
        resources: resources({ cpu: "100m", memory: "384Mi", memoryLimit: "1Gi" }),
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
        links: z
          .strictObject({
            openSearch: link("OpenSearch Dashboards", "the domain's own"),
            grafana: link("Grafana", "no link"),
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

/** How many consumers there may be: a shard is read by one at a time, so more than shards would be idle. */
export function consumerReplicas(config: {
  readonly stream: { readonly shards: number | null };
  readonly consumerTable: boolean;
  readonly services: {
    readonly consumer: { readonly minReplicas: number; readonly maxReplicas: number | null };
  };
}): { min: number; max: number } {
  const { minReplicas, maxReplicas } = config.services.consumer;
  // Without the table its state is a file, which one pod has.
  const most = config.consumerTable ? (maxReplicas ?? config.stream.shards ?? ON_DEMAND_SHARDS) : 1;
  return { min: minReplicas, max: Math.max(minReplicas, most) };
}
