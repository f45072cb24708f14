import type { Rule } from "../rule.ts";
import { isPlaceholder, isSaid } from "../values.ts";

const SECRET_NAME =
  /^(?:[\w-]{1,24}[ _-])?(?:pass(?:word|wd|phrase|code)?|pwd|secret(?:[ _-]?key)?|token|api[ _-]?key|access[ _-]?key|private[ _-]?key|비밀번호|주민(?:등록)?번호|ssn|rrn)(?:[ _-]?(?:hash|digest))?$/i;
const NAME = /^[\p{L}\p{N}_ .#()-]{1,40}$/u;
/** Words between commas are a sentence. */
const SENTENCE = /[,;]\s/;
const RULER = /^[\s|+:=-]+$/;
const SEPARATORS = ["|", "\t", ",", ";"];

interface Cell {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The cells of a line, without white space and quotes around them. */
function cellsOf(line: string, separator: string, from: number): Cell[] {
  let place = from;
  return line.split(separator).map((raw) => {
    const value = raw.replace(/^\s*"?|"?\s*$/g, "");
    const start = place + raw.indexOf(value);
    place += raw.length + separator.length;
    return { value, start, end: start + value.length };
  });
}

/** The rows below a line of names of which one is a secret's: as CSV has it, and as a database's client prints. */
function secretCells(text: string): [number, number][] {
  const found: [number, number][] = [];
  let columns:
    | { readonly separator: string; readonly count: number; readonly secret: readonly number[] }
    | undefined;
  let from = 0;
  for (const line of text.split("\n")) {
    const start = from;
    from += line.length + 1;
    if (RULER.test(line) && line.trim() !== "") continue;
    if (columns) {
      const cells = cellsOf(line, columns.separator, start);
      if (cells.length === columns.count) {
        for (const place of columns.secret) {
          const cell = cells[place];
          if (cell?.value && !isPlaceholder(cell.value) && !isSaid(cell.value))
            found.push([cell.start, cell.end]);
        }
        continue;
      }
    }
    columns = namesOf(line);
  }
  return found;
}

function namesOf(line: string) {
  if (line.length > 2_000 || SENTENCE.test(line)) return undefined;
  const separator = SEPARATORS.find((one) => line.includes(one));
  if (separator === undefined) return undefined;
  const names = cellsOf(line, separator, 0).map(({ value }) => value);
  // When and where it was logged may stand in front of the first name.
  names[0] = /\S*$/.exec(names[0] ?? "")?.[0].replace(/^.*[:\]-]$/, "") ?? "";
  if (names.some((name) => name !== "" && !NAME.test(name))) return undefined;
  const secret = names.flatMap((name, place) => (SECRET_NAME.test(name) ? [place] : []));
  return secret.length > 0 ? { separator, count: names.length, secret } : undefined;
}

export const TABLE_RULES: readonly Rule[] = [
  {
    id: "table",
    kind: "secret",
    keywords: ["pass", "pwd", "secret", "token", "key", "비밀", "주민", "ssn", "rrn"],
    search: secretCells,
  },
];
