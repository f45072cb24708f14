/** What stands for a word that varies and that no mask knows. */
export const WILDCARD = "<*>";

/** A masked line as its words: `keys` are compared, `shown` put together is the text, blanks included. */
export interface Words {
  readonly keys: readonly string[];
  readonly shown: readonly string[];
}

/** Longer lines are one template with what comes after. */
const MOST_WORDS = 100;
const LONGEST_WORD = 100;

/** A colon ends a word when another one begins: `jdbc: refused`, `Caused by:java.io…`. */
const BORDER = /(?<=:)(?=[A-Za-z[(]|<(?!NUM>))/;
const UNIT = /^(?:[kKMGT]?i?[Bb]|bytes?|[munµ]?s|secs?|seconds?|mins?|hours?)[),;.]*$/;
/** A measure in other units behind a measure: `1190 bytes (1.16 KB)`. */
const SAME_MEASURE = /^\(<NUM>\)?$/;
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?$/;
const MONTH = /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*$/;
const ZONE = /^[A-Z]{3,4}$/;
/** `key=value`, `key:value`: the key stays. */
const KEY_VALUE = /^([^0-9=:<]*[A-Za-z][^0-9=:<]*[=:])(.+)$/s;
const PLACEHOLDER_OR_DIGIT = /\d|<(?:\*|[A-Z][A-Z0-9]*)>/;
const PATH = /^[^A-Za-z]*\/[\w.@%+~$/-]+|^[A-Za-z]:\\/;
/** It varies with the path behind it; in the request line of an access log, which begins with a quotation mark, it says what was asked. */
const METHOD = /^(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS)$/;
/** A name of a host, by its last part: common top-level domains, and what clusters and offices use. */
const HOST =
  /^[[(]?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.(?:com|net|org|edu|gov|info|local|internal|svc|lan|[a-z]{2})[\])]?[,:;.]?$/;
const HEX_LETTERS = /^[a-fA-F]{8,}[,;]?$/;
/** With none of these, and no long run of a to f, a word is itself. */
const SUSPECT = /[\d</.\\]|[a-fA-F]{8}/;

/** Takes a masked line apart. What varies by its looks has the wildcard for its key: numbers with their units, dates, paths, hosts. */
export function wordsOf(masked: string): Words {
  const parts = (masked || WILDCARD).split(" ");
  const keys: string[] = [];
  const shown: string[] = [];
  const add = (key: string, text: string) => {
    keys.push(key);
    shown.push(text);
  };
  for (let place = 0; place < parts.length; ) {
    const blank = place === 0 ? "" : " ";
    const part = parts[place] as string;
    const date = dateAt(parts, place);
    if (date > 0) {
      add(WILDCARD, `${blank}${parts.slice(place, place + date).join(" ")}`);
      place += date;
      continue;
    }
    place++;
    const last = keys.length - 1;
    if (last >= 0 && isPartOfMeasure(keys[last] as string, part)) {
      shown[last] += ` ${part}`;
      continue;
    }
    if (last >= MOST_WORDS - 2 && place < parts.length) {
      add(WILDCARD, `${blank}${WILDCARD}`);
      break;
    }
    for (const [index, piece] of (part.includes(":") ? part.split(BORDER) : [part]).entries()) {
      const key = keyOf(piece);
      if (key.endsWith(WILDCARD) && METHOD.test(keys[keys.length - 1] ?? ""))
        keys[keys.length - 1] = WILDCARD;
      add(key, `${index === 0 ? blank : ""}${piece.length > LONGEST_WORD ? key : piece}`);
    }
  }
  return { keys, shown };
}

/** How many parts a date in words has that begins here, `Fri Jun <NUM> <TIME> <NUM>`; 0: none does. */
function dateAt(parts: readonly string[], place: number): number {
  if (!WEEKDAY.test(parts[place] as string) || !MONTH.test(parts[place + 1] ?? "")) return 0;
  let end = place + 2;
  while (end < parts.length && end < place + 6) {
    const part = parts[end] as string;
    const isZone = ZONE.test(part) && PLACEHOLDER_OR_DIGIT.test(parts[end + 1] ?? "");
    if (!isZone && !PLACEHOLDER_OR_DIGIT.test(part)) break;
    end++;
  }
  return end - place;
}

const isPartOfMeasure = (before: string, part: string) =>
  (before.endsWith(WILDCARD) && UNIT.test(part)) || (before === WILDCARD && SAME_MEASURE.test(part));

function keyOf(word: string): string {
  const isLong = word.length > LONGEST_WORD;
  if (!isLong && !SUSPECT.test(word)) return word;
  const pair = KEY_VALUE.exec(word);
  if (pair && (pair[1] as string).length < LONGEST_WORD) {
    return isLong || varies(pair[2] as string) ? `${pair[1]}${WILDCARD}` : word;
  }
  return isLong || varies(word) ? WILDCARD : word;
}

const varies = (word: string) =>
  PLACEHOLDER_OR_DIGIT.test(word) || PATH.test(word) || HOST.test(word) || HEX_LETTERS.test(word);
