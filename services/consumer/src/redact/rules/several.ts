import { type PatternRule, pattern, type Rule } from "../rule.ts";
import { hasCapitalsWithin, hasDigit, isOddlyCased, isPlaceholder, isSaid, looksRandom } from "../values.ts";

const PLURAL =
  "(?<label>pass(?:words|wds|phrases|codes)|pwds|secrets|tokens|(?:api|access|auth|private|secret|license|signing|encryption)[ _-]?keys|keys|credentials|community[ _-]?strings)";
const ITEM = /["']([^"'\n]{1,512})["']|(?<=-[ \t]{1,4})[^\s"'#]{1,512}/g;

/** Where the items of a list that are secrets stand. */
function secretItems(match: RegExpExecArray): [number, number][] {
  const { label = "", items = "" } = match.groups ?? {};
  const from = match.index + match[0].length - items.length;
  return [...items.matchAll(ITEM)].flatMap(({ 0: whole, 1: quoted, index }): [number, number][] => {
    const value = quoted ?? whole;
    const start = from + index + (quoted === undefined ? 0 : 1);
    const isSecret = /^pass|^pwd|^community/i.test(label)
      ? !isPlaceholder(value) && !isSaid(value) && (hasDigit(value) || isOddlyCased(value))
      : looksRandom(value);
    return isSecret ? [[start, start + value.length]] : [];
  });
}

/** What is written into several fields: jumin1=880214&jumin2=… */
const FIELD_NAME =
  "(?<name>(?:[a-z]{1,12}[_.-])?(?:jumin|ssn|rrn|resident|card|hp|phone|tel|mobile|cell|acct|account)(?:[_-]?(?:no|num|number))?)[_-]?";
const nextField = (place: number) =>
  `["']?\\s{0,2}[,&;]\\s{0,4}["']?\\k<name>[_-]?${place}["']?\\s{0,2}[:=]\\s{0,2}["']?(\\d{3,7})(?!\\d)`;

const STRING = "(?:'[^'\\n]{0,256}'|\"[^\"\\n]{0,256}\")";
const LAST_STRING = "(?:'([^'\\n]{4,256})'|\"([^\"\\n]{4,256})\")";

const SECRET_KIND = /\bkind["']?:\s{0,4}["']?Secret\b/;
const SECRET_DATA =
  /^[ \t]{0,40}(?:data|stringData):[ \t]{0,8}\r?\n((?:[ \t]{1,40}[\w.-]{1,253}:[^\n]{0,8192}(?:\n|$))+)|"(?:data|stringData)"\s{0,4}:\s{0,4}\{([^{}]{1,65536})\}/gm;
const SECRET_ENTRY =
  /(?:^[ \t]{1,40}[\w.-]{1,253}:[ \t]{1,8}["']?|"[\w.-]{1,253}"\s{0,4}:\s{0,4}")([^\s"'|>]{1,8192})/gm;

/** The values of a Kubernetes Secret, whatever they are called. */
function kubernetesSecrets(text: string): [number, number][] {
  if (!SECRET_KIND.test(text)) return [];
  return [...text.matchAll(SECRET_DATA)].flatMap((match) => {
    const entries = match[1] ?? match[2] ?? "";
    const from = match.index + match[0].lastIndexOf(entries);
    return [...entries.matchAll(SECRET_ENTRY)].flatMap(
      ({ 0: whole, 1: value = "", index }): [number, number][] => {
        const end = from + index + whole.length;
        return isPlaceholder(value) ? [] : [[end - value.length, end]];
      },
    );
  });
}

const rule = (
  id: string,
  keywords: string[],
  source: string,
  extra: Partial<PatternRule> = {},
): PatternRule => ({ id, kind: "secret", keywords, pattern: pattern(source, "i"), ...extra });

/** Values that are in a list or in several fields, and values whose name is not right in front of them. */
export const SEVERAL_RULES: readonly Rule[] = [
  { id: "kubernetes-secret", kind: "secret", keywords: ["secret"], search: kubernetesSecrets },
  // tokens = ["…", "…"], and YAML's
  rule(
    "list",
    ["pass", "pwds", "secrets", "tokens", "keys", "credentials", "community"],
    `${PLURAL}["']?\\s{0,4}(?:=>|[:=])(?<items>\\s{0,4}\\[(?:\\s{0,40}["'][^"'\\n]{1,512}["']\\s{0,4},?){1,64}|(?:(?:\\r?\\n[ \\t]{0,20}|[ \\t]{1,8})-[ \\t]{1,4}[^\\n]{1,512}){1,64})`,
    { plainSpans: secretItems },
  ),
  rule(
    "split-fields",
    ["jumin", "ssn", "rrn", "resident", "card", "hp", "phone", "tel", "mobile", "cell", "acc"],
    `(?<![a-z])${FIELD_NAME}1["']?\\s{0,2}[:=]\\s{0,2}["']?(\\d{2,6})${nextField(2)}(?:${nextField(3)})?(?:${nextField(4)})?`,
    {
      kind: "account",
      digits: 7,
      spans: ({ indices = [] }) => indices.slice(2).filter((span) => span !== undefined),
    },
  ),
  // define('DB_PASSWORD', '…')
  rule(
    "php-constant",
    ["define"],
    `\\bdefine\\(\\s{0,4}["']\\w{0,40}(?:password|pass|key|salt|secret|token)["']\\s{0,4},\\s{0,4}(?:'([^'\\n]{1,256})'|"([^"\\n]{1,256})")`,
    { isSecret: (value) => !isPlaceholder(value) && !isSaid(value) },
  ),
  // PDO('mysql:host=db', 'app', '…'), ldap_bind($c, 'cn=app', '…'), login('kim', '…')
  rule(
    "connect-call",
    ["pdo", "mysqli", "_bind", "_login", "_open", "login(", "authenticate("],
    `\\b(?:PDO(?:(?:::|->)__construct)?|mysqli(?:_(?:real_)?connect|(?:::|->)(?:__construct|real_connect))?|ldap_bind|ftp_login|imap_open|login|authenticate)\\((?:(?:${STRING}|[\\w$().#> -]{1,64}),\\s{0,2}){1,2}${LAST_STRING}`,
    {
      kind: "password",
      isSecret: (value) =>
        !isPlaceholder(value) && (hasDigit(value) || hasCapitalsWithin(value)) && !/[\s/=]/.test(value),
    },
  ),
  // new NetworkCredential("kim", "…", "ACME")
  rule(
    "credential-call",
    ["credential", "basicauth", "passwordauthentication", "passwordtoken"],
    `\\b(?:NetworkCredential|UsernamePassword\\w{0,24}|(?:HTTP)?BasicAuth|PasswordAuthentication|BasicCredentials?|PlainCredentials)\\(\\s{0,4}${STRING}\\s{0,2},\\s{0,4}${LAST_STRING}`,
    { kind: "password", isSecret: (value) => !isPlaceholder(value) && !isSaid(value) },
  ),
  // Kakao.init('…')
  rule("sdk-key", [".init"], `\\b[A-Za-z]\\w{1,40}\\.init(?:ialize)?\\(\\s{0,4}["']([\\w.-]{20,256})["']`, {
    kind: "token",
    isSecret: (value) => looksRandom(value),
  }),
  // Password(…), as Scala, Kotlin and Rust print a class of one value
  {
    id: "value-class",
    kind: "secret",
    keywords: ["password(", "secret(", "secretstring(", "secretkey(", "token(", "apikey("],
    pattern: pattern(
      /(?<![a-z])(?:\w{0,20}Password|Secret(?:String|Key)?|ApiKey|(?:Access|Refresh|Auth|Bearer)?Token)\(["']?([^\s()"',=<>]{6,512})["']?\)/,
    ),
    isSecret: (value, match) =>
      (/Token\(/.test(match[0]) ? looksRandom(value) : hasDigit(value) && /[A-Za-z]/.test(value)) &&
      !isPlaceholder(value),
  },
  // {"github-oauth":{"github.com":"…"}}
  rule(
    "token-of-host",
    ["-oauth", "-token"],
    `"(?:github|gitlab|bitbucket)-(?:oauth|token)"\\s{0,4}:\\s{0,4}\\{\\s{0,8}"[^"\\n]{1,253}"\\s{0,4}:\\s{0,4}"([^"\\n]{8,512})"`,
  ),
  // password={…}, as ODBC and SQL Server quote it
  rule("braces", ["={"], "(?:pwd|password)=\\{((?:[^{}\\n]|\\}\\}){1,128})\\}(?=;|$|\\s|[\"'])", {
    kind: "password",
    isSecret: (value) => (hasDigit(value) || hasCapitalsWithin(value)) && !isPlaceholder(value),
  }),
  // … is not a valid API key, … access token invalid
  rule(
    "before-name",
    ["token", "key"],
    "(?<![\\w/.@:-])([A-Za-z0-9_-]{20,256})[\"']?\\s{1,2}(?:is not an? (?:valid )?|is no (?:valid )?|is an invalid |was rejected as |as )?(?:access[ _-]token|api[ _-]?key|secret[ _-]?key|auth[ _-]?token)\\b",
    { isSecret: (value) => looksRandom(value) },
  ),
];
