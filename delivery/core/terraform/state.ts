import { parseJson } from "@cali/base";
import { z } from "zod";
import { TerraformError } from "../errors.ts";

const stateSchema = z.object({
  lineage: z.string(),
  serial: z.int().nonnegative(),
  outputs: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  resources: z.array(z.unknown()).default([]),
});

/** A stack's Terraform state, as far as it is looked at. */
export interface State {
  readonly lineage: string;
  readonly serial: number;
  readonly outputs: Readonly<Record<string, { value?: unknown }>>;
  /** As Terraform keeps them. They have secrets in clear text. */
  readonly resources: readonly unknown[];
  readonly isEmpty: boolean;
}

/**
 * Reads a state's text; that of one that was never written is empty.
 *
 * @param from what the text is of, for the error.
 * @throws TerraformError
 */
export function parseState(text: string, from: string): State {
  if (text.trim() === "") return { lineage: "", serial: 0, outputs: {}, resources: [], isEmpty: true };
  const parsed = stateSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new TerraformError(`${from}: ${z.prettifyError(parsed.error)}`);
  const { lineage, serial, outputs, resources } = parsed.data;
  return { lineage, serial, outputs, resources, isEmpty: resources.length === 0 };
}
