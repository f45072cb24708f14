import { z } from "zod";

/**
 * What CALI reads of `terraform show -json <plan>`, format 1.x. Unknown keys are left alone, since minor versions may add some;
 * whatever decides what is shown, hidden or refused must be there.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format
 */

const ACTIONS = ["no-op", "create", "read", "update", "delete", "forget"] as const;

const changeSchema = z.object({
  actions: z.array(z.enum(ACTIONS)).min(1).max(2),
  before: z.unknown().optional(),
  // Absent where the whole value is known after the apply only.
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  // Without the masks a secret could not be told from other values: they are never taken for granted.
  before_sensitive: z.unknown().refine((mask) => mask !== undefined, { error: "a mask of sensitive values" }),
  after_sensitive: z.unknown().refine((mask) => mask !== undefined, { error: "a mask of sensitive values" }),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).default([]),
  importing: z.object({ id: z.string().optional() }).optional(),
});

const resourceChangeSchema = z.object({
  address: z.string().min(1),
  previous_address: z.string().optional(),
  mode: z.enum(["managed", "data"]),
  type: z.string().min(1),
  name: z.string().min(1),
  deposed: z.string().optional(),
  action_reason: z.string().optional(),
  change: changeSchema,
});

const moduleSchema = z.object({
  resources: z
    .array(
      z.object({
        address: z.string(),
        mode: z.string(),
        expressions: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
  variables: z.record(z.string(), z.object({ sensitive: z.boolean().default(false) })).default({}),
  get module_calls() {
    return z.record(z.string(), z.object({ module: moduleSchema })).default({});
  },
});

export const planSchema = z.object({
  format_version: z.string().regex(/^1\.\d+$/, { error: 'a version such as "1.2"' }),
  terraform_version: z.string(),
  variables: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resource_changes: z.array(resourceChangeSchema).default([]),
  resource_drift: z.array(resourceChangeSchema).default([]),
  output_changes: z.record(z.string(), changeSchema).default({}),
  configuration: z.object({ root_module: moduleSchema.prefault({}) }).prefault({}),
  complete: z.boolean().default(true),
  errored: z.boolean().default(false),
});

export type PlanJson = z.output<typeof planSchema>;
export type ResourceChangeJson = z.output<typeof resourceChangeSchema>;
export type ChangeJson = z.output<typeof changeSchema>;
export type ModuleJson = z.output<typeof moduleSchema>;
