/** What is taken out of log text before it leaves for people: one kind of secret or personal data. */
interface Rule {
  readonly placeholder: string;
  /** Linear in the text: every repetition has a bound or cannot overlap with what follows it. */
  readonly pattern: RegExp;
  /** Whether a match is one. Default: always. */
  readonly isSecret?: (match: string) => boolean;
  /** What of the match stays, in front of the placeholder. Default: nothing. */
  readonly keep?: (match: string) => string;
  /** What of the match stays behind the placeholder. Default: nothing. */
  readonly keepEnd?: (match: string) => string;
}

const KEY_NAMES =
  "pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|client[_-]?secret|auth(?:orization)?|credentials?|session(?:[_-]?id)?|cookie|signature|x-api-key|connection[_-]?string|account[_-]?key";

const upTo = (separator: RegExp) => (match: string) => {
  const found = separator.exec(match);
  return found ? match.slice(0, found.index + found[0].length) : "";
};

const RULES: readonly Rule[] = [
  {
    placeholder: "<private-key>",
    pattern:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]{0,8192}?-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[\s\S]{0,8192})/g,
  },
  // scheme://user:password@host
  {
    placeholder: "<password>@",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,128}:[^\s"'<>]{1,256}@/gi,
    keep: (match) => match.slice(0, match.indexOf(":", match.indexOf("://") + 3) + 1),
  },
  { placeholder: "<jwt>", pattern: /\beyJ[\w-]{8,2048}\.[\w-]{4,4096}(?:\.[\w-]{0,1024})?/g },
  {
    placeholder: "<token>",
    pattern: /\b(?:bearer|basic|digest)\s{1,4}[\w.~+/=:-]{6,4096}/gi,
    keep: upTo(/\s+/),
  },
  { placeholder: "<token>", pattern: /\b(?:token|apikey)\s{1,4}[\w.~+/=:-]{16,4096}/gi, keep: upTo(/\s+/) },
  { placeholder: "<aws-key>", pattern: /\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}\b/g },
  // Tokens that say by their beginning whose they are.
  {
    placeholder: "<token>",
    pattern:
      /\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,64}|xox[abeoprs]-[\w-]{8,255}|xapp-[\w-]{8,255}|sk-(?:proj-|ant-)?[\w-]{16,255}|[rsp]k_(?:live|test)_\w{8,128}|AIza[\w-]{30,64}|ya29\.[\w-]{16,512}|npm_\w{30,64}|pypi-[\w-]{30,255}|dop_v1_[0-9a-f]{32,128}|SG\.[\w-]{10,64}\.[\w-]{10,128}|hf_\w{20,64}|whsec_\w{16,128})/g,
  },
  { placeholder: "<webhook>", pattern: /https:\/\/hooks\.slack\.com\/[\w/-]{1,256}/gi },
  // password=…, "apiKey": "…", X-Api-Key: …
  {
    placeholder: "<secret>",
    pattern: new RegExp(
      `(?<![A-Za-z0-9])[\\w.-]{0,40}(?:${KEY_NAMES})\\\\{0,4}["']?\\s{0,4}(?:=>|[:=])\\s{0,4}(?:\\\\{0,4}"[^"\\n]{1,1024}"|'[^'\\n]{1,1024}'|[^\\s,;&)}\\]"'<]{1,1024})`,
      "gi",
    ),
    keep: upTo(/\\{0,4}["']?\s{0,4}(?:=>|[:=])\s{0,4}\\{0,4}["']?/),
    keepEnd: (match) => /\\{0,4}["']$/.exec(match)?.[0] ?? "",
  },
  { placeholder: "<email>", pattern: /[\w.%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/gi },
  { placeholder: "<card>", pattern: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])/g, isSecret: hasLuhnDigit },
  {
    placeholder: "<iban>",
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g,
    isSecret: (match) => /\d{4}/.test(match),
  },
  // A Korean resident registration number.
  { placeholder: "<resident-number>", pattern: /(?<![\w-])\d{6}-[1-8]\d{6}(?![\w-])/g },
  {
    placeholder: "<phone>",
    pattern:
      /(?<![\w.:-])(?:\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}|0\d{1,2}[ -]\d{3,4}[ -]\d{4}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})(?![\w-])/g,
  },
  {
    placeholder: "<ip>",
    pattern: /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]*\d)/g,
  },
  {
    placeholder: "<ip>",
    pattern:
      /(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})(?![\w:])/gi,
  },
];

/**
 * The text without secrets and personal data: keys, tokens, passwords, e-mail and IP addresses, card, account and
 * phone numbers each become a placeholder such as `<email>`. What only looks like one may go too: rather too much.
 *
 * A placeholder has angle brackets: whoever shows the text escapes it.
 */
export function redact(text: string): string {
  return RULES.reduce(
    (redacted, { pattern, placeholder, isSecret, keep, keepEnd }) =>
      redacted.replace(pattern, (match) => {
        if (isSecret && !isSecret(match)) return match;
        return `${keep?.(match) ?? ""}${placeholder}${keepEnd?.(match) ?? ""}`;
      }),
    text,
  );
}

/** Whether the digits end with the check digit that card numbers have (ISO/IEC 7812). */
function hasLuhnDigit(text: string): boolean {
  const digits = [...text].filter((character) => character >= "0" && character <= "9").map(Number);
  const sum = digits.reverse().reduce((total, digit, place) => {
    const value = place % 2 === 0 ? digit : digit * 2;
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
