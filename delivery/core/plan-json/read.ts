import { readFileSync } from "node:fs";
import { messageOf } from "@cali/base";
import { PlanFormatError } from "../errors.ts";
import { jsonOf, textOf } from "../json-file.ts";
import { actionsOf, deferredChanges, failingChecks, warningsOf } from "./checks.ts";
import { differences } from "./difference.ts";
import { driftOf } from "./drift.ts";
import { parseExactly, TooDeepError } from "./json.ts";
import { secretsOf } from "./marked.ts";
import { nodeOf } from "./masked.ts";
import {
  type Action,
  type AttributeDifference,
  hasChanges,
  type OutputChange,
  type Plan,
  type ReplaceOrder,
  type ResourceChange,
} from "./model.ts";
import { fingerprintOf, type Node, UNKNOWN } from "./node.ts";
import type { Difference } from "./path.ts";
import { overlap } from "./path.ts";
import { type ChangeJson, type ModuleJson, planSchema, type ResourceChangeJson } from "./schema.ts";
import { INDEX, type IsSecret, searchFor, withoutSecrets } from "./secrets.ts";
import { visible } from "./text.ts";

/**
 * Reads `terraform show -json <plan>` from a file.
 *
 * @param path `-`: standard input.
 * @throws PlanFormatError when it is no plan of a known format, or can't be read.
 */
export function readPlan(path: string): Plan {
  const where = path === "-" ? "standard input" : path;
  let text: string;
  try {
    text = textOf(readFileSync(path === "-" ? 0 : path));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? messageOf(error);
    throw new PlanFormatError(`${where}: given nothing that can be read (${why}); ${ALLOWED}`);
  }
  return parsePlan(text, visible(where));
}

const ALLOWED = "allowed: the output of terraform show -json <plan>";

/**
 * Reads `terraform show -json <plan>`. No secret gets into the result: neither what Terraform marks, nor a text elsewhere that
 * holds such a value.
 *
 * @param where the file's name, for errors.
 * @throws PlanFormatError when it is no plan of a known format.
 */
export function parsePlan(text: string, where: string): Plan {
  const parsed = planSchema.safeParse(readJson(text, where));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const more = parsed.error.issues.length > 1 ? ` (and ${parsed.error.issues.length - 1} more)` : "";
    throw new PlanFormatError(
      `${where}: no plan as terraform show -json (format 1.x) writes it: ${pathOf(issue?.path ?? [])}: ${issue?.message}${more}`,
    );
  }
  const plan = parsed.data;
  const isSecret = searchFor(secretsOf(plan));
  const configured = configuredAttributes(plan.configuration.root_module);
  const resources = plan.resource_changes.map((change) =>
    resourceOf(change, { isSecret, configured: configured.get(withoutIndexes(change.address)) }),
  );
  const drift = plan.resource_drift.map((change) => resourceOf(change, { isSecret }));
  const whole = {
    resources,
    outputs: Object.entries(plan.output_changes).flatMap(([name, change]) =>
      outputOf(name, change, isSecret),
    ),
    actions: actionsOf(plan, isSecret),
  };
  const isRefreshOnly = plan.applyable && drift.length > 0 && !hasChanges(whole);
  return {
    ...whole,
    drift: driftOf(drift, resources, isRefreshOnly),
    failingChecks: failingChecks(plan, isSecret),
    deferred: deferredChanges(plan, isSecret),
    warnings: warningsOf(plan, isSecret),
    complete: plan.complete,
    errored: plan.errored,
    isRefreshOnly,
    isUnmasked: [...plan.resource_changes, ...plan.resource_drift]
      .map(({ change }) => change)
      .concat(Object.values(plan.output_changes))
      .some((change) => change.before_sensitive === undefined || change.after_sensitive === undefined),
  };
}

/** Without one of these it is another document of Terraform: a state has `values` only, a schema `provider_schemas`. */
const OF_A_PLAN = [
  "planned_values",
  "resource_changes",
  "output_changes",
  "resource_drift",
  "deferred_changes",
  "action_invocations",
  "complete",
  "errored",
  "applyable",
];

function readJson(text: string, where: string): unknown {
  let json: unknown;
  try {
    json = parseExactly(jsonOf(text));
  } catch (error) {
    if (error instanceof TooDeepError) throw new PlanFormatError(`${where}: ${error.message}; ${ALLOWED}`);
    const isStream = text.startsWith('{"@level"');
    throw new PlanFormatError(
      `${where}: given ${isStream ? "the messages of terraform plan -json" : "no JSON"}; ${ALLOWED}`,
    );
  }
  const given = documentName(json);
  if (given !== undefined) throw new PlanFormatError(`${where}: given ${given}; ${ALLOWED}`);
  return json;
}

/** What a document is that is no plan; undefined: it may be one. */
function documentName(json: unknown): string | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return "JSON that is no object";
  if (OF_A_PLAN.some((key) => Object.hasOwn(json, key))) return undefined;
  if (Object.hasOwn(json, "lineage") || Object.hasOwn(json, "values")) return "a state";
  if (Object.hasOwn(json, "@level")) return "a message of terraform plan -json";
  return "JSON that is no plan";
}

const pathOf = (path: readonly PropertyKey[]) => visible(path.map(String).join(".") || "the document");

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
  readonly isSecret: IsSecret;
  /** What the code sets of this resource; undefined where that isn't known. */
  readonly configured?: ReadonlySet<string> | undefined;
}

interface Sides {
  readonly before: Node;
  readonly after: Node;
}

function sides({ before, after, ...masks }: ChangeJson, isSecret: IsSecret): Sides {
  const { before_sensitive = maskOf(before), after_sensitive = maskOf(after), after_unknown } = masks;
  return {
    before: nodeOf({ value: before, sensitive: before_sensitive, unknown: false }, isSecret),
    after: nodeOf({ value: after, sensitive: after_sensitive, unknown: after_unknown }, isSecret),
  };
}

/** A mask that hides every value, and leaves the names of the attributes. */
function maskOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return true;
  return Object.fromEntries(Object.keys(value).map((name) => [name, true]));
}

function resourceOf(json: ResourceChangeJson, { isSecret, configured }: Context): ResourceChange {
  const { type, name, change } = json;
  const address = withoutSecrets(json.address, isSecret);
  const mode = json.mode === "ephemeral" ? "data" : json.mode;
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
    ...(json.previous_address !== undefined && {
      movedFrom: withoutSecrets(json.previous_address, isSecret),
    }),
    ...(address !== json.address && { fingerprint: fingerprintOf(json.address) }),
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

function importId(id: string | undefined, isSecret: IsSecret): string | undefined {
  return id !== undefined && isSecret(id) ? undefined : id;
}

/** @throws PlanFormatError for actions that no known Terraform combines. */
function actionOf(
  actions: readonly string[],
  address: string,
): { action: Action; replaceOrder?: ReplaceOrder } {
  const [only, second] = actions;
  // An ephemeral object is opened while applying, and leaves nothing behind.
  if (only === "open" || only === "renew" || only === "close") return { action: "read" };
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

function outputOf(name: string, change: ChangeJson, isSecret: IsSecret): OutputChange[] {
  const { action } = actionOf(change.actions, `output ${name}`);
  if (action !== "create" && action !== "update" && action !== "delete") return [];
  const { before, after } = sides(change, isSecret);
  return [{ name, action, before, after }];
}
