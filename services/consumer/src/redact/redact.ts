import { KeywordIndex } from "./keywords.ts";
import { type PatternRule, type Rule, TAKEN } from "./rule.ts";
import { COMMAND_RULES } from "./rules/commands.ts";
import { HEADER_RULES } from "./rules/headers.ts";
import { LABEL_RULES } from "./rules/labels.ts";
import { NATIONAL_RULES } from "./rules/national.ts";
import { PERSONAL_RULES } from "./rules/personal.ts";
import { SEVERAL_RULES } from "./rules/several.ts";
import { SQL_RULES } from "./rules/sql.ts";
import { TABLE_RULES } from "./rules/tables.ts";
import { TOKEN_RULES } from "./rules/tokens.ts";
import { URL_RULES } from "./rules/urls.ts";
import { VENDOR_RULES } from "./rules/vendors.ts";
import { decoded, original, type View, visible } from "./view.ts";

/** In order: what an earlier rule has taken, a later one does not see. */
export const RULES: readonly Rule[] = [
  ...TOKEN_RULES,
  ...VENDOR_RULES,
  ...URL_RULES,
  ...HEADER_RULES,
  ...COMMAND_RULES,
  ...SQL_RULES,
  ...TABLE_RULES,
  ...SEVERAL_RULES,
  ...LABEL_RULES,
  ...NATIONAL_RULES,
  ...PERSONAL_RULES,
];

interface Span {
  /** Where it stands, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** Something secret or personal of a text. */
export interface Finding extends Span {
  readonly kind: string;
  /** Which rules say so. */
  readonly rules: readonly string[];
}

type Search = (text: string) => [start: number, end: number][];

/** Knows secrets and personal data by rules. */
export class Redactor {
  readonly #rules: readonly Rule[];
  readonly #searches: readonly Search[];
  readonly #index: KeywordIndex;
  /** 1 for each rule that has no keywords. */
  readonly #always: Uint8Array;
  /** 1 for each rule whose keywords the text has. */
  readonly #found: Uint8Array;

  constructor(rules: readonly Rule[] = RULES) {
    this.#rules = rules;
    this.#searches = rules.map((rule) => ("search" in rule ? rule.search : searchOf(rule)));
    this.#index = new KeywordIndex(rules.map(({ keywords = [] }) => keywords));
    this.#always = Uint8Array.from(rules, ({ keywords }) => (keywords === undefined ? 1 : 0));
    this.#found = new Uint8Array(rules.length);
  }

  /** All that is secret or personal, in the order of the text; none overlaps another. */
  find(text: string): Finding[] {
    const found: Finding[] = [];
    this.#look(visible(text), found);
    // What escapes hide may be plain once they are undone, and may be cut in two by undoing them: so both are looked at. The second
    // look is at all of the text, because what the first has taken may begin or end in an escape.
    const view = decoded(text);
    if (view !== undefined) this.#look(view, found);
    return merged(found);
  }

  /** The text with something else for each secret and personal value. `kind` is the rule's: `email`. */
  replace(text: string, by: (kind: string, value: string) => string): string {
    const found = this.find(text);
    if (found.length === 0) return text;
    const parts: string[] = [];
    let after = 0;
    for (const { start, end, kind } of found) {
      parts.push(text.slice(after, start), by(kind, text.slice(start, end)));
      after = end;
    }
    parts.push(text.slice(after));
    return parts.join("");
  }

  #look(view: View, into: Finding[]): void {
    const { text: whole } = view;
    const lower = whole.toLowerCase();
    const found = this.#found;
    found.set(this.#always);
    this.#index.find(lower, found);
    const { digits, run } = shapeOf(whole);
    let text = whole;
    for (let place = found.indexOf(1); place !== -1; place = found.indexOf(1, place + 1)) {
      const rule = this.#rules[place] as Rule;
      if (digits < (rule.digits ?? 0) || run < (rule.run ?? 0)) continue;
      if (rule.also !== undefined && !rule.also.some((word) => lower.includes(word))) continue;
      const spans = this.#searches[place]?.(text) ?? [];
      if (spans.length === 0) continue;
      const { kind, id } = rule;
      const rules = [id];
      for (const [start, end] of spans) {
        const [from, to] = original(view, start, end);
        into.push({ start: from, end: to, kind, rules });
      }
      text = without(text, spans);
    }
  }
}

function searchOf(rule: PatternRule): Search {
  // Says where groups stand, which takes time: only what was found is asked for it.
  const located = new RegExp(rule.pattern.source, `${rule.pattern.flags}dy`);
  return (text) => spansOf(rule, located, text);
}

function spansOf(rule: PatternRule, located: RegExp, text: string): [number, number][] {
  const { pattern, isSecret, plainSpans } = rule;
  const found: [number, number][] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === "") pattern.lastIndex++;
    if (isSecret && !isSecret(textOf(match), match)) {
      // A name in the value may have the secret behind it.
      if (match[0].length > 1 && match[0].length < 256)
        pattern.lastIndex = match.index + firstWordOf(match[0]);
      continue;
    }
    for (const span of plainSpans?.(match) ?? locatedSpans(rule, located, match)) {
      if (!isTaken(text, span)) found.push(span);
    }
  }
  return found.sort(([a], [b]) => a - b);
}

