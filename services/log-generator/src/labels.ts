import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { LEVELS } from "@cali/log-record/line";
import { z } from "zod";
import { BAD_KINDS } from "./bad-records.ts";
import { LabelError } from "./errors.ts";
import type { GeneratedLine } from "./generate.ts";

/** The ground truth of one line. */
export const labelSchema = z.strictObject({
  /** Place of the line in the stream: 0, 1, 2, … */
  index: z.int().nonnegative(),
  timestamp: z.string(),
  service: z.string(),
  traceId: z.string(),
  level: z.enum(LEVELS),
  /** Id of the template that the line was made of: `<service>.<name>`. */
  template: z.string(),
  /** Id of the known cause of the template; null for DEBUG and INFO. */
  cause: z.string().nullable(),
  valid: z.boolean(),
  /** Why the record is bad; null when it is valid. */
  why: z.enum(BAD_KINDS).nullable(),
  /** Id of the incident without which the line would not be there. */
  incident: z.string().nullable(),
  /** The service that the incident started in. */
  rootService: z.string().nullable(),
  /** Template of what broke there. */
  rootTemplate: z.string().nullable(),
  /** Id of the known cause of what broke there. */
  rootCause: z.string().nullable(),
  /** The line shows the incident's root, not what follows from it. */
  isRoot: z.boolean(),
});

export type LineLabel = z.infer<typeof labelSchema>;

export function labelOf({ index, line, template, incident, bad }: GeneratedLine): LineLabel {
  return {
    index,
    timestamp: line.timestamp,
    service: line.service,
    traceId: line.traceId,
    level: line.level,
    template: template.id,
    cause: template.cause ?? null,
    valid: bad === undefined,
    why: bad?.kind ?? null,
    incident: incident?.id ?? null,
    rootService: incident?.root ?? null,
    rootTemplate: incident?.template.id ?? null,
    rootCause: incident?.template.cause ?? null,
    isRoot: incident?.template === template,
  };
}

/**
 * Reads a file that `--labels` wrote.
 * @throws LabelError when a line is not a label, or a label is missing between two others.
 */
export async function* readLabels(path: string): AsyncGenerator<LineLabel, void, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  for await (const text of lines) {
    const label = parseLabel(text, `${path}:${number + 1}`);
    if (label.index !== number) {
      throw new LabelError(
        `${path}:${number + 1}: given label ${label.index}, allowed ${number}: labels are missing`,
      );
    }
    number += 1;
    yield label;
  }
}

function parseLabel(text: string, place: string): LineLabel {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LabelError(`${place}: given a line that is not JSON, allowed a label`, { cause });
  }
  const result = labelSchema.safeParse(value);
  if (!result.success) throw new LabelError(`${place}: ${z.prettifyError(result.error)}`);
  return result.data;
}
