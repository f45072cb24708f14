import { readFileSync } from "node:fs";
import { z } from "zod";
import { PlanFormatError } from "../errors.ts";
import { differences } from "./difference.ts";
import { driftOf } from "./drift.ts";
import type {
  Action,
  AttributeDifference,
  OutputChange,
  Plan,
  ReplaceOrder,
  ResourceChange,
} from "./model.ts";
import { type Node, nodeOf, secretsIn, UNKNOWN } from "./node.ts";
import type { Difference } from "./path.ts";
import { overlap } from "./path.ts";
import {
  type ChangeJson,
  type ModuleJson,
  type PlanJson,
  planSchema,
  type ResourceChangeJson,
} from "./schema.ts";

/** Shorter secrets are hidden where Terraform marks them, and not searched for elsewhere: they would be found in every word. */
const SHORTEST_SEARCHED = 6;

/**
 * Reads `terraform show -json <plan>` from a file.
 *
 * @throws PlanFormatError when it is no plan of a known format.
 */
export function readPlan(path: string): Plan {
  return parsePlan(readFileSync(path, "utf8"), path);
}

/**
 * Reads `terraform show -json <plan>`. No secret gets into the result: neither what Terraform marks, nor a text elsewhere that
 * holds such a value.
 *
 * @param where the file's name, for errors.
 * @throws PlanFormatError when it is no plan of a known format.
 */
export function parsePlan(text: string, where: string): Plan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new PlanFormatError(`${where}: given no JSON; allowed: the output of terraform show -json <plan>`);
  }
  const parsed = planSchema.safeParse(json);
  if (!parsed.success) {
    throw new PlanFormatError(
      `${where} is no plan as terraform show -json (format 1.x) writes it:\n${z.prettifyError(parsed.error)}`,
    );
  }
  const plan = parsed.data;
  const secrets = secretsOf(plan);
  const isSecret = (value: string) => secrets.some((secret) => value.includes(secret));
  const configured = configuredAttributes(plan.configuration.root_module);
  const resources = plan.resource_changes.map((change) =>
    resourceOf(change, { isSecret, configured: configured.get(withoutIndexes(change.address)) }),
  );
  return {
    terraformVersion: plan.terraform_version,
    resources,
    outputs: Object.entries(plan.output_changes).flatMap(([name, change]) =>
      outputOf(name, change, isSecret),
    ),
    drift: driftOf(
      plan.resource_drift.map((change) => resourceOf(change, { isSecret })),
      resources,
    ),
    complete: plan.complete,
    errored: plan.errored,
  };
}

function secretsOf({
  resource_changes,
  resource_drift,
  output_changes,
  configuration,
  variables,
}: PlanJson): string[] {
  const changes = [...resource_changes, ...resource_drift].map(({ change }) => change);
  const marked = [...changes, ...Object.values(output_changes)].flatMap((change) => [
    ...secretsIn(change.before, change.before_sensitive),
    ...secretsIn(change.after, change.after_sensitive),
  ]);
  const given = Object.entries(variables).flatMap(([name, { value }]) => {
    const known = configuration.root_module.variables;
    return secretsIn(value, Object.hasOwn(known, name) && known[name]?.sensitive);
  });
  return [...new Set([...marked, ...given])].filter((secret) => secret.length >= SHORTEST_SEARCHED);
}

const INDEX = /\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g;
const withoutIndexes = (address: string) => address.replace(INDEX, "");

/** The attributes that the code sets, of each resource by its address without indexes. */
function configuredAttributes(module: ModuleJson, prefix = ""): Map<string, ReadonlySet<string>> {
  return new Map([
    ...module.resources.map(
      ({ address, expressions }) => [prefix + address, new Set(Object.keys(expressions))] as const,
    ),
    ...Object.entries(module.module_calls).flatMap(([name, call]) => [
      ...configuredAttributes(call.module, `${prefix}module.${name}.`),
    ]),
  ]);
}

