import { mask } from "../../group/masking.ts";
import { redact } from "../../redact/redact.ts";

/** Belongs to the name of a store: vectors of texts that were made otherwise cannot be compared. */
export const EMBEDDING_TEXT_VERSION = "text-1";

/** Longest text, in UTF-16 units: the models weigh all words, and an error says first what it is. */
const LONGEST = 400;
/** What stands for something that varies or is secret, whoever put it there. */
const PLACEHOLDER = /<(?:\*|[A-Za-z][A-Za-z-]{0,40})>/g;
/** Who says it: `org.postgresql.util.` of an exception's name, `Error: `. */
const SPEAKER = /\b(?:[a-z]\w{0,60}\.){2,20}(?=[A-Z])|^(?:Error|ERROR|FATAL|FATAL ERROR|Caused by): /g;
/** A field that a logger puts behind the message: `error_code=DB_40P01`. */
const FIELD = /^[a-z_][\w.]{0,60}=[^()]*$/;

/**
 * The text that is embedded for a line, its template or an entry's pattern: the same for all of them, or nearly. Names are taken
 * apart into their words, and whatever varies is left out.
 */
export function embeddingText(text: string): string {
  // What a mask leaves may meet another: twice is the same for a line and its template.
  const words = mask(mask(redact(text))).split(" ");
  const last = words.findLastIndex((word) => !FIELD.test(word));
  return (
    words
      .slice(0, last + 1)
      .join(" ")
      .replaceAll(SPEAKER, "")
      .replaceAll(PLACEHOLDER, " ")
      // OutOfMemoryError, HTTPServer, max_connections
      .replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ")
      .replaceAll(/[^\p{L}\p{N}']+/gu, " ")
      .toLowerCase()
      .trim()
      .slice(0, LONGEST)
      .toWellFormed()
  );
}
