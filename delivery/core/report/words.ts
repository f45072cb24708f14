import { code } from "../markdown.ts";
import type { ResourceChange } from "../plan-json/model.ts";
import { pathText } from "../plan-json/path.ts";
import type { Texts } from "./texts.ts";

/** What happens to a resource beyond its group's title, in words; empty where there is nothing to add. */
export function remarks(resource: ResourceChange, texts: Texts): string[] {
  const { replaceOrder, movedFrom, importing, deposed, action } = resource;
  return [
    ...(replaceOrder ? [texts.orders[replaceOrder]] : []),
    ...because(resource, texts),
    ...(movedFrom === undefined ? [] : [texts.movedFrom(code(movedFrom))]),
    ...(importing
      ? [importing.id === undefined ? texts.imported : texts.importedFrom(code(importing.id))]
      : []),
    ...(importing && action === "update" ? [texts.thenChanged] : []),
    ...(deposed === undefined ? [] : [texts.leftover(code(deposed))]),
  ];
}

function because({ reason, differences }: ResourceChange, texts: Texts): string[] {
  const forcing = differences.filter(({ forcesReplacement }) => forcesReplacement);
  if (forcing.length > 0) {
    const paths = [...new Set(forcing.map(({ path }) => pathText(path)))];
    const shown = paths.slice(0, 3).map((path) => code(path));
    return [texts.becauseOf(shown.join(", "), paths.length - shown.length)];
  }
  if (reason === undefined || reason === "replace_because_cannot_update") return [];
  const said = Object.hasOwn(texts.reasons, reason) ? texts.reasons[reason] : undefined;
  return [said === undefined ? texts.becauseOf(code(reason), 0) : texts.because(said)];
}

/** What a person knows an object by: its name or id, where the state has one. */
export function identityOf({ before, after }: ResourceChange): string | undefined {
  for (const side of [before, after]) {
    if (!(side instanceof Map)) continue;
    const found = ["name", "id", "arn"]
      .map((key) => side.get(key))
      .find((value) => typeof value === "string" && value);
    if (found) return found as string;
  }
  return undefined;
}
