import { z } from "zod";

/**
 * What CALI reads of `terraform show -json <plan>`, formats 0.x and 1.x. Unknown keys are left alone, since minor versions may add some.
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
  // Terraform before 0.15 has no masks: then no value is shown, since each could be a secret.
  before_sensitive: z.unknown().optional(),
  after_sensitive: z.unknown().optional(),
  replace_paths: z.array(z.array(z.union([z.string(), z.number()]))).default([]),
  importing: z.object({ id: z.string().optional() }).optional(),
});

const resourceChangeFields = z.object({
  address: z.string().min(1).optional(),
  previous_address: z.string().optional(),
  mode: z.enum(["managed", "data", "ephemeral"]),
  type: z.string().min(1),
  name: z.string().min(1),
  deposed: z.string().optional(),
  action_reason: z.string().optional(),
  change: changeSchema,
});

const resourceChangeSchema = resourceChangeFields.transform((fields) => ({
  ...fields,
  // Terraform 1.0 has none in `resource_drift`.
  address: fields.address ?? `${fields.type}.${fields.name}`,
}));

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
  variables: z
    .record(z.string(), z.object({ sensitive: z.boolean().default(false), default: z.unknown().optional() }))
    .default({}),
  get module_calls() {
    return z
      .record(
        z.string(),
        z.object({
          module: moduleSchema,
          expressions: z
            .record(z.string(), z.looseObject({ constant_value: z.unknown().optional() }).catch({}))
            .default({}),
        }),
      )
      .default({});
  },
});

const valuesOfModuleSchema = z.object({
  resources: z
    .array(z.object({ values: z.unknown().optional(), sensitive_values: z.unknown().optional() }))
    .default([]),
  get child_modules() {
    return z.array(valuesOfModuleSchema).default([]);
  },
});

/** What is there, or will be: only what is secret in it is looked at, such as what a data source has read. */
const valuesSchema = z.object({
  outputs: z
    .record(z.string(), z.object({ sensitive: z.boolean().default(false), value: z.unknown().optional() }))
    .default({}),
  root_module: valuesOfModuleSchema.prefault({}),
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
  format_version: z
    .string()
    .regex(/^[01]\.\d+$/, { error: 'given another one; allowed: 0.x and 1.x, such as "1.2"' }),
  variables: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  prior_state: z.object({ values: valuesSchema.nullish() }).nullish(),
  planned_values: valuesSchema.nullish(),
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
  applyable: z.boolean().default(false),
  errored: z.boolean().default(false),
});

export type PlanJson = z.output<typeof planSchema>;
export type ResourceChangeJson = z.output<typeof resourceChangeSchema>;
export type ChangeJson = z.output<typeof changeSchema>;
export type ModuleJson = z.output<typeof moduleSchema>;
export type ValuesJson = z.output<typeof valuesSchema>;
