import { Names, namePrefix } from "../../config/names.ts";
import { overriddenNames, overridesInOrder } from "../../config/overridden-names.ts";
import type { Overrides } from "../../config/overrides.ts";
import type { Config } from "../../config/schema.ts";
import { SHARED_STACK } from "../../stacks/registry.ts";

/**
 * The names that an environment's objects have, an override's included.
 *
 * @param account 12 digits. Default: names without an account, and no ARNs.
 */
export function actualNames(config: Config, overrides: Overrides, account = ""): Names {
  const { project, environment, region } = config;
  const values = { project, environment, region, account };
  return new Names(
    {
      ...values,
      prefix: namePrefix(config),
      overridden: overriddenNames(overridesInOrder(config, overrides, SHARED_STACK), values),
    },
    true,
  );
}
