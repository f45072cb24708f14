import { type FluentRecord, Keys, named, type Section } from "./config.ts";
import { OnigRegex } from "./regex.ts";

interface Rule {
  readonly state: string;
  readonly regex: OnigRegex;
  readonly next: string;
}

interface Group {
  readonly first: FluentRecord;
  text: string;
  bytes: number;
  next: string;
}

/** A `[MULTILINE_PARSER]` of type regex with a parser before it, as the tail input uses it. */
export class MultilineParser {
  readonly keyContent: string;
  readonly keyGroup: string;
  readonly line: OnigRegex;
  readonly rules: readonly Rule[];

  constructor(parsers: readonly Section[], name: string) {
    const keys = new Keys(named(parsers, "MULTILINE_PARSER", name));
    if (keys.one("type") !== "regex") throw new Error("only multiline parsers of type regex are known here");
    const parser = new Keys(named(parsers, "PARSER", keys.one("parser")));
    if (parser.one("format") !== "regex") throw new Error("only parsers of format regex are known here");
    this.line = new OnigRegex(parser.one("regex"));
    parser.done();
    this.keyContent = keys.one("key_content");
    this.keyGroup = keys.one("key_group");
    this.rules = keys.all("rule").map((rule) => {
      // The program ends each at the next quotation mark, and doesn't start when a rule has more or fewer than three.
      const [, state, regex, next] = /^"([^"]*)"\s+"([^"]*)"\s+"([^"]*)"$/.exec(rule) ?? [];
      if (!state || !regex || !next) throw new Error(`given the rule ${rule}, allowed: three quoted values`);
      return { state, regex: new OnigRegex(regex), next };
    });
    keys.pass("flush_timeout");
    keys.done();
  }
}

/**
 * What Fluent Bit 5.1 makes of the lines of one file: rules that may follow are tried before a new start; what fits no rule
 * ends what was open and passes alone.
 */
export class MultilineJoiner {
  readonly #parser: MultilineParser;
  readonly #limit: number;
  readonly #emit: (record: FluentRecord) => void;
  readonly #groups = new Map<string, Group>();

  /** @param limit `multiline_buffer_limit`, bytes */
  constructor(parser: MultilineParser, limit: number, emit: (record: FluentRecord) => void) {
    this.#parser = parser;
    this.#limit = limit;
    this.#emit = emit;
  }

  add(raw: string): void {
    const { line, keyContent, keyGroup, rules } = this.#parser;
    const record = line.groups(raw);
    if (!record) throw new Error(`no line of a container's log: ${raw.slice(0, 80)}`);
    const content = record[keyContent] ?? "";
    const key = record[keyGroup] ?? "";
    const open = this.#groups.get(key);
    const follows = open && rules.find(({ state, regex }) => state === open.next && regex.matches(content));
    if (open && follows) {
      open.next = follows.next;
      open.text += `\n${content}`;
      open.bytes += 1 + Buffer.byteLength(content);
      // What is full goes on at once; the lines below then belong to nothing.
      if (open.bytes > this.#limit) this.#flush(key);
      return;
    }
    this.#flush(key);
    const start = rules.find(({ state, regex }) => state === "start_state" && regex.matches(content));
    const bytes = Buffer.byteLength(content);
    if (start) this.#groups.set(key, { first: record, text: content, bytes, next: start.next });
    else this.#emit(record);
  }

  /** The time is up for all that waits. */
  flush(): void {
    for (const key of [...this.#groups.keys()]) this.#flush(key);
  }

  #flush(key: string): void {
    const open = this.#groups.get(key);
    this.#groups.delete(key);
    if (!open) return;
    const { first, text, bytes } = open;
    const whole = bytes <= this.#limit ? text : Buffer.from(text).subarray(0, this.#limit).toString("utf8");
    this.#emit({ ...first, [this.#parser.keyContent]: whole });
  }
}
