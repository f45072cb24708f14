/** A text that is not a log line: says what was given (cut short) and what is allowed. */
export class LineSyntaxError extends Error {
  override readonly name = "LineSyntaxError";
}

/** A line that cannot be written so that reading it gives the same line again; names the field. */
export class LineFormatError extends Error {
  override readonly name = "LineFormatError";
}
