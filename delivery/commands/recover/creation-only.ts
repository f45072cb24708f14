import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import { z } from "zod";
import { RecoverRefusedError } from "../../core/errors.ts";
import type { Plan } from "../../core/plan-json/model.ts";
import { isList, isMap, type Node } from "../../core/plan-json/node.ts";
import { pathText } from "../../core/plan-json/path.ts";

type Path = readonly (string | number)[];

/**
 * Arguments that count only when an object is made, that AWS never tells, and that the provider replaces the object for: after an import
 * they have the provider's zero value, and the next plan would replace what was just imported. Source: the provider's resources, 5.100.
 */
const CREATION_ONLY: Readonly<
  Record<string, readonly { readonly path: Path; readonly fallback: boolean }[]>
> = {
  aws_eks_cluster: [
    { path: ["bootstrap_self_managed_addons"], fallback: true },
    { path: ["access_config", 0, "bootstrap_cluster_creator_admin_permissions"], fallback: true },
  ],
};

/** One such argument of a stack's configuration. */
export interface CreationOnly {
  readonly type: string;
  readonly name: string;
  readonly path: Path;
  /** What the code says. */
  readonly value: unknown;
}

const configuration = z.object({
  resource: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
});

/** Those of a synthesized stack. @param folder with its `cdk.tf.json` */
export function creationOnlyIn(folder: string): CreationOnly[] {
  const { resource } = configuration.parse(JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8")));
  return Object.entries(CREATION_ONLY).flatMap(([type, known]) =>
    Object.entries(resource[type] ?? {}).flatMap(([name, body]) =>
      known.flatMap(({ path, fallback }) => {
        // A block that isn't written is AWS's own.
        if (path.length > 1 && body[path[0] as string] === undefined) return [];
        return [{ type, name, path, value: valueAt(body, path) ?? fallback }];
      }),
    ),
  );
}

/** A block may be written as one object, or as a list of one. */
function valueAt(body: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof step === "number" && !Array.isArray(value)) return value;
    return (value as Record<string | number, unknown> | null | undefined)?.[step];
  }, body);
}

/** What keeps Terraform from replacing objects for these, in its JSON syntax, as an override file; undefined: there are none. */
export function ignoring(all: readonly CreationOnly[]): object | undefined {
  if (all.length === 0) return undefined;
  const resource: Record<string, Record<string, { lifecycle: { ignore_changes: string[] } }>> = {};
  for (const { type, name, path } of all) {
    resource[type] ??= {};
    resource[type][name] ??= { lifecycle: { ignore_changes: [] } };
    resource[type][name].lifecycle.ignore_changes.push(shown(path));
  }
  return { resource };
}

/** Those that the objects of a plan have another value for. */
export function unsettled(all: readonly CreationOnly[], { resources }: Plan): CreationOnly[] {
  return all.filter(({ type, name, path, value }) => {
    const resource = resources.find(
      ({ address, mode }) => mode === "managed" && address === `${type}.${name}`,
    );
    // What is not there yet gets it when it is made.
    if (!isMap(resource?.before)) return false;
    return nodeAt(resource.before, path) !== value;
  });
}

function nodeAt(node: Node, path: Path): Node | undefined {
  return path.reduce<Node | undefined>((value, step) => {
    if (isMap(value)) return value.get(String(step));
    return isList(value) ? value[step as number] : undefined;
  }, node);
}

export const shown = (path: Path): string =>
  pathText(path.map((step) => (typeof step === "number" ? { index: step } : step)));

const stateSchema = z.looseObject({
  serial: z.int().nonnegative(),
  resources: z.array(
    z.looseObject({
      mode: z.string(),
      module: z.string().optional(),
      type: z.string(),
      name: z.string(),
      instances: z.array(z.looseObject({ attributes: z.record(z.string(), z.unknown()) })),
    }),
  ),
});

/**
 * A state in which the objects have the code's values, to be written over the one that it was made of.
 *
 * @param text as `terraform state pull` prints it.
 * @throws RecoverRefusedError when an object is not in it as it should be.
 */
export function withCreationOnly(text: string, all: readonly CreationOnly[]): string {
  const state = stateSchema.parse(parseJson(text));
  for (const { type, name, path, value } of all) {
    const resource = state.resources.find(
      (one) => one.mode === "managed" && one.module === undefined && one.type === type && one.name === name,
    );
    const attributes = resource?.instances[0]?.attributes;
    const holder = attributes && valueAt(attributes, path.slice(0, -1));
    if (typeof holder !== "object" || holder === null) {
      throw new RecoverRefusedError(
        `${type}.${name}: the state has no ${shown(path)}; allowed: an object that was imported`,
      );
    }
    Object.assign(holder, { [path.at(-1) as string]: value });
  }
  return JSON.stringify({ ...state, serial: state.serial + 1 }, null, 2);
}
