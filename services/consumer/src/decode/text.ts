import { isUtf8 } from "node:buffer";
import { messageOf } from "@cali/base";
import { continues } from "@cali/log-record";
import type { Collector } from "./collector.ts";
import { fromUtf16, ofOtherEncoding } from "./encodings.ts";

const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
/** UTF-8's byte order mark. */
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Looking for the ends of objects that span lines may go over the text this many times in all. */
const MOST_SCANS = 8;
/** A line of which more than this is no text is none. */
const MOST_UNREADABLE = 0.1;

/** Reads text into payloads. @returns the bytes that were too many, if any */
export function readTextInto(given: Buffer, out: Collector): Buffer | undefined {
  const bytes = fromUtf16(given) ?? given;
  const text = bytes.subarray(0, 3).equals(MARK) ? bytes.subarray(3) : bytes;
  const first = text[0];
  // The most frequent by far: one object, or one list.
  if ((first === BRACE_OPEN || first === BRACKET_OPEN) && isUtf8(text)) {
    const value = parsed(text);
    if (value !== undefined && (first === BRACE_OPEN || (value as unknown[]).some(isObject))) {
      return out.value(value, bytes);
    }
  }
  return new TextReader(text, out).read();
}

const isObject = (value: unknown) => typeof value === "object" && value !== null;

/** The value of a JSON text; nothing when it is none. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Goes over lines: JSON objects are cut out wherever they end, also several in a line or one over several; the lines between
 * them are put together into logs; and a line that is broken costs no other.
 */
class TextReader {
  readonly #bytes: Buffer;
  readonly #out: Collector;
  readonly #isUtf8: boolean;
  /** The text that the next line may belong to. */
  #open: { start: number; end: number; lines: string[] } | undefined;
  #scans: number;

  constructor(bytes: Buffer, out: Collector) {
    this.#bytes = bytes;
    this.#out = out;
    this.#isUtf8 = isUtf8(bytes);
    this.#scans = MOST_SCANS * bytes.length;
  }

  read(): Buffer | undefined {
    const bytes = this.#bytes;
    for (let at = 0; at < bytes.length; ) {
      const end = this.#lineEnd(at);
      const start = afterBlanks(bytes, at, end);
      const isObject = this.#isObjectAt(start, end);
      const line = bytes.subarray(at, end);
      const reason = isObject ? undefined : reasonAgainst(line);
      if (!isObject && reason === undefined && this.#goesOn(line, end)) {
        at = end + 1;
        continue;
      }
      const left = this.#flush();
      if (left !== undefined) return Buffer.concat([left, bytes.subarray(at)]);
      if (this.#out.isFull) return withSomething(bytes.subarray(at));
      if (isObject) {
        const { next, rest } = this.#objects(start, end);
        if (rest !== undefined) return Buffer.concat([rest, LINE_END, bytes.subarray(next)]);
        at = next;
      } else {
        if (reason !== undefined) this.#out.refuse(line, reason);
        else if (start < end) this.#open = { start: at, end, lines: [textOf(line)] };
        at = end + 1;
      }
    }
    return this.#flush();
  }

  /** Takes a line that belongs to the text above it. Blank lines do when something follows them that does. */
  #goesOn(line: Buffer, end: number): boolean {
    const open = this.#open;
    const text = textOf(line);
    if (text.trim() === "") {
      open?.lines.push("");
      return true;
    }
    if (open === undefined) return false;
    const next =
      end < this.#bytes.length
        ? textOf(this.#bytes.subarray(end + 1, this.#lineEnd(end + 1)).subarray(0, 500))
        : undefined;
    if (!continues(open.lines, text, next)) return false;
    open.lines.push(text);
    open.end = end;
    return true;
  }

  /** Reads the text that waits. @returns what of it was too much, with a line end */
  #flush(): Buffer | undefined {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return undefined;
    const bytes = this.#bytes.subarray(open.start, open.end);
    const rest = this.#out.isFull ? bytes : this.#out.text(open.lines.join("\n"), bytes);
    return rest === undefined ? undefined : Buffer.concat([rest, LINE_END]);
  }

