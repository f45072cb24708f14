import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { type FindingId, KINDS, NOTHING } from "./finding.ts";

/** Longest text that the findings take in an issue; those of a larger drift are not kept, only their digest. */
const LONGEST_FINDINGS = 10_000;
/** Largest text that is unpacked: anybody who may edit the issue can write what is read here. */
const LARGEST_UNPACKED = 4_000_000;
/** Most bytes of a marker. */
export const MARKER_BYTES = LONGEST_FINDINGS + 300;

/** What the hidden first line of an issue says, by which later runs find it. */
export interface Marker {
  readonly environment: string;
  /** What the issue was last notified of. */
  readonly digest: string;
  /** The findings themselves; undefined: there were too many to be kept. */
  readonly findings: readonly FindingId[] | undefined;
}

const findingsSchema = z.array(
  z.tuple([z.enum(KINDS), z.string().max(4_000), z.string().max(4_000), z.string().max(64)]),
);

const MARKER =
  /^<!-- cali:drift environment=(?<environment>[a-z0-9-]+) digest=(?<digest>[0-9a-f]{64}|none) findings=(?<findings>[\w-]*) -->/;

/** The marker as an issue's first line, which GitHub doesn't show. */
export function markerLine({ environment, digest, findings }: Marker): string {
  const ids = findings?.map(({ kind, stack, key, fingerprint }) => [kind, stack, key, fingerprint]);
  const packed = ids === undefined ? "" : deflateRawSync(JSON.stringify(ids)).toString("base64url");
  const kept = packed.length <= LONGEST_FINDINGS ? packed : "";
  return `<!-- cali:drift environment=${environment} digest=${digest} findings=${kept} -->\n`;
}

/** The marker of an issue; undefined for one that isn't about drift. Whether CALI wrote it, only its author says. */
export function readMarker(body: string): Marker | undefined {
  const { environment, digest, findings } = MARKER.exec(body)?.groups ?? {};
  if (environment === undefined || digest === undefined) return undefined;
  return { environment, digest, findings: digest === NOTHING ? [] : unpacked(findings ?? "") };
}

function unpacked(text: string): FindingId[] | undefined {
  if (text === "") return undefined;
  try {
    const json = inflateRawSync(Buffer.from(text, "base64url"), { maxOutputLength: LARGEST_UNPACKED });
    const ids = findingsSchema.parse(JSON.parse(json.toString()));
    return ids.map(([kind, stack, key, fingerprint]) => ({ kind, stack, key, fingerprint }));
  } catch {
    // Somebody edited it: what is new is notified all the same.
    return undefined;
  }
}
