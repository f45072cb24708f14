import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/** What an attribute has to do for a rule to hold. */
const TURNS = [
  /** A number gets smaller. */
  "less",
  /** The same where 0 or nothing stands for "for ever": a limit where there was none, or a lower one. */
  "limit",
  /** What was on is off, or not set any more. */
  "off",
  /** What was off, or not set, is on. */
  "on",
  /** What was there and off is on; something new doesn't count. */
  "enabled",
  /** Another value than before; where there are `keeps`, one of them becomes none of them. */
  "leaves",
  /** An element of a list, or all of it, goes. */
  "removed",
] as const;

/** `deletes`: data goes, and the pull request needs the label; `unprotects`: nothing goes, and something that kept it does; `access`: somebody loses access; `unknown`: it depends on what is there. */
const KINDS = ["deletes", "unprotects", "access", "unknown"] as const;

export interface Rule {
  readonly types: readonly string[];
  /** The attribute: names from the resource down, without places in lists. `*` is any name, `**` any number of them. */
  readonly path: string;
  readonly turn: (typeof TURNS)[number];
  /** For `leaves`. */
  readonly keeps?: readonly string[] | undefined;
  readonly kind: (typeof KINDS)[number];
  /** What it costs, in words. */
  readonly lost: string;
}

const rowSchema = z.tuple([z.enum(KINDS), z.enum(TURNS), z.string(), z.array(z.string()).optional()]);
const tableSchema = z.record(z.string(), z.record(z.string(), rowSchema));

function readRules(file: string): readonly Rule[] {
  const table = tableSchema.parse(parse(readFileSync(join(import.meta.dirname, file), "utf8")));
  return Object.entries(table).flatMap(([types, rows]) =>
    Object.entries(rows).map(([path, [kind, turn, lost, keeps]]) => {
      return { types: types.split(" "), path, turn, kind, lost, keeps };
    }),
  );
}

export const RULES = readRules("in-place-rules.yaml");
export const SERVICE_RULES = readRules("in-place-rules-services.yaml");

/** Types of objects that are somebody's access: to destroy one takes it away. */
export const ACCESS_TYPES: ReadonlySet<string> = new Set([
  "aws_eks_access_entry",
  "aws_eks_access_policy_association",
  "aws_grafana_role_association",
  "aws_iam_user",
  "aws_iam_group_membership",
  "aws_iam_user_group_membership",
  "aws_iam_user_policy_attachment",
  "aws_iam_user_login_profile",
  "aws_identitystore_group_membership",
  "aws_ssoadmin_account_assignment",
  "github_team_membership",
  "github_membership",
  "kubernetes_role_binding",
  "kubernetes_role_binding_v1",
  "kubernetes_cluster_role_binding",
  "kubernetes_cluster_role_binding_v1",
]);

/** Attributes of which no rule says what a smaller number does, and which by their name may delete something. */
export const SUSPECT = /(?:^|_)(?:retention|retain|expir\w*|ttl|keep|backups?|snapshots?)(?:_|$)/i;
