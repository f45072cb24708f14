import type { TerraformElement } from "cdktf";

/**
 * Gives an element its HCL name (`aws_kinesis_stream.logs`), so that addresses equal the hand-written project's and
 * stay when a construct moves.
 *
 * Call it on the new element itself: references that were made before keep the old name without any error.
 */
export function withLogicalId<T extends TerraformElement>(element: T, hclName: string): T {
  element.overrideLogicalId(hclName);
  return element;
}
