import { DeliveryError } from "../../core/errors.ts";

/** A price table of the project is not what it should be. */
export class PriceTableError extends DeliveryError {
  override readonly name = "PriceTableError";
}
