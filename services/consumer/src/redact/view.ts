/**
 * A text as rules look at it, and where each of its UTF-16 units came from. What is written around a secret, or into it, to colour,
 * hide or transport it, is undone.
 */
export interface View {
  readonly text: string;
  /** Where, in the original, the unit at a place of the view begins and ends; nothing: the view is the original. */
  readonly map?: { readonly starts: Int32Array; readonly ends: Int32Array };
}

/**
 * Colours and other sequences of terminals (ECMA-48), also without their escape character; then what nobody sees: controls
 * but white space, joiners, fillers, selectors, tags, changes of direction.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what goes.
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them alone is what goes.
  /\u001b?\[(?:\d{1,3}(?:;\d{1,3}){0,8}|<NUM>)m|\u001b\[<NUM>|\u001b\[[0-?]{0,32}[ -/]{0,8}[@-~]|\u001b\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
const DASHES = /[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]/g;
/** A character with the marks on it; Hangul in its parts. */
const CLUSTERS = /[\u1100-\u11ff]{1,16}|[^\0-\u007f]\p{M}{0,16}|[^\P{ASCII}]\p{M}{1,16}/gu;
const ONLY_PLAIN = /^[\t\n\r -Z\\-~]*$/;

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  amp: "&",
  lt: "<",
  gt: ">",
  nbsp: " ",
  equals: "=",
  colon: ":",
  commat: "@",
  sol: "/",
};
const ESCAPED =
  /(?:%[0-9a-f]{2}){1,64}|&(?:#\d{2,7}|#x[0-9a-f]{1,6}|quot|apos|amp|lt|gt|nbsp|equals|colon|commat|sol);|\\(?:u\{?[0-9a-f]{4}\}?|x[0-9a-f]{2}|[nrtbf"'/\\])|(?<![=\w])=3D/gi;
const CONTROL: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: " ", f: " " };
/** How often something may be written into something: JSON in JSON in a query. */
const MOST_LAYERS = 4;

/** The text as people see it: without what is invisible, compatible forms as one (Unicode's NFKC). */
export function visible(text: string): View {
  return ONLY_PLAIN.test(text) ? { text } : composed({ text }, strip);
}

/** The text as the program that it is meant for sees it: percent-encoding, JSON's and HTML's escapes undone; nothing: it has none. */
export function decoded(text: string): View | undefined {
  let view: View = { text };
  for (let layer = 0; layer < MOST_LAYERS; layer++) {
    const next = replaced(view.text, ESCAPED, unescaped);
    if (next === undefined) break;
    view = over(view, next);
  }
  if (view.map === undefined) return undefined;
  return ONLY_PLAIN.test(view.text) ? view : composed(view, strip);
}

/** Where a span of the view stands in the original. */
export function original({ map }: View, start: number, end: number): [number, number] {
  if (map === undefined || end === start) return [start, end];
  return [map.starts[start] ?? 0, map.ends[end - 1] ?? 0];
}

function composed(view: View, step: (text: string) => View | undefined): View {
  const next = step(view.text);
  return next === undefined ? view : over(view, next);
}

function strip(text: string): View | undefined {
  const bare = replaced(text, INVISIBLE, () => "");
  const view = bare ?? { text };
  const hyphens = view.text.replace(DASHES, "-");
  const same = { text: hyphens, ...(view.map && { map: view.map }) };
  if (hyphens.normalize("NFKC") === hyphens) return same;
  const known = new Map<string, string>();
  const next = replaced(hyphens, CLUSTERS, (cluster) => {
    let form = known.get(cluster);
    if (form === undefined) {
      form = cluster.normalize("NFKC");
      known.set(cluster, form);
    }
    return form;
  });
  return next === undefined ? same : over(same, next);
}

function unescaped(match: string): string {
  if (match[0] === "%") {
    const bytes = Buffer.from(match.replaceAll("%", ""), "hex");
    // Bytes that are no UTF-8 are something of their own each.
    const text = bytes.toString();
    return text.includes("\ufffd") ? bytes.toString("latin1") : text;
  }
  if (match[0] === "=") return "=";
  const body = match.slice(1).replaceAll(/[{};]/g, "");
  if (match[0] === "&") {
    if (body[0] !== "#") return ENTITIES[body.toLowerCase()] ?? match;
    return character(/^#x/i.test(body) ? Number.parseInt(body.slice(2), 16) : Number(body.slice(1)));
  }
  if (/^[ux]/i.test(body)) return character(Number.parseInt(body.slice(1), 16));
  return CONTROL[body.toLowerCase()] ?? body;
}

const character = (code: number) => (code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code));

/** Collects a view, piece by piece of the original. */
class ViewBuilder {
  readonly #parts: string[] = [];
  readonly #original: string;
  #starts: Int32Array;
  #ends: Int32Array;
  #length = 0;
  #after = 0;

  constructor(original: string) {
    this.#original = original;
    this.#starts = new Int32Array(original.length);
    this.#ends = new Int32Array(original.length);
  }

  /** Puts other text for a span of the original; what was left out before it stays as it is. */
  put(text: string, start: number, end: number): void {
    this.#copy(start);
    this.#reserve(text.length);
    this.#starts.fill(start, this.#length, this.#length + text.length);
    this.#ends.fill(end, this.#length, this.#length + text.length);
    this.#length += text.length;
    this.#parts.push(text);
    this.#after = end;
  }

  view(): View {
    this.#copy(this.#original.length);
    return { text: this.#parts.join(""), map: { starts: this.#starts, ends: this.#ends } };
  }

  #copy(upTo: number): void {
    if (upTo <= this.#after) return;
    this.#reserve(upTo - this.#after);
    for (let place = this.#after; place < upTo; place++) {
      this.#starts[this.#length] = place;
      this.#ends[this.#length++] = place + 1;
    }
    this.#parts.push(this.#original.slice(this.#after, upTo));
  }

  /** What is put can be longer than what it stands for: ﷺ is 18 characters. */
  #reserve(count: number): void {
    if (this.#length + count <= this.#starts.length) return;
    const [starts, ends] = [0, 0].map(() => new Int32Array((this.#length + count) * 2)) as [
      Int32Array,
      Int32Array,
    ];
    starts.set(this.#starts);
    ends.set(this.#ends);
    [this.#starts, this.#ends] = [starts, ends];
  }
}

/** The text with other words for what matches; nothing: nothing does. */
function replaced(text: string, pattern: RegExp, replace: (match: string) => string): View | undefined {
  // Most texts need none.
  let builder: ViewBuilder | undefined;
  // As fast as matches get: the string that comes of it is not used.
  text.replace(pattern, (match, place: number) => {
    const instead = replace(match);
    if (instead !== match) {
      builder ??= new ViewBuilder(text);
      builder.put(instead, place, place + match.length);
    }
    return "";
  });
  return builder?.view();
}

/** A view of a view, as one of the original. */
function over(below: View, above: View): View {
  const { map: lower } = below;
  const { map: upper } = above;
  if (lower === undefined || upper === undefined)
    return { text: above.text, ...((upper ?? lower) && { map: upper ?? lower }) } as View;
  const length = above.text.length;
  const starts = new Int32Array(length);
  const ends = new Int32Array(length);
  for (let place = 0; place < length; place++) {
    const start = upper.starts[place] ?? 0;
    starts[place] = lower.starts[start] ?? 0;
    ends[place] = lower.ends[Math.max(start, (upper.ends[place] ?? 1) - 1)] ?? 0;
  }
  return { text: above.text, map: { starts, ends } };
}
