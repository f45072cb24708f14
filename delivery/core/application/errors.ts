import { DeliveryError } from "../errors.ts";

/** A checkout does not synthesize, or what it wrote is no synthesized application. */
export class SynthesisError extends DeliveryError {
  override readonly name = "SynthesisError";
}

/** What was asked for names no stack of the application. */
export class UnknownStackError extends DeliveryError {
  override readonly name = "UnknownStackError";
}
