import { DeliveryError } from "../../core/errors.ts";

/** An object in the states' bucket is no Terraform state. */
export class StateFormatError extends DeliveryError {
  override readonly name = "StateFormatError";
}
