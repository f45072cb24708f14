import { NamedError } from "@cali/base";

/** OpenSearch did not take a call. Its text holds neither a password nor a document. */
export class OpenSearchError extends NamedError {
  /**
   * - `unavailable`: nothing of the call can be relied on; try again.
   * - `too-large`: the call was too large as a whole.
   */
  readonly kind: "unavailable" | "too-large";

  constructor(kind: OpenSearchError["kind"], text: string) {
    super(text);
    this.kind = kind;
  }
}
