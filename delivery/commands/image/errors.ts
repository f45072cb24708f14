import { DeliveryError } from "../../core/errors.ts";

/** The environment has no repository for this service's images. */
export class UnknownServiceError extends DeliveryError {
  override readonly name = "UnknownServiceError";
}
