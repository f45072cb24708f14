import { DeliveryError } from "../errors.ts";

/** Terraform is missing, too old, or ended with an error. */
export class TerraformError extends DeliveryError {
  override readonly name = "TerraformError";
}
