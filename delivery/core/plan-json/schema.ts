import { z } from "zod";

/**
 * What CALI reads of `terraform show -json <plan>`, format 1.x. Unknown keys are left alone, since minor versions may add some;
 * whatever decides what is shown, hidden or refused must be there.
 * Source: https://developer.hashicorp.com/terraform/internals/json-format
 */

/** `open`, `renew` and `close` are those of ephemeral objects, which OpenTofu has in its plans. */
const ACTIONS = ["no-op", "create", "read", "update", "delete", "forget", "open", "renew", "close"] as const;

const changeSchema = z.object({
  actions: z.array(z.enum(ACTIONS)).min(1).max(2),
  before: z.unknown().optional(),
  // Absent where the whole value is known after the apply only.
  after: z.unknown().optional(),
  after_unknown: z.unknown().optional(),
  // Without the masks a secret could not be distinguished from other values: they are never taken for granted.
  before_sensitive: z.unknown().refine((mask) => mask !== undefined, { error: "a mask of sensitive values" }),
  after_sensitive: z.unknown().refine((mask) => mask !== undefined, { error: "a mask of sensitive values" }),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).default([]),
  importing: z.object({ id: z.string().optional() }).optional(),
});

const resourceChangeSchema = z.object({
  address: z.string().min(1),
  previous_address: z.string().optional(),
  mode: z.enum(["managed", "data", "ephemeral"]),
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

const actionSchema = z.object({
  address: z.string().min(1),
  type: z.string().default(""),
  config_values: z.unknown().optional(),
  config_sensitive: z.unknown().optional(),
  config_unknown: z.unknown().optional(),
  lifecycle_action_trigger: z
    .object({ triggering_resource_address: z.string(), action_trigger_event: z.string() })
    .optional(),
});

const checkSchema = z.object({
  address: z.object({ kind: z.string().optional(), to_display: z.string() }),
  status: z.string(),
  instances: z
    .array(z.object({ problems: z.array(z.object({ message: z.string().default("") })).default([]) }))
    .default([]),
});

const diagnosticSchema = z.object({
  severity: z.string(),
  summary: z.string(),
  detail: z.string().default(""),
});

export const planSchema = z.object({
  format_version: z.string().regex(/^1\.\d+$/, { error: 'a version such as "1.2"' }),
  terraform_version: z.string(),
  variables: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resource_changes: z.array(resourceChangeSchema).default([]),
  resource_drift: z.array(resourceChangeSchema).default([]),
  output_changes: z.record(z.string(), changeSchema).default({}),
  deferred_changes: z
    .array(
      z.object({ reason: z.string().default("unknown"), resource_change: resourceChangeSchema.optional() }),
    )
    .default([]),
  action_invocations: z.array(actionSchema).default([]),
  deferred_action_invocations: z
    .array(z.object({ reason: z.string().default("unknown"), action_invocation: actionSchema }))
    .default([]),
  checks: z.array(checkSchema).default([]),
  diagnostics: z.array(diagnosticSchema).default([]),
  configuration: z.object({ root_module: moduleSchema.prefault({}) }).prefault({}),
  complete: z.boolean().default(true),
  errored: z.boolean().default(false),
});

export type PlanJson = z.output<typeof planSchema>;
export type ResourceChangeJson = z.output<typeof resourceChangeSchema>;
export type ChangeJson = z.output<typeof changeSchema>;
export type ModuleJson = z.output<typeof moduleSchema>;
