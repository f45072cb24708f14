import { DeliveryError } from "../../core/errors.ts";

/** Helm could not render a release's chart. */
export class ChartRenderError extends DeliveryError {
  override readonly name = "ChartRenderError";
}
