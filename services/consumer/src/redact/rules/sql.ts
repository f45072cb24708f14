import { type PatternRule, pattern } from "../rule.ts";
import { isPlaceholder, isSaid } from "../values.ts";

const SECRET_COLUMN =
  /pass(?:word|wd|phrase|code)?|pwd|^pw$|secret|token|api_?key|access_?key|private_?key|ssn|rrn|jumin|card_?(?:no|number)|account_?(?:no|number)|cvv|cvc|otp|pin$|비밀번호/i;
const QUOTED = `'((?:[^'\\n]|''){1,512})'`;
const isValue = (value: string) => !isPlaceholder(value) && !isSaid(value);

/** Secrets that statements of a database carry. */
export const SQL_RULES: readonly PatternRule[] = [
  {
    id: "identified-by",
    kind: "password",
    keywords: ["identified", "password"],
    pattern: pattern(
      `\\b(?:IDENTIFIED\\s{1,4}(?:WITH\\s{1,4}["'\`]?[\\w]{1,64}["'\`]?\\s{1,4})?(?:BY|AS)(?:\\s{1,4}(?:PASSWORD|VALUES))?|(?:WITH\\s{1,4}|ENCRYPTED\\s{1,4})PASSWORD|LOGIN\\s{1,4}PASSWORD|PASSWORD)(?:\\s{0,4}[(=]\\s{0,4}|\\s{1,4})(?:${QUOTED}|"([^"\\n]{1,256})")`,
      "i",
    ),
    isSecret: isValue,
  },
  {
    id: "identified-by-bare",
    kind: "password",
    keywords: ["identified"],
    pattern: pattern(
      /\bIDENTIFIED\s{1,4}BY\s{1,4}([^\s'";,<>]{3,256})(?:\s{1,4}REPLACE\s{1,4}([^\s'";,<>]{3,256}))?/,
      "i",
    ),
    isSecret: isValue,
  },
  {
    id: "crypt-call",
    kind: "password",
    keywords: ["crypt(", "md5(", "sha1(", "sha2(", "digest(", "password("],
    pattern: pattern(
      `\\b(?:crypt|md5|sha1|sha2|digest|(?:old_)?password|aes_encrypt|pgp_sym_(?:en|de)crypt)\\(\\s{0,4}${QUOTED}`,
      "i",
    ),
    isSecret: isValue,
  },
  // SET or WHERE of such a column
  {
    id: "column-value",
    kind: "secret",
    keywords: ["="],
    also: ["'"],
    pattern: pattern(
      `["\`\\[]?\\b[\\w.]{0,40}(?:pass(?:word|wd|phrase|code)?|pwd|\\bpw|secret|token|api_?key|access_?key|private_?key)\\w{0,20}["\`\\]]?\\s{0,4}(?:=|LIKE|IN\\s{0,2}\\(|<=>)\\s{0,4}N?${QUOTED}`,
      "i",
    ),
    isSecret: isValue,
  },
  // INSERT INTO users (name, password) VALUES ('kim', '…'), ('lee', '…')
  {
    id: "insert-values",
    kind: "secret",
    keywords: ["values"],
    pattern: pattern(
      /\b(?:insert|replace|merge)\b[^()\n]{0,200}\(([^()]{1,2000})\)\s{0,8}(?:OVERRIDING \w{1,10} VALUE\s{1,4})?VALUES?\s{0,8}(\([\s\S]{1,4000})/,
      "i",
    ),
    spans: insertedSecrets,
  },
];

/** Strings of SQL, or what stands between commas and brackets. */
const TOKEN = /N?'(?:[^']|''){0,512}'|"[^"]{0,512}"|\(|\)|,|[^\s,()'"]{1,512}/g;

/** Of the rows behind VALUES, the values whose column is a secret's. */
function insertedSecrets(match: RegExpExecArray): [number, number][] {
  const [, columns = "", rows = ""] = match;
  const secret = columns.split(",").map((name) => SECRET_COLUMN.test(name.replaceAll(/["`[\]\s]/g, "")));
  if (!secret.includes(true)) return [];
  const from = match.indices?.[2]?.[0] ?? 0;
  const spans: [number, number][] = [];
  let depth = 0;
  let column = 0;
  for (const { 0: token, index } of rows.matchAll(TOKEN)) {
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (token === "," && depth === 1) column++;
    else if (token === ",") column = depth === 0 ? 0 : column;
    else if (depth === 0) break;
    else if (secret[column] && !/^(?:NULL|DEFAULT|\?|[:$@]\w+|%s)$/i.test(token)) {
      const quotes = /^N?['"]/.exec(token)?.[0].length ?? 0;
      const end = quotes > 0 ? 1 : 0;
      if (isValue(token.slice(quotes, token.length - end))) {
        spans.push([from + index + quotes, from + index + token.length - end]);
      }
    }
    if (token === ")" && depth === 0) column = 0;
  }
  return spans;
}
