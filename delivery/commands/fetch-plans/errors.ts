import { DeliveryError } from "../../core/errors.ts";

/** There is no reviewed plan of this commit, or it is not what `cali plan` leaves. */
export class ReviewedPlanError extends DeliveryError {
  override readonly name = "ReviewedPlanError";
}
