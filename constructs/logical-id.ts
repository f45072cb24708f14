import type { TerraformElement } from "cdktf";

/** Metadata of an element whose trace leads to the line that made it. */
export const MADE_AT = "cali:made-at";

/**
 * Gives an element its HCL name (`aws_kinesis_stream.logs`), so that addresses equal the hand-written project's and
 * stay when a construct moves; and keeps the place in the code, to which a plan's comment links.
 *
 * Call it on the new element itself: references that were made before keep the old name without any error.
 */
export function withLogicalId<T extends TerraformElement>(element: T, hclName: string): T {
  element.overrideLogicalId(hclName);
  element.node.addMetadata(MADE_AT, hclName, { stackTrace: true, traceFromFunction: withLogicalId });
  return element;
}
