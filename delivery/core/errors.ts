/**
 * Something that was foreseen: its message says what is wrong, what was given, what is allowed and what to do. `cali` prints it
 * without a stack. Each command's own errors extend it.
 */
export class DeliveryError extends Error {
  override readonly name: string = "DeliveryError";
}
