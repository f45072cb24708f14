import { writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type App, TerraformElement, TerraformResource, TerraformStack } from "cdktf";
import { MADE_AT } from "../constructs/logical-id.ts";

const ROOT = join(import.meta.dirname, "..");

/** A line of this project: what a comment on a pull request links a resource to. */
interface SourceLine {
  /** From the project's root, with slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** The line that made each resource, by stack and address (without `for_each` keys). */
export type Sources = Readonly<Record<string, Readonly<Record<string, SourceLine>>>>;

/** The lines that made the resources of an app. A resource without a name of its own (`withLogicalId`) has none. */
export function sourcesOf(app: App): Sources {
  return Object.fromEntries(
    app.node
      .findAll()
      .filter(TerraformStack.isStack)
      .map((stack) => [stack.node.id, sourcesIn(stack)]),
  );
}

function sourcesIn(stack: TerraformStack): Record<string, SourceLine> {
  const entries = stack.node.findAll().flatMap((element) => {
    if (!TerraformElement.isTerraformElement(element) || !TerraformResource.isTerraformResource(element))
      return [];
    const trace = element.node.metadata.find(({ type }) => type === MADE_AT)?.trace ?? [];
    const made = trace.map(lineOf).find((line) => line !== undefined);
    return made ? [[`${element.terraformResourceType}.${element.friendlyUniqueId}`, made] as const] : [];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The line of a frame such as `new Kinesis (file:///…/stacks/01-kinesis.ts:42:15)`, when it is this project's own. */
function lineOf(frame: string): SourceLine | undefined {
  const [, place = "", line = ""] = /\(?([^()]+?):(\d+):\d+\)?$/.exec(frame) ?? [];
  const path = place.startsWith("file://") ? fileURLToPath(place) : place;
  const file = relative(ROOT, path).split(sep).join("/");
  const isOwn = path !== "" && !file.startsWith("../") && !file.startsWith("node_modules/");
  return isOwn ? { file, line: Number(line) } : undefined;
}

/** Writes `sources.json` beside the manifest, for `cali comment`. */
export function writeSources(app: App): void {
  writeFileSync(join(app.outdir, "sources.json"), `${JSON.stringify(sourcesOf(app), null, 2)}\n`);
}
