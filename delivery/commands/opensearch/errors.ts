import { DeliveryError } from "../../core/errors.ts";

/** The domain doesn't exist, or isn't ready in time. */
export class DomainError extends DeliveryError {
  override readonly name = "DomainError";
}

/** OpenSearch refused a request, or could not be asked. */
export class OpenSearchRequestError extends DeliveryError {
  override readonly name = "OpenSearchRequestError";
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, { status, cause }: { status: number | undefined; cause: unknown }) {
    super(message, { cause });
    this.status = status;
  }
}
