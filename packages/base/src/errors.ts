/** An error that is called as its class is. */
export class NamedError extends Error {
  override readonly name = this.constructor.name;
}

/** What an error says; of what was thrown and is none, its text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
