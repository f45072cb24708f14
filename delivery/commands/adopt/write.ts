import { isScalar, parseDocument } from "yaml";
import type { Adoption } from "../../../config/adoption.ts";
import { AdoptError } from "../../core/errors.ts";

/**
 * The text of a configuration with the layout that takes the objects: their names stay. Only three keys change.
 *
 * @param text of the file.
 * @param project what the names begin with.
 * @param file what the error calls it.
 * @throws AdoptError when the keys don't stand in the file as a person writes them.
 */
export function withLayout(text: string, to: Adoption["to"], project: string, file: string): string {
  const values = { stateLayout: to, prefix: to === "stacks" ? project : "null", imported: "true" };
  return Object.entries(values).reduce((before, [key, value]) => withKey(before, key, value, file), text);
}

function withKey(text: string, key: string, value: string, file: string): string {
  const range = rangeOf(text, key);
  if (range) return `${text.slice(0, range[0])}${value}${text.slice(range[1])}`;
  // What is new stands below the layout.
  const layout = rangeOf(text, "stateLayout");
  if (!layout) {
    throw new AdoptError(
      `${file}: given no stateLayout as a key of its own line; allowed: stateLayout: shared`,
    );
  }
  const end = text.indexOf("\n", layout[1]);
  const at = end === -1 ? text.length : end;
  return `${text.slice(0, at)}\n${key}: ${value}${text.slice(at)}`;
}

function rangeOf(text: string, key: string): readonly [number, number] | undefined {
  const node = parseDocument(text).get(key, true);
  return isScalar(node) && node.range ? [node.range[0], node.range[1]] : undefined;
}
