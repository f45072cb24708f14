import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { SourcesError } from "../errors.ts";

/** `sources.json`, which a synth writes beside its manifest: the line that made each resource, by stack and address. */
const sourcesSchema = z.record(
  z.string(),
  z.record(
    z.string(),
    z.object({
      file: z.string().regex(/^(?!\.)[\w-][\w./-]*\.ts$/, { error: "a path such as stacks/01-kinesis.ts" }),
      line: z.int().positive(),
    }),
  ),
);

export type Sources = z.output<typeof sourcesSchema>;

/**
 * Reads `sources.json`. Without the file nothing is linked: a plan can be shown without its code.
 *
 * @throws SourcesError
 */
export function readSources(path: string): Sources {
  if (!existsSync(path)) return {};
  try {
    return sourcesSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : "it is no JSON";
    throw new SourcesError(`${path} is not what a synth writes: ${problem}`);
  }
}
