import { DeliveryError } from "../errors.ts";

/** A file that should be `terraform show -json` of a plan, and is not, or is of a format that is not known. */
export class PlanFormatError extends DeliveryError {
  override readonly name = "PlanFormatError";
}
