import { ConfigError, shown } from "@cali/settings";
import type { Overridden } from "./names.ts";
import type { Json, Overrides } from "./overrides.ts";

/** What the variables of a root and the account stand for where a name is used. */
export interface NameValues {
  readonly project: string;
  readonly environment: string;
  readonly region: string;
  readonly account: string;
}

/**
 * Reads names out of an environment's overrides, for whatever is not in the state of the object that has the name.
 *
 * @param overrides of the stacks that exist, those of the one state first: the last that says something holds.
 * @param values what stands for `var.project_name`, `var.environment`, `var.aws_region` and the account.
 * @returns a function that throws ConfigError for a name that is only known in the object's own state.
 */
export function overriddenNames(overrides: readonly Overrides[string][], values: NameValues): Overridden {
  const known: Readonly<Record<string, string>> = {
    "var.project_name": values.project,
    "var.environment": values.environment,
    "var.aws_region": values.region,
    "data.aws_caller_identity.current.account_id": values.account,
  };
  return (address, argument) => {
    const steps = ["resource", ...address.split("."), argument];
    const given = overrides.map((patch) => at(patch, steps)).findLast((value) => value !== undefined);
    if (given === undefined) return undefined;
    const refused = () =>
      new ConfigError("an override", [
        {
          key: steps.join("."),
          given: shown(given),
          allowed: `a text, with ${Object.keys(known).join(", ")} in it at most: what is in another state uses this name`,
        },
      ]);
    if (typeof given !== "string") throw refused();
    return given.replaceAll(/(?<!\$)\$\{\s*([^}]*?)\s*\}/g, (_, reference: string) => {
      const value = known[reference];
      if (value === undefined) throw refused();
      return value;
    });
  };
}

/**
 * The overrides that count in a layout, in the order in which they are merged.
 *
 * @param oneState the name of the stack that is the one state of layout `shared`.
 */
export function overridesInOrder(
  { stateLayout }: { readonly stateLayout: string },
  overrides: Overrides,
  oneState: string,
): Overrides[string][] {
  const { [oneState]: first = {}, ...others } = overrides;
  return stateLayout === "shared" ? [first] : [first, ...Object.values(others)];
}

const at = (patch: Json, steps: readonly string[]): Json | undefined =>
  steps.reduce<Json | undefined>((node, step) => {
    if (typeof node !== "object" || node === null) return undefined;
    // A block may stand in a list of one.
    const only = Array.isArray(node) ? node[0] : node;
    return typeof only === "object" && only !== null && !Array.isArray(only) ? only[step] : undefined;
  }, patch);
