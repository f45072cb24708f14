import { createHash } from "node:crypto";
/**
 * Evaluates what a synthesized `cdk.tf.json` holds: strings with `${…}` templates, references, and the functions that
 * CALI uses. Anything else is an error that names it, so that a test cannot pass on something it didn't understand.
 * `terraform-expression.integration.test.ts` compares it with the real Terraform.
 */

export type Step = string | number;
/** Gives the value of a reference such as `["var", "project_name"]`; throws where there is none. */
export type Lookup = (path: readonly Step[]) => unknown;

class ExpressionError extends Error {
  constructor(message: string, text: string, position: number) {
    super(`${message} at ${position} of ${JSON.stringify(text)}`);
    this.name = "ExpressionError";
  }
}

/** The value of a JSON value in Terraform's JSON syntax, templates evaluated at any depth. */
export function evaluate(value: unknown, lookup: Lookup): unknown {
  if (typeof value === "string") return new Evaluator(value, lookup).template();
  if (Array.isArray(value)) return value.map((item) => evaluate(item, lookup));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, evaluate(child, lookup)]));
  }
  return value;
}

/** The references in a JSON value, such as `aws_iam_role.firehose.arn`, without indexes. */
export function referencesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  // A stand-in that accepts every attribute, so that nothing has to be resolved.
  const record: Lookup = (path) => {
    found.add(path.filter((step) => typeof step === "string").join("."));
    return "";
  };
  evaluate(value, record);
  return found;
}

type Fn = (...args: never[]) => unknown;

const FUNCTIONS: Record<string, Fn> = {
  base64decode: (text: string) => Buffer.from(text, "base64").toString("utf8"),
  can: (value: unknown) => !(value instanceof Failure),
  concat: (...lists: unknown[][]) => lists.flat(1),
  element: (list: unknown[], index: number) => list[index % list.length],
  flatten: (list: unknown[]) => list.flat(Number.POSITIVE_INFINITY),
  join: (separator: string, list: unknown[]) => list.join(separator),
  jsonencode: (value: unknown) => JSON.stringify(sortKeys(value)),
  length: (value: string | unknown[] | object) =>
    typeof value === "string"
      ? [...value].length
      : Array.isArray(value)
        ? value.length
        : Object.keys(value).length,
  lookup: (map: Record<string, unknown>, key: string, otherwise: unknown) =>
    Object.hasOwn(map, key) ? map[key] : otherwise,
  split: (separator: string, text: string) => text.split(separator),
  regex: (pattern: string, text: string) => new RegExp(pattern, "u").exec(text)?.[0] ?? new Failure(),
  replace: (text: string, from: string, to: string) => text.replaceAll(from, to),
  sha256: (text: string) => createHash("sha256").update(String(text)).digest("hex"),
  tolist: (value: unknown[]) => [...value],
  toset: (value: unknown[]) => [...new Set(value)].sort(),
  tostring: (value: unknown) => String(value),
};

/** What an expression that fails gives inside `can(…)`. */
class Failure {}

/** HCL's, but for Unicode's: https://developer.hashicorp.com/terraform/language/expressions/strings */
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", '"': '"', "\\": "\\" };

/** `jsonencode` writes an object's keys in order. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sortKeys(child)]),
  );
}

type Operator = (left: unknown, right: unknown) => unknown;

const isSame: Operator = (left, right) => JSON.stringify(left) === JSON.stringify(right);
const onNumbers =
  (work: (left: number, right: number) => unknown): Operator =>
  (left, right) =>
    work(Number(left), Number(right));

/** Each level binds more closely than the one before. Of two operators that begin alike the longer comes first. */
const BINARY: readonly Readonly<Record<string, Operator>>[] = [
  { "||": (left, right) => Boolean(left) || Boolean(right) },
  { "&&": (left, right) => Boolean(left) && Boolean(right) },
  { "==": isSame, "!=": (left, right) => !isSame(left, right) },
  {
    ">=": onNumbers((a, b) => a >= b),
    "<=": onNumbers((a, b) => a <= b),
    ">": onNumbers((a, b) => a > b),
    "<": onNumbers((a, b) => a < b),
  },
  { "+": onNumbers((a, b) => a + b), "-": onNumbers((a, b) => a - b) },
  { "*": onNumbers((a, b) => a * b), "/": onNumbers((a, b) => a / b), "%": onNumbers((a, b) => a % b) },
];

/** Recursive descent over one string; each method leaves `position` behind what it read. */
class Evaluator {
  private position = 0;
  private readonly text: string;
  private readonly lookup: Lookup;

  constructor(text: string, lookup: Lookup) {
    this.text = text;
    this.lookup = lookup;
  }

  /** The whole string. One lone `${…}` keeps the type of its value. */
  template(): unknown {
    const parts = this.parts(() => this.position >= this.text.length);
    if (parts.length === 1) return parts[0];
    return parts.map(asText).join("");
  }

