import { DeliveryError } from "../errors.ts";

/** A checkout does not synthesize, or what it wrote is no synthesized application. */
export class SynthesisError extends DeliveryError {
  override readonly name = "SynthesisError";
}

/** Helm could not render a release's chart. */
export class ChartRenderError extends DeliveryError {
  override readonly name = "ChartRenderError";
}
