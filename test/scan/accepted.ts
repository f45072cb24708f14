import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/** Something that the scanner has found. */
export interface Finding {
  /** Such as `CKV_AWS_18` of checkov, `container-resources` of kube-score. */
  readonly check: string;
  /** What the check asks for. */
  readonly says: string;
  readonly environment: string;
  /** Stack and name, such as `02-s3 logs`. */
  readonly at: string;
}

const acceptedSchema = z.array(
  z.strictObject({
    check: z.string().regex(/^(?:CKV2?_[A-Z0-9]+_\d+|[a-z]+(?:-[a-z]+)+)$/),
    at: z.array(z.string().regex(/^\d\d-[\w-]+ \S+$/)).min(1),
    /** Default: dev and prod. */
    environments: z
      .array(z.enum(["dev", "prod"]))
      .min(1)
      .default(["dev", "prod"]),
    /** Why it stays. */
    reason: z.string().min(20),
  }),
);

/** Whether checkov looks for it; the others are kube-score's. */
export const isCheckovs = ({ check }: { readonly check: string }) => check.startsWith("CKV");

export type Accepted = z.output<typeof acceptedSchema>;

/** The findings that stay, each with its reason. */
export const ACCEPTED: Accepted = acceptedSchema.parse(
  parse(readFileSync(join(import.meta.dirname, "accepted.yaml"), "utf8")),
);

/** What is found and not accepted, and what is accepted and not found any more. */
export function differences(findings: readonly Finding[], accepted: Accepted) {
  const key = (check: string, environment: string, at: string) => `${check} in ${environment}: ${at}`;
  const known = new Set(
    accepted.flatMap(({ check, at, environments }) =>
      environments.flatMap((environment) => at.map((one) => key(check, environment, one))),
    ),
  );
  const found = new Map(findings.map((one) => [key(one.check, one.environment, one.at), one.says]));
  return {
    unexplained: [...found]
      .filter(([one]) => !known.has(one))
      .map(([one, says]) => `${one}: ${says}`)
      .sort(),
    outdated: [...known].filter((one) => !found.has(one)).sort(),
  };
}

/** The table of `docs/security.md`. */
export const acceptedTable = (accepted: Accepted): string =>
  [
    "| check | where | why it stays |",
    "| --- | --- | --- |",
    ...accepted.map(({ check, at, environments, reason }) => {
      const only = environments.length === 1 ? ` (${environments[0]})` : "";
      return `| \`${check}\` | ${at.map((one) => `\`${one}\``).join(", ")}${only} | ${reason} |`;
    }),
  ].join("\n");
