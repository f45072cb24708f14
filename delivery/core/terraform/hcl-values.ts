import type { Json } from "../../../config/overrides.ts";
import { isRounded } from "../plan-json/json.ts";

/** An argument of a file of values, such as `terraform.tfvars`. */
export interface Argument {
  /** undefined: an expression, whose value only Terraform can tell. */
  readonly value: Json | undefined;
  /** Every text in it, those of an expression too; also as it is written, where that is another one. */
  readonly texts: readonly string[];
}

/**
 * Reads the arguments of HCL that has values alone: no blocks. The text of an error says nothing of the file's.
 *
 * @throws SyntaxError for what Terraform can't read either; its message is the line's number.
 * @see https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export function readArguments(text: string): ReadonlyMap<string, Argument> {
  return new Reader(text).body();
}

/** Reads a value alone, as Terraform reads that of an environment variable for a list or an object. @throws SyntaxError */
export function readValue(text: string): Argument {
  return new Reader(text).whole();
}

const SPACE = /(?:[ \t\r]|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const SPACE_AND_LINES = /(?:\s|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const NAME = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HEREDOC = /<<(-?)([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;
/** Up to what ends a text, or begins a template or an escape in it. */
const PLAIN = /(?:\$\$\{|%%\{|\$(?!\{)|%(?!\{)|[^"\\\n$%])+/y;
const ESCAPE = /\\(?:u[\da-fA-F]{4}|U[\da-fA-F]{8}|[nrt"\\])/y;
const WORDS: Readonly<Record<string, Json>> = { true: true, false: false, null: null };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\" };

/** What a literal would be, but is an operation, a call or a template. */
class IsExpression extends Error {}

class Reader {
  readonly #text: string;
  #at = 0;
  #texts: string[] = [];

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/, "");
  }

  body(): ReadonlyMap<string, Argument> {
    const found = new Map<string, Argument>();
    for (this.#skip(SPACE_AND_LINES); this.#at < this.#text.length; this.#skip(SPACE_AND_LINES)) {
      const name = this.#take(NAME) ?? this.#fail();
      this.#skip(SPACE);
      if (found.has(name) || !this.#is("=")) this.#fail();
      found.set(name, this.#argument(SPACE));
      if (this.#at < this.#text.length && !this.#is("\n")) this.#fail();
    }
    return found;
  }

  whole(): Argument {
    const argument = this.#argument(SPACE_AND_LINES);
    return this.#at < this.#text.length ? this.#fail() : argument;
  }

  /** A value to the end of its line; `space` is what may stand around it. */
  #argument(space: RegExp): Argument {
    this.#texts = [];
    this.#skip(space);
    const from = this.#at;
    try {
      const value = this.#value();
      this.#skip(space);
      if (this.#at < this.#text.length && this.#text[this.#at] !== "\n") throw new IsExpression();
      return { value, texts: this.#texts };
    } catch (error) {
      if (!(error instanceof IsExpression)) throw error;
      this.#at = from;
      this.#texts = [];
      this.#passOver();
      return { value: undefined, texts: this.#texts };
    }
  }

  /** @throws IsExpression */
  #value(): Json {
    const heredoc = this.#heredoc();
    if (heredoc !== undefined) return heredoc;
    if (this.#is('"')) return this.#string();
    if (this.#is("[")) return this.#list();
    if (this.#is("{")) return this.#object();
    if (this.#is("(")) {
      this.#skip(SPACE_AND_LINES);
      const value = this.#value();
      this.#skip(SPACE_AND_LINES);
      if (!this.#is(")")) throw new IsExpression();
      return value;
    }
    const number = this.#take(NUMBER);
    if (number !== undefined) return isRounded(Number(number), number) ? number : Number(number);
    const word = this.#take(NAME);
    if (word === undefined) this.#fail();
    if (!Object.hasOwn(WORDS, word)) throw new IsExpression();
    return WORDS[word] ?? null;
  }

  #list(): Json[] {
    const items: Json[] = [];
    for (;;) {
      this.#skip(SPACE_AND_LINES);
      if (this.#is("]")) return items;
      items.push(this.#value());
      this.#skip(SPACE_AND_LINES);
      if (!this.#is(",") && this.#text[this.#at] !== "]") throw new IsExpression();
    }
  }

  #object(): Json {
    const entries: [string, Json][] = [];
    for (;;) {
      this.#skip(SPACE_AND_LINES);
      if (this.#is("}")) return Object.fromEntries(entries);
      const key = this.#take(NAME) ?? this.#value();
      if (typeof key === "object" || key === "for") throw new IsExpression();
      this.#skip(SPACE_AND_LINES);
      if (!this.#is("=") && !this.#is(":")) throw new IsExpression();
      this.#skip(SPACE_AND_LINES);
      entries.push([String(key), this.#value()]);
      this.#skip(SPACE);
      if (!this.#is(",") && !/[\n}]/.test(this.#text[this.#at] ?? "")) throw new IsExpression();
    }
  }

  /** After its opening quote. @throws IsExpression for a template; SyntaxError where its line ends before it. */
  #string(): string {
    const from = this.#at;
    let value = "";
    for (;;) {
      if (this.#is('"')) break;
      const plain = this.#take(PLAIN);
      if (plain !== undefined) value += unescaped(plain);
      else if (/^[$%]\{/.test(this.#text.slice(this.#at, this.#at + 2))) throw new IsExpression();
      else value += escaped(this.#take(ESCAPE) ?? this.#fail());
    }
    this.#note(value, this.#text.slice(from, this.#at - 1));
    return value;
  }

  #heredoc(): string | undefined {
    HEREDOC.lastIndex = this.#at;
    const [opening, dash, name] = HEREDOC.exec(this.#text) ?? [];
    if (opening === undefined) return undefined;
    this.#at += opening.length;
    const lines: string[] = [];
    for (;;) {
      if (this.#at >= this.#text.length) this.#fail();
      const end = this.#text.indexOf("\n", this.#at);
      const line = this.#text.slice(this.#at, end === -1 ? undefined : end + 1);
      if (line.trim() === name) {
        // The end of its line ends the argument, too.
        this.#at += line.trimEnd().length;
        break;
      }
      this.#at += line.length;
      lines.push(line);
    }
    const body = (dash === "-" ? flush(lines) : lines).join("");
    this.#note(unescaped(body), body);
    if (/(?<![$%])[$%]\{/.test(body)) throw new IsExpression();
    return unescaped(body);
  }

  /** Over an expression to the end of its line, brackets and texts taken whole. */
  #passOver(): void {
    let depth = 0;
    while (this.#at < this.#text.length) {
      this.#skip(depth > 0 ? SPACE_AND_LINES : SPACE);
      const next = this.#text[this.#at];
      if (next === undefined || (next === "\n" && depth === 0)) return;
      if (next === '"') this.#template();
      else if (this.#heredocOver()) continue;
      else {
        if (/[[{(]/.test(next)) depth++;
        if (/[\]})]/.test(next)) depth--;
        this.#at++;
      }
    }
  }

  #heredocOver(): boolean {
    try {
      return this.#heredoc() !== undefined;
    } catch (error) {
      if (error instanceof IsExpression) return true;
      throw error;
    }
  }

  /** A text that may be a template: what stands between its expressions. */
  #template(): void {
    this.#at++;
    let said = "";
    for (;;) {
      if (this.#is('"')) break;
      const plain = this.#take(PLAIN);
      if (plain !== undefined) said += unescaped(plain);
      else if (/^[$%]\{/.test(this.#text.slice(this.#at, this.#at + 2))) {
        this.#texts.push(said);
        said = "";
        this.#at += 2;
        this.#inTemplate();
      } else said += escaped(this.#take(ESCAPE) ?? this.#fail());
    }
    this.#texts.push(said);
  }

  #inTemplate(): void {
    for (let depth = 1; depth > 0; ) {
      const next = this.#text[this.#at] ?? this.#fail();
      if (next === '"') {
        this.#template();
        continue;
      }
      depth += Number(next === "{") - Number(next === "}");
      this.#at++;
    }
  }

  #note(value: string, written: string): void {
    this.#texts.push(...new Set([value, written]));
  }

  #skip(space: RegExp): void {
    this.#take(space);
  }

  #is(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #take(what: RegExp): string | undefined {
    what.lastIndex = this.#at;
    const [found] = what.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fail(): never {
    throw new SyntaxError(`line ${this.#text.slice(0, this.#at).split("\n").length}`);
  }
}

const unescaped = (text: string) => text.replaceAll("$${", "${").replaceAll("%%{", "%{");

/** A text in which `${` and `%{` begin no template. */
export const withoutTemplates = (text: string): string =>
  text.replaceAll("${", () => "$${").replaceAll("%{", "%%{");

function escaped(sequence: string): string {
  const short = ESCAPES[sequence.slice(1)];
  if (short !== undefined) return short;
  const code = Number.parseInt(sequence.slice(2), 16);
  return code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
}

/** What stands before the least indented line is left out of each; empty ones don't count. */
function flush(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/[^ \t]/));
  const least = Math.min(...indents);
  return lines.map((line) => (line.trim() === "" ? line : line.slice(least)));
}
