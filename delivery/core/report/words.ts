import { code } from "../markdown.ts";
import type { ResourceChange } from "../plan-json/model.ts";
import { pathText } from "../plan-json/path.ts";

/** How resources are grouped, most dangerous first. */
export const GROUPS = ["replace", "delete", "update", "import", "move", "forget", "create", "read"] as const;
export type Group = (typeof GROUPS)[number];

export const GROUP_TITLES: Readonly<Record<Group, string>> = {
  replace: "Replace",
  delete: "Destroy",
  update: "Change in place",
  import: "Import",
  move: "Move to another address",
  forget: "Forget (leaves the state, stays alive)",
  create: "Add",
  read: "Read while applying",
};

/** The group of something that changes. */
export function groupOf({ action, importing }: ResourceChange): Group {
  if (importing && (action === "no-op" || action === "update")) return "import";
  return action === "no-op" ? "move" : action;
}

/** Terraform's reasons, in words. Source: the `action_reason` of Terraform's JSON output format. */
const REASONS: Readonly<Record<string, string>> = {
  replace_because_tainted: "it is tainted: its creation failed or somebody marked it",
  replace_by_request: "it was asked for with `-replace`",
  replace_by_triggers: "something in its `replace_triggered_by` changes",
  delete_because_no_resource_config: "it is no longer in the code",
  delete_because_no_module: "its module is no longer in the code",
  delete_because_wrong_repetition: "it has no `count` or `for_each` any more, or has one now",
  delete_because_count_index: "`count` is lower now",
  delete_because_each_key: "its key is no longer in `for_each`",
  delete_because_no_move_target: "the code moves it to an address that doesn't exist",
  read_because_config_unknown: "what it asks for is known after the apply only",
  read_because_dependency_pending: "something it depends on changes",
  read_because_check_nested: "a check block reads it each time",
};

/** What happens to a resource beyond its group's title, in words; empty where there is nothing to add. */
export function remarks(resource: ResourceChange): string[] {
  const { replaceOrder, movedFrom, importing, deposed, action } = resource;
  return [
    ...(replaceOrder ? [ORDERS[replaceOrder]] : []),
    ...because(resource),
    ...(movedFrom === undefined ? [] : [`moved from ${code(movedFrom)}`]),
    ...(importing ? [`imported${importing.id === undefined ? "" : ` from ${code(importing.id)}`}`] : []),
    ...(importing && action === "update" ? ["then changed in place"] : []),
    ...(deposed === undefined ? [] : [`a leftover of an earlier replacement, ${code(deposed)}`]),
  ];
}

const ORDERS = {
  "delete-first": "destroyed first, then made anew",
  "create-first": "made anew first, then the old one is destroyed",
  forget: "made anew; the old one leaves the state and stays alive",
} as const;

function because({ reason, differences }: ResourceChange): string[] {
  const forcing = differences.filter(({ forcesReplacement }) => forcesReplacement);
  if (forcing.length > 0) {
    const paths = [...new Set(forcing.map(({ path }) => pathText(path)))];
    const more = paths.length > 3 ? ` and ${paths.length - 3} more` : "";
    return [
      `because of ${paths
        .slice(0, 3)
        .map((path) => code(path))
        .join(", ")}${more}`,
    ];
  }
  if (reason === undefined || reason === "replace_because_cannot_update") return [];
  return [`because ${REASONS[reason] ?? `of ${code(reason)}`}`];
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
