import type { ResourceChange } from "../plan-json/model.ts";

/** How resources are grouped, most dangerous first. */
export const GROUPS = ["replace", "delete", "update", "import", "move", "forget", "create", "read"] as const;
export type Group = (typeof GROUPS)[number];

/** The group of something that changes. */
export function groupOf({ action, importing }: ResourceChange): Group {
  if (importing && (action === "no-op" || action === "update")) return "import";
  return action === "no-op" ? "move" : action;
}
