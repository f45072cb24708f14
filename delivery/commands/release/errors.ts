import { DeliveryError } from "../../core/errors.ts";

/** What was given is no image of the service, or no stack runs it. */
export class ReleaseError extends DeliveryError {
  override readonly name = "ReleaseError";
}
