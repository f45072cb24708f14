import { DeliveryError } from "../errors.ts";

/** What a workflow sets in the environment is missing or cannot be used. */
export class GithubEnvironmentError extends DeliveryError {
  override readonly name = "GithubEnvironmentError";
}

/** GitHub refused a request for good, or could not be asked. */
export class GithubRequestError extends DeliveryError {
  override readonly name = "GithubRequestError";
  /** HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, { status, cause }: { status: number | undefined; cause: unknown }) {
    super(message, { cause });
    this.status = status;
  }
}

/** main holds a later commit: what an old run would do is refused. */
export class SupersededError extends DeliveryError {
  override readonly name = "SupersededError";
}
