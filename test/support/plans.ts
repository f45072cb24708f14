import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Plan } from "../../delivery/core/plan-json/model.ts";
import { parsePlan } from "../../delivery/core/plan-json/read.ts";

const FOLDER = join(import.meta.dirname, "../fixtures/plans");

/** The names of the plans in `test/fixtures/plans/`. */
export const PLANS: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => basename(file, ".json"))
  .sort();

/** A plan of `test/fixtures/plans/` as Terraform wrote it. */
export function planText(name: string): string {
  return readFileSync(join(FOLDER, `${name}.json`), "utf8");
}

const read = new Map<string, Plan>();

/** The same, read. */
export function planOf(name: string): Plan {
  const known = read.get(name) ?? parsePlan(planText(name), `${name}.json`);
  read.set(name, known);
  return known;
}

/** One resource's change as it is in a plan's JSON. */
export interface ChangeInput {
  readonly address?: string;
  readonly actions: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly unknown?: unknown;
  readonly beforeSensitive?: unknown;
  readonly afterSensitive?: unknown;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly change?: Readonly<Record<string, unknown>>;
}

/** A change of a plan's JSON, as Terraform writes it. */
export function change(input: ChangeInput) {
  const { address = "aws_kinesis_stream.logs" } = input;
  const [type = "", name = ""] = address.replace(/\[.*/s, "").split(".");
  return {
    address,
    mode: "managed",
    type,
    name,
    provider_name: "registry.terraform.io/hashicorp/aws",
    change: {
      actions: input.actions,
      before: input.before ?? null,
      after: input.after ?? null,
      after_unknown: input.unknown ?? {},
      before_sensitive: input.beforeSensitive ?? false,
      after_sensitive: input.afterSensitive ?? false,
      ...input.change,
    },
    ...input.more,
  };
}

/** A whole plan's JSON of these changes. */
export function planJson(changes: readonly ChangeInput[], more: Readonly<Record<string, unknown>> = {}) {
  return {
    format_version: "1.2",
    terraform_version: "1.11.4",
    resource_changes: changes.map(change),
    configuration: { root_module: {} },
    complete: true,
    errored: false,
    ...more,
  };
}

/** The same, read. */
export function makePlan(
  changes: readonly ChangeInput[],
  more: Readonly<Record<string, unknown>> = {},
): Plan {
  return parsePlan(JSON.stringify(planJson(changes, more)), "plan.json");
}

/** A nested block at the end of a path, as a plan has it: lists of one. */
export const at = (path: string, value: unknown): Readonly<Record<string, unknown>> =>
  path
    .split(".")
    .reverse()
    .reduce<unknown>((inner, name, depth) => ({ [name]: depth === 0 ? inner : [inner] }), value) as Readonly<
    Record<string, unknown>
  >;
