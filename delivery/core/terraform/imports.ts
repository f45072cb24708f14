import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "@cali/base";
import { z } from "zod";

/** Beside a stack's configuration, while objects are sought that exist and are not in its state. */
const FILE = "recover.tf.json";
/** Terraform merges it into the resources that are there. */
const OVERRIDE_FILE = "recover_override.tf.json";

/** An object that exists, and the address that the code has for it. */
export interface Import {
  /** `aws_eks_access_entry.team_members["arn:…"]` */
  readonly to: string;
  readonly id: string;
}

/** Asks for imports in a stack's folder from now on. @param override what is merged into the resources meanwhile */
export async function writeImports(
  folder: string,
  imports: readonly Import[],
  override: object | undefined,
): Promise<void> {
  await writeFile(join(folder, FILE), JSON.stringify({ import: imports }, null, 2));
  if (override) await writeFile(join(folder, OVERRIDE_FILE), JSON.stringify(override, null, 2));
}

/** Takes them out again; also what a run that was killed has left. */
export async function removeImports(folder: string): Promise<void> {
  for (const file of [FILE, OVERRIDE_FILE]) await rm(join(folder, file), { force: true });
}

/** What became of planning with imports. */
export interface ImportPlan {
  /** Addresses whose object doesn't exist; none of them: there is a plan. */
  readonly absent: ReadonlySet<string>;
  /** Addresses whose object was asked for: what depends on an absent one was not. */
  readonly asked: ReadonlySet<string>;
  /** Other errors, in Terraform's words. */
  readonly errors: readonly string[];
}

const event = z.object({
  type: z.string(),
  hook: z.object({ resource: z.object({ addr: z.string() }) }).optional(),
  diagnostic: z
    .object({ severity: z.string(), summary: z.string(), detail: z.string().default("") })
    .optional(),
});

/** Terraform's own, for each provider (internal/terraform/node_resource_plan_instance.go). */
const NO_OBJECT = "Cannot import non-existent remote object";
const ADDRESS = /existing object to ("(?:[^"\\]|\\.)*"), the provider/;

/** What the AWS provider says instead, of a type that it reads before it is imported; it says of no address. */
const NOT_FOUND = /couldn't find resource/;
const READ_BEFORE = /^aws_kinesis_stream\./;

/**
 * Reads what `terraform plan -json` says.
 *
 * @param imports what was to be imported.
 */
export function readImportPlan(text: string, imports: readonly Import[]): ImportPlan {
  const absent = new Set<string>();
  const asked = new Set<string>();
  const said: string[] = [];
  for (const line of text.split("\n")) {
    const { data } = event.safeParse(parseJson(line));
    if (data?.type === "refresh_start" && data.hook) asked.add(data.hook.resource.addr);
    if (data?.diagnostic?.severity !== "error") continue;
    const { summary, detail } = data.diagnostic;
    const address = summary === NO_OBJECT ? parseJson(ADDRESS.exec(detail)?.[1] ?? "") : undefined;
    if (typeof address === "string") absent.add(address);
    else said.push(detail === "" ? summary : `${summary}: ${detail}`);
  }
  const unread = imports.filter(({ to }) => READ_BEFORE.test(to) && !asked.has(to));
  if (!said.some((one) => NOT_FOUND.test(one)) || unread.length === 0) return { absent, asked, errors: said };
  for (const { to } of unread) absent.add(to);
  return { absent, asked, errors: said.filter((one) => !NOT_FOUND.test(one)) };
}
