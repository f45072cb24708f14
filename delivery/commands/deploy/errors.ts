import { DeliveryError } from "../../core/errors.ts";

/** What would be applied is not what was reviewed, or destroys data. Nothing was applied. */
export class DeployRefusedError extends DeliveryError {
  override readonly name = "DeployRefusedError";
}
