import { DeliveryError } from "../../core/errors.ts";

/** A state that cannot be divided. */
export class AdoptError extends DeliveryError {
  override readonly name = "AdoptError";
}
