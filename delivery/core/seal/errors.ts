import { DeliveryError } from "../errors.ts";

/** CALI_PLAN_KEY is missing or no key. */
export class PlanKeyError extends DeliveryError {
  override readonly name = "PlanKeyError";
}

/** The file is no sealed bundle, was sealed with another key, or was changed. */
export class SealError extends DeliveryError {
  override readonly name = "SealError";
}