  #lineEnd(at: number): number {
    const end = this.#bytes.indexOf(NEWLINE, at);
    return end === -1 ? this.#bytes.length : end;
  }

  /** `{"`, `{}`, or the same in a list: what else begins with a brace is text. */
  #isObjectAt(start: number, end: number): boolean {
    const bytes = this.#bytes;
    const brace = bytes[start] === BRACKET_OPEN ? afterBlanks(bytes, start + 1, end) : start;
    if (start >= end || bytes[brace] !== BRACE_OPEN) return false;
    const inside = afterBlanks(bytes, brace + 1, bytes.length);
    return bytes[inside] === QUOTE || bytes[inside] === BRACE_CLOSE;
  }

  /** Reads the objects that begin in a line. @returns where to go on */
  #objects(from: number, lineEnd: number): { next: number; rest?: Buffer } {
    const bytes = this.#bytes;
    const line = bytes.subarray(from, lineEnd);
    const whole = this.#parse(line);
    if (whole !== undefined) return this.#value(whole, line, lineEnd + 1);
    let at = from;
    while (true) {
      at = afterSeparators(bytes, at, lineEnd);
      if (at >= lineEnd) return { next: lineEnd + 1 };
      if (this.#out.isFull) return { next: at };
      if (bytes[at] !== BRACE_OPEN) return { next: at };
      const end = this.#objectEnd(at, lineEnd);
      const piece = end === undefined ? undefined : bytes.subarray(at, end);
      const value = piece === undefined ? undefined : this.#parse(piece);
      if (piece === undefined || value === undefined || end === undefined)
        return { next: this.#broken(at, lineEnd) };
      const { rest } = this.#value(value, piece, end);
      if (rest !== undefined) return { next: end, rest };
      if (end > lineEnd) return { next: end };
      at = end;
    }
  }

  #value(value: unknown, bytes: Buffer, next: number): { next: number; rest?: Buffer } {
    const rest = this.#out.value(value, bytes);
    return rest === undefined ? { next } : { next, rest };
  }

  #parse(piece: Buffer): unknown {
    if (this.#isUtf8) return parsed(piece);
    if (reasonAgainst(piece) !== undefined) return undefined;
    const text = ofOtherEncoding(piece);
    return parsed(text === undefined ? piece : Buffer.from(text));
  }

  /** One line of JSON that cannot be read; with the lines below when they go on with it. */
  #broken(at: number, lineEnd: number): number {
    const bytes = this.#bytes;
    let end = lineEnd;
    while (end < bytes.length) {
      const next = this.#lineEnd(end + 1);
      const start = afterBlanks(bytes, end + 1, next);
      const goesOn = start > end + 1 || bytes[start] === BRACE_CLOSE || bytes[start] === BRACKET_CLOSE;
      if (start >= next || !goesOn || this.#isObjectAt(start, next)) break;
      end = next;
    }
    const piece = bytes.subarray(at, end);
    this.#out.refuse(piece, reasonAgainst(piece) ?? whyBroken(piece));
    return end + 1;
  }

  /** The place after the brace that ends the object, within the line if it ends there. */
  #objectEnd(at: number, lineEnd: number): number | undefined {
    const bytes = this.#bytes;
    let depth = 0;
    for (let next = at; next < bytes.length; next++) {
      if (next > lineEnd && --this.#scans < 0) return undefined;
      const byte = bytes[next];
      if (byte === BRACE_OPEN) depth++;
      else if (byte === QUOTE) next = endOfString(bytes, next);
      else if (byte === BRACE_CLOSE && --depth === 0) return next + 1;
    }
    return undefined;
  }
}

const LINE_END = Buffer.from("\n");

const withSomething = (bytes: Buffer) =>
  afterBlanks(bytes, 0, bytes.length) === bytes.length ? undefined : bytes;

/** The line's text; NULs before it are no part of it. */
const textOf = (line: Buffer) => (ofOtherEncoding(line) ?? line.toString("utf8")).replace(/^\0+/, "");

/** Why bytes are no text. A single bad byte or control character in a line is not why: it is left out. */
function reasonAgainst(line: Buffer): string | undefined {
  const text = textOf(line);
  if (!isUtf8(line)) {
    const bad = text.split("\ufffd").length - 1;
    if (bad > line.length * MOST_UNREADABLE) return "not UTF-8 text, nor gzip, nor a KPL aggregate";
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const controls = text.match(/[\0-\x08\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0;
  return controls > text.length * MOST_UNREADABLE
    ? `not text: ${controls} control characters of ${text.length}`
    : undefined;
}

function whyBroken(piece: Buffer): string {
  try {
    JSON.parse(piece.toString("utf8"));
    return "JSON: not alone in its line";
  } catch (error) {
    return `JSON: ${messageOf(error).slice(0, 200)}`;
  }
}

/** Blanks, and the NULs that a file has which was cut while a program wrote to it. */
function afterBlanks(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at] as number)) at++;
  return at;
}

const isBlank = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0;

/** Between objects: blanks, and what a list has. */
function afterSeparators(bytes: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at] as number;
    if (!isBlank(byte) && byte !== COMMA && byte !== BRACKET_OPEN && byte !== BRACKET_CLOSE) break;
    at++;
  }
  return at;
}

/** The place of the quote that ends the string starting at `at`, or the last byte. */
function endOfString(bytes: Buffer, at: number): number {
  for (let next = at + 1; next < bytes.length; next++) {
    if (bytes[next] === BACKSLASH) next++;
    else if (bytes[next] === QUOTE) return next;
  }
  return bytes.length - 1;
}