  private parts(isAtEnd: () => boolean): unknown[] {
    const parts: unknown[] = [];
    let literal = "";
    while (!isAtEnd()) {
      if (this.position >= this.text.length) throw this.error("the string does not end");
      if (this.take("$${")) literal += "${";
      else if (this.take("%%{")) literal += "%{";
      else if (this.take("%{")) throw this.error("template directives are not understood");
      else if (this.take("${")) {
        if (literal !== "") parts.push(literal);
        literal = "";
        parts.push(this.expression());
        this.expect("}");
      } else literal += this.character();
    }
    if (literal !== "" || parts.length === 0) parts.push(literal);
    return parts;
  }

  /** One character of a literal. Only inside quotes a backslash escapes. */
  private character(): string {
    const character = this.text[this.position++] ?? "";
    if (character !== "\\" || !this.inQuotes) return character;
    const escaped = this.text[this.position++] ?? "";
    const meant = ESCAPES[escaped];
    if (meant === undefined) throw this.error(`\\${escaped} is no escape sequence`);
    return meant;
  }

  private inQuotes = false;

  private expression(): unknown {
    const condition = this.binary(0);
    if (!this.token("?")) return condition;
    const whenTrue = this.expression();
    this.expect(":");
    const whenFalse = this.expression();
    return condition ? whenTrue : whenFalse;
  }

  private binary(level: number): unknown {
    const operators = BINARY[level];
    if (!operators) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      const [, apply] = Object.entries(operators).find(([symbol]) => this.token(symbol)) ?? [];
      if (!apply) return left;
      left = apply(left, this.binary(level + 1));
    }
  }

  private unary(): unknown {
    if (this.token("!")) return !this.unary();
    if (this.token("-")) return -Number(this.unary());
    return this.primary();
  }

  private primary(): unknown {
    if (this.token("(")) {
      const value = this.expression();
      this.expect(")");
      return value;
    }
    if (this.token('"')) return this.quoted();
    if (this.token("[")) return this.list("]");
    if (this.token("{")) return this.object();
    const number = this.match(/\d+(\.\d+)?/y);
    if (number) return Number(number);
    const word = this.match(/[A-Za-z_][\w-]*/y);
    if (!word) throw this.error("an expression was expected");
    if (word === "true" || word === "false") return word === "true";
    if (word === "null") return null;
    if (this.token("(")) return this.call(word);
    return this.reference(word);
  }

  private quoted(): unknown {
    const outer = this.inQuotes;
    this.inQuotes = true;
    const parts = this.parts(() => this.text[this.position] === '"');
    this.inQuotes = outer;
    this.position++;
    return parts.map(asText).join("");
  }

  private list(end: string): unknown[] {
    const items: unknown[] = [];
    while (!this.token(end)) {
      items.push(this.expression());
      if (!this.token(",")) {
        this.expect(end);
        break;
      }
    }
    return items;
  }

  private object(): unknown {
    const entries: [string, unknown][] = [];
    while (!this.token("}")) {
      const key = this.token('"') ? String(this.quoted()) : this.match(/[A-Za-z_][\w-]*/y);
      if (!key) throw this.error("a key was expected");
      if (!this.token("=")) this.expect(":");
      entries.push([key, this.expression()]);
      this.token(",");
    }
    return Object.fromEntries(entries);
  }

  private call(name: string): unknown {
    const fn = FUNCTIONS[name];
    if (!fn) throw this.error(`the function ${name} is not understood`);
    return fn(...(this.list(")") as never[]));
  }

  private reference(first: string): unknown {
    const path: Step[] = [first];
    for (;;) {
      if (this.take(".")) {
        const step = this.match(/[A-Za-z_][\w-]*|\d+/y);
        if (!step) throw this.error("an attribute was expected");
        path.push(/^\d+$/.test(step) ? Number(step) : step);
      } else if (this.take("[")) {
        const index = this.expression();
        this.expect("]");
        path.push(typeof index === "number" ? index : String(index));
      } else return this.lookup(path);
    }
  }

  /** Takes a symbol after white space. */
  private token(symbol: string): boolean {
    const before = this.position;
    this.match(/\s*/y);
    if (this.take(symbol)) return true;
    this.position = before;
    return false;
  }

  private take(symbol: string): boolean {
    if (!this.text.startsWith(symbol, this.position)) return false;
    this.position += symbol.length;
    return true;
  }

  private expect(symbol: string): void {
    if (!this.token(symbol)) throw this.error(`${symbol} was expected`);
  }

  private match(pattern: RegExp): string | undefined {
    if (pattern.source !== "\\s*") this.match(/\s*/y);
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.text)?.[0];
    if (found) this.position += found.length;
    return found || undefined;
  }

  private error(message: string): ExpressionError {
    return new ExpressionError(message, this.text, this.position);
  }
}

function asText(value: unknown): string {
  // Terraform refuses it. As text it differs from whatever a state holds, which is what a comparison needs to see.
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
