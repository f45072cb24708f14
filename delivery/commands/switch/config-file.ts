import { isDeepStrictEqual } from "node:util";
import { ConfigError } from "@cali/settings";
import { isMap, isScalar, parseDocument } from "yaml";
import { parseConfig } from "../../../config/load.ts";
import type { Setting } from "./derive.ts";

/** A configuration in YAML, and the keys whose derived value the schema doesn't allow. */
export interface WrittenConfig {
  readonly text: string;
  /** Such as `cluster.nodeGroup.amiType`; their values are left to the overrides. */
  readonly notAllowed: readonly string[];
}

/**
 * Writes settings into the text of `terraform-users.yaml`, whose comments say which values are unsafe: a comment stays where
 * the value does.
 *
 * @throws ConfigError when a key without which nothing works has a value that isn't allowed.
 */
export function writeConfig(template: string, settings: readonly Setting[], file: string): WrittenConfig {
  const notAllowed: string[] = [];
  let kept = settings;
  for (;;) {
    const document = parseDocument(template);
    document.commentBefore = HEADER;
    // The template's own header stands before its first key.
    const [first] = isMap(document.contents) ? document.contents.items : [];
    if (isScalar(first?.key)) first.key.commentBefore = undefined;
    for (const [path, value] of kept) {
      if (
        isDeepStrictEqual(document.getIn(path) === undefined ? undefined : plain(document.getIn(path)), value)
      )
        continue;
      const parent = document.getIn(path.slice(0, -1));
      // A mapping replaces its parent's missing one, and scalars lose the comment that was for another value.
      if (path.length > 1 && !isMap(parent)) document.setIn(path.slice(0, -1), document.createNode({}));
      document.setIn(path, document.createNode(value));
    }
    try {
      parseConfig(document.toJS(), file);
      return { text: document.toString({ lineWidth: 110, flowCollectionPadding: false }), notAllowed };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const refused = kept.filter(([path]) =>
        error.problems.some(({ key }) => key === path.join(".") || key.startsWith(`${path.join(".")}.`)),
      );
      if (refused.length === 0 || refused.some(([path]) => ESSENTIAL.has(path[0] ?? ""))) throw error;
      notAllowed.push(...refused.map(([path]) => path.join(".")));
      kept = kept.filter((setting) => !refused.includes(setting));
    }
  }
}

const HEADER = ` yaml-language-server: $schema=./schema.json

 The environment of an existing state, written by \`cali switch\`. What is marked UNSAFE is live today, and each one
 can be turned off in a pull request of its own: docs/migrating.md has the order that we recommend.`;

/** Keys that name things: another value would be another environment. */
const ESSENTIAL = new Set(["project", "environment", "region", "state", "team"]);

function plain(node: unknown): unknown {
  return typeof node === "object" && node !== null && "toJSON" in node
    ? (node as { toJSON(): unknown }).toJSON()
    : node;
}
