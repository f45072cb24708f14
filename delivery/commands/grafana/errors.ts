import { DeliveryError } from "../../core/errors.ts";

/** The workspace doesn't exist, or isn't active. */
export class WorkspaceError extends DeliveryError {
  override readonly name = "WorkspaceError";
}

/** Grafana refused a request, or could not be asked. */
export class GrafanaRequestError extends DeliveryError {
  override readonly name = "GrafanaRequestError";
}

/** A data source's plugin is not installed. */
export class PluginMissingError extends DeliveryError {
  override readonly name = "PluginMissingError";
}
