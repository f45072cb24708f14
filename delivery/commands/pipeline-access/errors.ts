import { DeliveryError } from "../../core/errors.ts";

/** What was given names no GitHub repository. */
export class RepositoryNameError extends DeliveryError {
  override readonly name = "RepositoryNameError";
}

/** Something of the name exists, and is not this command's to change. */
export class ForeignRoleError extends DeliveryError {
  override readonly name = "ForeignRoleError";
}