function locatedSpans({ spans }: PatternRule, located: RegExp, { index, input }: RegExpExecArray) {
  located.lastIndex = index;
  const place = located.exec(input);
  return place === null ? [] : (spans?.(place) ?? groupsOf(place));
}

/** Whether earlier rules have taken all of it. */
function isTaken(text: string, [start, end]: [number, number]): boolean {
  let place = start;
  while (place < end && text[place] === TAKEN) place++;
  return place >= end;
}

/** What the groups match, or without groups all of it. */
function textOf(match: RegExpExecArray): string {
  let value: string | undefined;
  for (let group = 1; group < match.length; group++) {
    if (match[group] !== undefined) value = (value ?? "") + match[group];
  }
  return value ?? match[0];
}

/** Units of the word that a match begins with, at least one. */
function firstWordOf(match: string): number {
  const end = match.search(/\W/);
  return Math.max(1, end === -1 ? match.length : end);
}

function groupsOf({ indices = [] }: RegExpExecArray): [number, number][] {
  const groups = indices.slice(1).filter((span) => span !== undefined);
  const [whole] = indices;
  return groups.length > 0 || whole === undefined ? groups : [whole];
}

/** The text with what was found taken out of it, and all else where it was. */
function without(text: string, spans: readonly (readonly [start: number, end: number])[]): string {
  const parts: string[] = [];
  let after = 0;
  for (const [start, end] of spans) {
    if (end <= after) continue;
    const from = Math.max(start, after);
    parts.push(text.slice(after, from), TAKEN.repeat(end - from));
    after = end;
  }
  parts.push(text.slice(after));
  return parts.join("");
}

/** Findings that overlap are one, of the kind of the longer. */
function merged(found: readonly Finding[]): Finding[] {
  const all: Finding[] = [];
  for (const finding of [...found].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = all.at(-1);
    if (last === undefined || finding.start >= last.end) {
      all.push(finding);
      continue;
    }
    const longer = finding.end - finding.start > last.end - last.start ? finding : last;
    all[all.length - 1] = {
      start: last.start,
      end: Math.max(last.end, finding.end),
      kind: longer.kind,
      rules: [...new Set([...last.rules, ...finding.rules])],
    };
  }
  return all;
}

/** Of each ASCII character: 0 ends a run, 1 is of one, 2 is a digit of one. */
const KINDS = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /\d/.test(character) ? 2 : /[\w+/-]/.test(character) ? 1 : 0;
});

/** How many digits a text has, and of how many letters, digits and `+/_-` its longest run is. */
function shapeOf(text: string): { digits: number; run: number } {
  let [digits, run, begin] = [0, 0, 0];
  for (let place = 0; place < text.length; place++) {
    const kind = KINDS[text.charCodeAt(place)] ?? 0;
    if (kind === 2) digits++;
    else if (kind === 0) {
      run = Math.max(run, place - begin);
      begin = place + 1;
    }
  }
  return { digits, run: Math.max(run, text.length - begin) };
}

let redactor = new Redactor();
let isOwn = false;

/** From now on `redact` of this process goes by these rules. */
export function useRules(rules: readonly Rule[]): void {
  redactor = new Redactor(rules);
  isOwn = rules.length !== RULES.length || rules.some((rule, place) => rule !== RULES[place]);
}

/** Whether `redact` goes by other rules than the usual ones. */
export const usesOwnRules = (): boolean => isOwn;

/**
 * The text without secrets and personal data: keys, tokens, passwords, e-mail and IP addresses, card, account and
 * phone numbers each become a placeholder such as `<email>`. What only looks like one may go too: rather too much.
 *
 * A placeholder has angle brackets: whoever shows the text escapes it.
 */
export function redact(text: string): string {
  return redactor.replace(text, (kind) => `<${kind}>`);
}

/** The text with something else for each secret and personal value. `kind` is the rule's: `email`. */
export function replaceSecrets(text: string, replace: (kind: string, value: string) => string): string {
  return redactor.replace(text, replace);
}
