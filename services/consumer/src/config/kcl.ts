import { z } from "zod";

/** What `consumer workers` gives KCL's daemon. */
export const kclSchema = z.strictObject({
  applicationName: z
    .string()
    .regex(/^[a-zA-Z0-9_.-]{3,200}$/)
    .default("cali-consumer")
    .describe(
      "KCL's name of the application: its tables are NAME, NAME-WorkerMetricStats and NAME-CoordinatorState. Default: cali-consumer.",
    ),
  jarsFolder: z
    .string()
    .min(1)
    .default("/app/kcl")
    .describe("Folder with the jars of amazon-kinesis-client-multilang. Default: /app/kcl."),
  maxShards: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe("Most shards that one `consumer workers` reads. Default: as many as there are."),
  javaOptions: z
    .array(z.string().min(1))
    .max(50)
    .default(["-Xmx256m"])
    .describe("Options of the daemon's Java. Default: -Xmx256m."),
});
