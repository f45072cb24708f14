import semver from "semver";
import { z } from "zod";
import { NEWEST_5, schemaVersion } from "../parity/provider-schema.ts";

/** A resource type whose schema version in the state is not the one that the chosen provider writes. */
export interface SchemaDifference {
  readonly type: string;
  readonly inState: number;
  readonly ofProvider: number;
}

const resourceSchema = z.looseObject({
  mode: z.literal("managed"),
  type: z.string(),
  provider: z.string().regex(/\/hashicorp\/aws"\]/),
  instances: z.array(z.looseObject({ schema_version: z.int() })),
});

/**
 * The AWS provider that a constraint chooses: the newest known 5.x of `~> 5.0`, the newest patch of `~> 5.46.0`.
 */
function chosenProvider(constraint: string): string {
  const version = semver.coerce(constraint)?.version ?? NEWEST_5;
  if (!constraint.startsWith("~>")) return version;
  const parts = constraint.replace("~>", "").trim().split(".").length;
  if (parts > 2) return `${semver.major(version)}.${semver.minor(version)}.99`;
  return semver.major(version) === 5 ? NEWEST_5 : version;
}

/**
 * Compares the schema versions that a state holds with those of a provider: a higher one is written with the first apply, and an older
 * provider can't read the state from then on.
 *
 * @param resources the state's.
 * @param constraint of the AWS provider.
 */
export function schemaDifferences(resources: readonly unknown[], constraint: string): SchemaDifference[] {
  const provider = chosenProvider(constraint);
  const found = new Map<string, SchemaDifference>();
  for (const one of resources) {
    const { success, data } = resourceSchema.safeParse(one);
    const ofProvider = success ? schemaVersion(data.type, provider) : undefined;
    if (!success || ofProvider === undefined) continue;
    for (const { schema_version: inState } of data.instances) {
      if (inState !== ofProvider)
        found.set(`${data.type} ${inState}`, { type: data.type, inState, ofProvider });
    }
  }
  return [...found.values()];
}
