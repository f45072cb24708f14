import { code, fence } from "../markdown.ts";
import type { ResourceChange } from "../plan-json/model.ts";
import { attributeLines } from "./attributes.ts";
import { groupOf } from "./groups.ts";
import type { Report } from "./report.ts";
import { textsOf } from "./texts.ts";
import { identityOf, remarks } from "./words.ts";

/** A link to the line of TypeScript that made a resource, at the commit; undefined where it isn't known. */
export function sourceLink(
  { sources, links, commit }: Pick<Report, "sources" | "links" | "commit">,
  stack: string,
  { type, name }: Pick<ResourceChange, "type" | "name">,
): string | undefined {
  const ofStack = Object.hasOwn(sources, stack) ? sources[stack] : undefined;
  const address = `${type}.${name}`;
  const source = ofStack && Object.hasOwn(ofStack, address) ? ofStack[address] : undefined;
  if (!source || !links || commit === undefined) return undefined;
  const { file, line } = source;
  return `[${code(`${file}:${line}`)}](${links.repository}/blob/${commit}/${file}#L${line})`;
}

/** One line about a resource: its address, what else is to be said, where it comes from. */
export function headline(report: Report, stack: string, resource: ResourceChange): string {
  const link = sourceLink(report, stack, resource);
  return [code(resource.address), ...remarks(resource, textsOf(report)), ...(link ? [link] : [])].join(" · ");
}

/** A resource with its attributes. */
export function section(
  report: Report,
  { stack, resource, longest }: { stack: string; resource: ResourceChange; longest: number },
): string {
  const group = groupOf(resource);
  // What leaves the state stays as it is; its attributes would read as if they went.
  const lines = group === "forget" ? [] : attributeLines(resource, longest);
  const line = headline(report, stack, resource);
  return lines.length === 0 ? `- ${line}` : `${line}\n\n${fence("diff", lines)}`;
}

/** A line of the list of what is destroyed or replaced. */
export function destroyedLine(report: Report, stack: string, resource: ResourceChange): string {
  const identity = identityOf(resource);
  const texts = textsOf(report);
  const what = resource.action === "delete" ? texts.destroyed : texts.replaced;
  const line = headline(report, stack, resource);
  return `- **${what}**: ${line}${identity === undefined ? "" : ` · ${code(identity)}`}`;
}
