import { isUtf8 } from "node:buffer";

/** Windows' encoding of Western Europe; of Latin-1 it has all that is text. */
const WESTERN = new TextDecoder("windows-1252");
const KOREAN = new TextDecoder("euc-kr", { fatal: true });
/** A text is looked at this far. */
const LONGEST_LOOK = 64;
/** Of a line of Western Europe most is ASCII. */
const MOST_ACCENTS = 0.1;

/** UTF-16, as Windows writes it, as UTF-8: with a byte order mark, or little-endian and ASCII at the start. */
export function fromUtf16(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 4 || bytes.length % 2 === 1) return undefined;
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return asUtf8(bytes.subarray(2));
  if (first === 0xfe && second === 0xff) return asUtf8(Buffer.from(bytes.subarray(2)).swap16());
  return looksLikeUtf16(bytes) ? asUtf8(bytes) : undefined;
}

const asUtf8 = (bytes: Buffer) => Buffer.from(bytes.toString("utf16le"), "utf8");

function looksLikeUtf16(bytes: Buffer): boolean {
  if (bytes.length < 8) return false;
  for (let at = 0; at < Math.min(bytes.length, LONGEST_LOOK); at += 2) {
    if (bytes[at] === 0 || (bytes[at] as number) > 0x7e || bytes[at + 1] !== 0) return false;
  }
  return true;
}

/** A line that is no UTF-8: Korean of Windows (EUC-KR and what Microsoft added to it), or Western European; nothing when it is neither. */
export function ofOtherEncoding(line: Buffer): string | undefined {
  if (isUtf8(line)) return undefined;
  return ofKorean(line) ?? ofWestern(line);
}

function ofKorean(line: Buffer): string | undefined {
  try {
    const text = KOREAN.decode(line);
    // What is no text decodes to something else now and then: a syllable stands beside another in Korean.
    return /[가-힣]{2}/.test(text) && !/[^ -~\t\r가-힣ㄱ-ㆎ·…“”‘’]/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Letters with accents within words; anything else that isn't ASCII is damage rather than text. */
function ofWestern(line: Buffer): string | undefined {
  let accents = 0;
  for (const byte of line) if (byte >= 0x80) accents++;
  if (accents > line.length * MOST_ACCENTS) return undefined;
  const text = WESTERN.decode(line);
  return /[^ -~\t\rÀ-ÖØ-öø-ÿ°€«»–“”‘’…§]/.test(text) ? undefined : text;
}
