import { DeliveryError } from "../../core/errors.ts";

/** The workflow that comes first failed, or takes too long. */
export class EarlierWorkflowError extends DeliveryError {
  override readonly name = "EarlierWorkflowError";
}
