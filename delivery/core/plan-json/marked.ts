import type { ModuleJson, PlanJson, ValuesJson } from "./schema.ts";
import { secretsIn } from "./secrets.ts";

type ValuesOfModule = ValuesJson["root_module"];

/** Every text that a plan calls a secret, wherever it does: the code may have put it elsewhere without its mark. */
export function secretsOf(plan: PlanJson): string[] {
  const { configuration, variables, prior_state, planned_values } = plan;
  const deferred = plan.deferred_changes.flatMap(({ resource_change }) => resource_change ?? []);
  const changes = [...plan.resource_changes, ...plan.resource_drift, ...deferred].map(({ change }) => change);
  const actions = [
    ...plan.action_invocations,
    ...plan.deferred_action_invocations.map((one) => one.action_invocation),
  ];
  const declared = configuration.root_module.variables;
  return [
    ...new Set([
      ...[...changes, ...Object.values(plan.output_changes)].flatMap((change) => [
        ...secretsIn(change.before, change.before_sensitive),
        ...secretsIn(change.after, change.after_sensitive),
      ]),
      ...Object.entries(variables).flatMap(([name, { value }]) =>
        secretsIn(value, Object.hasOwn(declared, name) && declared[name]?.sensitive),
      ),
      ...actions.flatMap(({ config_values, config_sensitive }) => secretsIn(config_values, config_sensitive)),
      ...[prior_state?.values, planned_values].flatMap(ofValues),
      ...ofModule(configuration.root_module),
    ]),
  ];
}

/** Data sources and outputs that stay as they are have no change that says so. */
function ofValues(values: ValuesJson | null | undefined): string[] {
  if (!values) return [];
  const outputs = Object.values(values.outputs).flatMap(({ value, sensitive }) =>
    secretsIn(value, sensitive),
  );
  return [...outputs, ...ofObjects(values.root_module)];
}

const ofObjects = ({ resources, child_modules }: ValuesOfModule): string[] => [
  ...resources.flatMap(({ values, sensitive_values }) => secretsIn(values, sensitive_values)),
  ...child_modules.flatMap(ofObjects),
];

/** What the code itself says of secret variables: their defaults, and what it calls a module with. */
function ofModule({ variables, module_calls }: ModuleJson): string[] {
  const defaults = Object.values(variables).flatMap((one) => secretsIn(one.default, one.sensitive));
  const calls = Object.values(module_calls).flatMap(({ module, expressions }) => [
    ...Object.entries(expressions).flatMap(([name, { constant_value }]) =>
      secretsIn(constant_value, Object.hasOwn(module.variables, name) && module.variables[name]?.sensitive),
    ),
    ...ofModule(module),
  ]);
  return [...defaults, ...calls];
}
