import { resourceOf } from "../../../config/adoption.ts";
import type { Json, Overrides } from "../../../config/overrides.ts";
import { type Reference, type References, referencesIn } from "../../../config/references.ts";
import type { Config } from "../../../config/schema.ts";
import { SHARED_STACK } from "../../../stacks/registry.ts";
import { AdoptError } from "../../core/errors.ts";
import { stateSchema } from "../../core/parity/provider-schema.ts";
import type { SharedPart } from "../../core/shared-state/own.ts";
import type { StateFile, StateResource } from "../../core/terraform/state-file.ts";
import type { BothLayouts } from "./move.ts";
import { partition } from "./partition.ts";

type JsonObject = { [key: string]: Json };

/** Something that refers to what is in another state after the move. */
interface Referrer {
  /** `aws_sns_topic_policy.alerts`, `output.topic`, `module.notes`. */
  readonly address: string;
  readonly reference: Reference;
}

/** What a move does to references in the overrides. */
export interface MovedReferences {
  readonly values: References;
  /** Who refers to what, a line each. */
  readonly lines: readonly string[];
}

/**
 * Finds what the overrides refer to across the states of the layout `stacks`, and its values in the states as they are.
 *
 * @param before what an earlier run wrote: some of it may be in no state any more, such as what a data source of the one state had read.
 * @throws AdoptError for what has no value that may be written down: a secret, or what is in no state.
 */
export function movedReferences(
  overrides: Overrides,
  config: Config,
  states: BothLayouts,
  before: References,
): MovedReferences {
  const all = [...(states.one ? [states.one] : []), ...states.parts.values()];
  const resources = all.flatMap((state) => state.resources);
  const moved = new Map(
    all.flatMap((state) =>
      partition(state).adopted.map(({ address, stack }) => [resourceOf(address), stack] as const),
    ),
  );
  const values: Record<string, Json> = {};
  const lines = new Set<string>();
  const problems = new Set<string>();
  for (const { address, reference } of referrers(overrides[SHARED_STACK] ?? {}, moved)) {
    const { text } = reference;
    const found = valueIn(reference, { overrides, config, resources });
    const value = "value" in found ? found.value : before[text];
    if (value === undefined && "problem" in found) {
      problems.add(`${address} refers to ${text}, ${found.problem}`);
    } else {
      values[text] = value ?? null;
      lines.add(`${address} has ${JSON.stringify(value)} in place of ${text}, which is in another state`);
    }
  }
  if (problems.size > 0) throw new AdoptError([...problems].join("\n"));
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return { values: Object.fromEntries(sorted), lines: [...lines] };
}

type Moved = ReadonlyMap<string, SharedPart>;

/** What stays refers to what moves, and the other way round; or from one of the stacks to another. */
function referrers(patch: JsonObject, moved: Moved): Referrer[] {
  return blocksOf(patch, moved).flatMap(({ address, part, body }) =>
    referencesIn(body)
      .filter((reference) => {
        const { kind, type, name, text } = reference;
        if (text === "data.aws_caller_identity.current.account_id") return false;
        if (kind === "resource") {
          const its = moved.get(`${type}.${name}`);
          // What is neither is a name of an expression, such as each.value.
          return its === undefined ? part !== undefined && has(patch, "resource", reference) : its !== part;
        }
        return part !== undefined || (kind === "data" && !has(patch, "data", reference));
      })
      .map((reference) => ({ address, reference })),
  );
}

/** The blocks of an override, each with the stack that has it in the layout `stacks`; undefined: the old root. */
function blocksOf(patch: JsonObject, moved: Moved) {
  return ["resource", "data", "module", "output", "locals", "provider"].flatMap((block) =>
    Object.entries((patch[block] ?? {}) as JsonObject).flatMap(([type, byName]) => {
      if (block === "locals") return [{ address: `local.${type}`, part: undefined, body: byName }];
      if (block !== "resource" && block !== "data") {
        return [{ address: `${block}.${type}`, part: undefined, body: byName }];
      }
      return Object.entries((byName ?? {}) as JsonObject).map(([name, body]) => ({
        address: `${block === "data" ? "data." : ""}${type}.${name}`,
        part: block === "resource" ? moved.get(`${type}.${name}`) : undefined,
        body,
      }));
    }),
  );
}

const has = (patch: JsonObject, block: "resource" | "data", { type, name }: Reference) =>
  ((patch[block] as JsonObject | undefined)?.[type] as JsonObject | undefined)?.[name] !== undefined;

interface Sources {
  readonly overrides: Overrides;
  readonly config: Config;
  readonly resources: readonly StateResource[];
}

function valueIn(reference: Reference, sources: Sources): { value: Json } | { problem: string } {
  const { kind, type, name, path } = reference;
  if (kind === "local") return { problem: "which another state cannot know; allowed: the value itself" };
  if (kind === "var") return variable(name, sources);
  const found = sources.resources.filter(
    (one) =>
      one.module === undefined &&
      one.type === type &&
      one.name === name &&
      (one.mode === "data") === (kind === "data"),
  );
  const [key, ...steps] = path;
  const isOne = (instance: StateFile["resources"][number]["instances"][number]) =>
    instance.deposed === undefined && instance.index_key === undefined;
  const single = found.flatMap(({ instances }) => instances).find(isOne);
  const instance =
    single ?? found.flatMap(({ instances }) => instances).find(({ index_key }) => index_key === key);
  const rest = single ? path : steps;
  if (!instance) return { problem: "which is in no state; allowed: the value itself" };
  if (rest.length === 0)
    return { problem: "a whole object; allowed: one of its attributes, such as its .arn" };
  if (isSecret(type, rest, instance.sensitive_attributes)) {
    return { problem: "which is a secret; allowed: a variable of your own" };
  }
  const value = rest.reduce<Json | undefined>(
    (node, step) => (node as Record<string | number, Json> | null | undefined)?.[step],
    instance.attributes,
  );
  return value === undefined
    ? { problem: "which the state says nothing of; allowed: the value itself" }
    : { value };
}

function variable(name: string, { config, overrides }: Sources): { value: Json } | { problem: string } {
  const known: Record<string, Json> = {
    project_name: config.project,
    environment: config.environment,
    aws_region: config.region,
    team_members_arns: config.team,
  };
  const declared = ((overrides[SHARED_STACK]?.variable ?? {}) as JsonObject)[name] as JsonObject | undefined;
  const value = known[name] ?? (declared?.sensitive === true ? undefined : declared?.default);
  return value === undefined
    ? { problem: "which another state cannot know; allowed: the value itself" }
    : { value };
}

/** A path that the provider's schema, or the state, calls a secret; a secret in it makes a whole block one. */
function isSecret(type: string, path: readonly (string | number)[], marked: readonly Json[]): boolean {
  const words = path.filter((step) => typeof step === "string");
  const inState = marked.some((one) => {
    const steps = [one]
      .flat()
      .map((step) => (step as JsonObject | null)?.value)
      .filter((step) => typeof step === "string");
    return words.every((word, nth) => steps[nth] === undefined || steps[nth] === word);
  });
  let block = stateSchema(type);
  for (const word of words) {
    if (block?.attributes?.[word]?.sensitive) return true;
    block = block?.block_types?.[word]?.block;
  }
  return inState || /(password|secret|token|private_key)/.test(words.at(-1) ?? "");
}
