import { DeliveryError } from "../../core/errors.ts";

/** The state or the variables can't be made into a configuration. */
export class SwitchError extends DeliveryError {
  override readonly name = "SwitchError";
}
