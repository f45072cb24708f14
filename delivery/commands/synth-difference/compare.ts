import { createTwoFilesPatch } from "diff";
import type { NamedText } from "./documents.ts";

/** How one thing differs between base and head. */
export interface Difference {
  readonly stack: string;
  readonly name: string;
  readonly kind: "added" | "removed" | "changed";
  /** Unified, without file names. */
  readonly patch: string;
}

const CONTEXT_LINES = 3;

/** What differs, by stack and name; what is the same on both sides is left out. */
export function compare(base: readonly NamedText[], head: readonly NamedText[]): Difference[] {
  const before = byName(base);
  const after = byName(head);
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old?.text === now?.text) return [];
    const { stack, name } = (now ?? old) as NamedText;
    const kind = old === undefined ? "added" : now === undefined ? "removed" : "changed";
    const patch = createTwoFilesPatch("", "", old?.text ?? "", now?.text ?? "", "", "", {
      context: CONTEXT_LINES,
    });
    // The header names the files, which there are none of.
    return [{ stack, name, kind, patch: patch.slice(patch.indexOf("@@")) }];
  });
}

function byName(documents: readonly NamedText[]): ReadonlyMap<string, NamedText> {
  return new Map(documents.map((document) => [`${document.stack}\0${document.name}`, document]));
}
