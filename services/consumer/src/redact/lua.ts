import gitleaks from "./gitleaks.json" with { type: "json" };
import { type Node, parsePattern, Untranslatable } from "./lua-pattern.ts";
import { RULES } from "./redact.ts";
import type { PatternRule, Rule } from "./rule.ts";
import { hasDigit } from "./values.ts";

/** Rules of Fluent Bit's Lua, and the ids of those that it cannot have. */
export interface LuaRules {
  readonly covered: readonly string[];
  readonly left: readonly string[];
  /** A Lua table, one rule a line. */
  readonly text: string;
}

const GITLEAKS = new Map(gitleaks.rules.map((rule) => [rule.id, rule]));

/** What a match has to say besides the pattern, as Lua's fields; undefined where only this program can judge it. */
function conditionOf(rule: PatternRule): string[] | undefined {
  if (rule.spans !== undefined || rule.plainSpans !== undefined) return undefined;
  if (rule.isSecret === undefined) return [];
  if (rule.isSecret === hasDigit) return ["digit = true"];
  const foreign = GITLEAKS.get(rule.id);
  if (foreign === undefined || rule.pattern.source !== new RegExp(foreign.pattern, foreign.flags).source) {
    return undefined;
  }
  // A name of a language is no key: what `tokens.ts` asks of an assignment.
  return [
    ...("entropy" in foreign && foreign.entropy !== undefined ? [`entropy = ${foreign.entropy}`] : []),
    ...(/=\|>\|/.test(foreign.pattern) ? ["digit = true"] : []),
  ];
}

function luaRule(rule: Rule): string | undefined {
  if ("search" in rule) return undefined;
  const condition = conditionOf(rule);
  if (condition === undefined) return undefined;
  try {
    const { node, groups } = parsePattern(rule.pattern);
    const fields = [
      `id = ${quoted(rule.id)}`,
      `kind = ${quoted(rule.kind)}`,
      ...(rule.keywords ? [`keywords = ${list(rule.keywords.map((word) => quoted(word)))}`] : []),
      ...(rule.also ? [`also = ${list(rule.also.map((word) => quoted(word)))}`] : []),
      ...(rule.digits ? [`digits = ${rule.digits}`] : []),
      ...condition,
      `groups = ${groups}`,
      `pattern = ${lua(node)}`,
    ];
    return `{ ${fields.join(", ")} }`;
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

const list = (items: readonly string[]) => `{ ${items.join(", ")} }`;

/** A Lua string of a text's bytes, plain where they are printable. Two braces would be Helm's. */
const quoted = (text: string, encoding: BufferEncoding = "utf8") =>
  `"${[...Buffer.from(text, encoding)]
    .map((byte) =>
      byte >= 32 && byte < 127 && ![34, 92, 123, 125].includes(byte)
        ? String.fromCharCode(byte)
        : `\\${String(byte).padStart(3, "0")}`,
    )
    .join("")}"`;

function lua(node: Node): string {
  switch (node.is) {
    case "set":
      return `set(${list(rangesOf(node.bytes))}, ${node.least}, ${node.most})`;
    case "sequence":
      return luaSequence(flat(node.of));
    case "either":
      return `alt(${list(node.of.map(lua))})`;
    case "group":
      return `cap(${node.number}, ${lua(node.of)})`;
    case "look":
      return `look(${node.wanted}, ${node.behind}, ${lua(node.of)})`;
    case "boundary":
      return `edge(${node.wanted})`;
    case "end":
      return "last()";
  }
}

/** Sequences in sequences are one. */
const flat = (nodes: readonly Node[]): Node[] =>
  nodes.flatMap((node) => (node.is === "sequence" ? flat(node.of) : [node]));

/** A letter, or both cases of one, that stands once. */
function letterOf(node: Node): number | undefined {
  if (node.is !== "set" || node.least !== 1 || node.most !== 1 || node.bytes.size > 2) return undefined;
  const [first = 0, second] = [...node.bytes].sort((a, b) => b - a);
  return second === undefined || first - second === 32 ? first : undefined;
}

/** Letters one after another are a text: `lit("…")`, or `any_case("…")`. */
function luaSequence(nodes: readonly Node[]): string {
  const parts: string[] = [];
  for (let place = 0; place < nodes.length; ) {
    const node = nodes[place] as Node;
    const letters: number[] = [];
    const size = node.is === "set" ? node.bytes.size : 0;
    for (let next = nodes[place]; next !== undefined; next = nodes[place + letters.length]) {
      const letter = letterOf(next);
      if (letter === undefined || next.is !== "set" || next.bytes.size !== size) break;
      letters.push(letter);
    }
    parts.push(
      letters.length > 0
        ? `${size === 1 ? "lit" : "any_case"}(${quoted(Buffer.from(letters).toString("latin1"), "latin1")})`
        : lua(node),
    );
    place += Math.max(1, letters.length);
  }
  return parts.length === 1 ? (parts[0] as string) : `seq(${list(parts)})`;
}

/** Pairs of first and last byte. */
function rangesOf(bytes: ReadonlySet<number>): string[] {
  const ranges: [number, number][] = [];
  for (const byte of [...bytes].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === byte - 1) last[1] = byte;
    else ranges.push([byte, byte]);
  }
  return ranges.flat().map(String);
}

/** The rules that Lua can have exactly. */
export function luaRules(rules: readonly Rule[] = RULES): LuaRules {
  const made = rules.map((rule) => ({ id: rule.id, text: luaRule(rule) }));
  return {
    covered: made.filter(({ text }) => text !== undefined).map(({ id }) => id),
    left: made.filter(({ text }) => text === undefined).map(({ id }) => id),
    text: ["local RULES = {", ...made.flatMap(({ text }) => (text ? [`  ${text},`] : [])), "}"].join("\n"),
  };
}