interface Context {
  readonly isSecret: (text: string) => boolean;
  /** What the code sets of this resource; undefined where that isn't known. */
  readonly configured?: ReadonlySet<string> | undefined;
}

interface Sides {
  readonly before: Node;
  readonly after: Node;
}

function sides({ before, after, ...masks }: ChangeJson, isSecret: Context["isSecret"]): Sides {
  return {
    before: nodeOf({ value: before, sensitive: masks.before_sensitive, unknown: false }, isSecret),
    after: nodeOf({ value: after, sensitive: masks.after_sensitive, unknown: masks.after_unknown }, isSecret),
  };
}

function resourceOf(json: ResourceChangeJson, { isSecret, configured }: Context): ResourceChange {
  const { address, type, name, mode, change } = json;
  const { before, after } = sides(change, isSecret);
  const { action, replaceOrder } = actionOf(change.actions, address);
  const found = action === "no-op" ? [] : differencesOf(before, after, action);
  const isComputed = ({ path: [attribute, more], after }: Difference) =>
    more === undefined && after === UNKNOWN && !configured?.has(attribute as string);
  return {
    address,
    type,
    name,
    mode,
    action,
    ...(replaceOrder && { replaceOrder }),
    ...(json.previous_address !== undefined && { movedFrom: json.previous_address }),
    ...(change.importing && { importing: { id: importId(change.importing.id, isSecret) } }),
    ...(json.deposed !== undefined && { deposed: json.deposed }),
    ...(json.action_reason !== undefined && { reason: json.action_reason }),
    before,
    after,
    differences: found
      .filter((difference) => !isComputed(difference))
      .map((difference): AttributeDifference => {
        const forcesReplacement = change.replace_paths.some((path) => overlap(difference.path, path));
        return { ...difference, forcesReplacement };
      }),
    computed: found.filter(isComputed).map(({ path }) => path[0] as string),
  };
}

function importId(id: string | undefined, isSecret: Context["isSecret"]): string | undefined {
  return id !== undefined && isSecret(id) ? undefined : id;
}

/** @throws PlanFormatError for actions that no known Terraform combines. */
function actionOf(
  actions: readonly string[],
  address: string,
): { action: Action; replaceOrder?: ReplaceOrder } {
  const [only, second] = actions;
  if (second === undefined) return { action: only as Action };
  switch (actions.join()) {
    case "delete,create":
      return { action: "replace", replaceOrder: "delete-first" };
    case "create,delete":
      return { action: "replace", replaceOrder: "create-first" };
    case "create,forget":
      return { action: "replace", replaceOrder: "forget" };
    default:
      throw new PlanFormatError(
        `${address}: actions: given ${actions.join(", ")}; allowed: one action, or a replacement`,
      );
  }
}

function differencesOf(before: Node, after: Node, action: Action): Difference[] {
  const found = withoutDefaultTags(differences(before, after), action);
  // An update of nothing but the way "not set" is written is an update all the same.
  return found.length > 0 || action !== "update" ? found : differences(before, after, { exact: true });
}

/** `tags_all` is `tags` and the provider's default tags: what it only repeats is left out. */
function withoutDefaultTags(found: readonly Difference[], action: Action): Difference[] {
  const tags = new Set(found.filter(({ path }) => path[0] === "tags").map(({ path }) => String(path[1])));
  return found.filter(({ path: [attribute, tag] }) => {
    if (attribute !== "tags_all") return true;
    return action === "update" && tag !== undefined && !tags.has(String(tag));
  });
}

function outputOf(name: string, change: ChangeJson, isSecret: Context["isSecret"]): OutputChange[] {
  const { action } = actionOf(change.actions, `output ${name}`);
  if (action !== "create" && action !== "update" && action !== "delete") return [];
  const { before, after } = sides(change, isSecret);
  return [{ name, action, before, after }];
}
