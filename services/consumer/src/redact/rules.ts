/** One kind of secret or personal data, and how it is known. */
export interface Rule {
  /** Name of the kind, in lower case: `email`. */
  readonly kind: string;
  /** Linear in the text: every repetition has a bound or cannot overlap with what follows it. */
  readonly pattern: RegExp;
  /** Whether a match is one. Default: always. */
  readonly isSecret?: (match: string) => boolean;
  /** What of the match stays, in front. Default: nothing. */
  readonly keep?: (match: string) => string;
  /** What of the match stays, behind. Default: nothing. */
  readonly keepEnd?: (match: string) => string;
}

const KEY_NAMES =
  "pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|client[_-]?secret|auth(?:orization)?|credentials?|session(?:[_-]?id)?|cookie|sig(?:nature)?|x-api-key|connection[_-]?string|(?:account|encryption|signing|instrumentation)[_-]?key";
/** `=`, `:`, `=>`, and `=` or `:` as URLs write them. */
const ASSIGNS = "(?:=>|[:=]|%3[ad])";

const upTo = (separator: RegExp) => (match: string) => {
  const found = separator.exec(match);
  return found ? match.slice(0, found.index + found[0].length) : "";
};
/** What a match has in front of its last word. */
const upToLastWord = (match: string) => /^.*[\s"'`:=]/s.exec(match)?.[0] ?? "";
const closingQuote = (match: string) => /\\{0,4}["']$/.exec(match)?.[0] ?? "";
const lastWord = (match: string) => match.slice(upToLastWord(match).length);
const hasDigit = (text: string) => /\d/.test(text);

/** What people say of a password without telling it. */
const SAID_OF_SECRETS =
  /^(?:a|about|absent|accepted|already|also|an|and|being|blank|changed|compared|correct|deleted|denied|different|disabled|due|empty|enabled|encrypted|expired|expiring|fine|for|found|given|hashed|here|ignored|in|incorrect|invalid|it|known|locked|longer|made|malformed|missing|needed|never|new|no|none|not|now|null|ok|old|only|or|out|present|read|refused|rejected|removed|required|reset|revoked|rotated|sent|set|shorter|shown|still|stored|the|their|there|to|too|undefined|unknown|unset|used|valid|weak|within|without|wrong|your)$/i;

/** In order: what an earlier rule has taken, a later one does not see. */
export const RULES: readonly Rule[] = [
  {
    kind: "private-key",
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[\s\S]{0,8192}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|[\s\S]{0,8192})/g,
  },
  // All pairs of a Cookie or Set-Cookie header.
  {
    kind: "cookie",
    pattern: new RegExp(
      `\\b(?:set-)?cookie\\\\{0,4}["']?\\s{0,4}${ASSIGNS}\\s{0,4}\\\\{0,4}["']?[^\\s;,="'<]{1,256}=[^\\s;,"'<\\\\]{0,4096}(?:;\\s{0,4}[^\\s;,="'<]{1,256}(?:=[^\\s;,"'<\\\\]{0,4096})?){0,63}`,
      "gi",
    ),
    keep: upTo(/cookie\\{0,4}["']?\s{0,4}(?:=>|[:=]|%3[ad])\s{0,4}\\{0,4}["']?/i),
  },
  // scheme://user:password@host
  {
    kind: "password",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{0,128}:[^\s"'<>]{1,256}@/gi,
    keep: (match) => match.slice(0, match.indexOf(":", match.indexOf("://") + 3) + 1),
    keepEnd: () => "@",
  },
  // jdbc:oracle:thin:user/password@host, user:password@tcp(host)
  {
    kind: "password",
    pattern: /\bjdbc:oracle:[a-z]{2,8}:[^\s/@]{1,64}\/[^\s@"'<>]{1,128}@/gi,
    keep: upTo(/\//),
    keepEnd: () => "@",
  },
  {
    kind: "password",
    pattern: /\b[\w.-]{1,64}:[^\s:@/"'<>]{1,128}@(?:tcp|udp|unix)\(/g,
    keep: upTo(/:/),
    keepEnd: (match) => match.slice(match.lastIndexOf("@")),
  },
  { kind: "jwt", pattern: /\beyJ[\w-]{8,2048}\.[\w-]{4,4096}(?:\.[\w-]{0,4096}){0,4}/g },
  { kind: "token", pattern: /\b(?:bearer|basic|digest)\s{1,4}[\w.~+/=:-]{6,4096}/gi, keep: upTo(/\s+/) },
  { kind: "token", pattern: /\b(?:token|apikey)\s{1,4}[\w.~+/=:-]{16,4096}/gi, keep: upTo(/\s+/) },
  {
    kind: "token",
    pattern: /\b(?:negotiate|ntlm|bot|hawk)\s{1,4}[\w.~+/=:-]{16,4096}/gi,
    keep: upTo(/\s+/),
    isSecret: hasDigit,
  },
  { kind: "aws-key", pattern: /\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ANVA|ABIA|ACCA)[A-Z0-9]{16}\b/g },
  // Tokens that say by their beginning whose they are.
  {
    kind: "token",
    pattern:
      /\b(?:gh[pousr]_\w{20,255}|github_pat_\w{20,255}|gl(?:pat|rt|dt|ptt|cbt|ft|soat|oas)-[\w.-]{16,255}|xox[abeoprs][.-][\w.-]{8,255}|xapp-[\w-]{8,255}|sk-(?:proj-|ant-|or-)?[\w-]{16,255}|gsk_\w{20,128}|[rsp]k_(?:live|test)_\w{8,128}|AIza[\w-]{30,64}|ya29\.[\w-]{16,512}|GOCSPX-[\w-]{20,64}|npm_\w{30,64}|pypi-[\w-]{30,255}|do[opr]_v1_[0-9a-f]{32,128}|SG\.[\w-]{10,64}\.[\w-]{10,128}|hf_\w{20,64}|r8_\w{20,64}|whsec_\w{16,128}|dckr_pat_[\w-]{16,64}|hv[sbr]\.[\w-]{20,255}|ATATT3x[\w=-]{20,255}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,64}|sq0(?:atp|csp)-[\w-]{16,64}|lin_api_\w{20,64}|ntn_\w{20,64}|figd_[\w-]{20,64}|NRAK-[A-Z0-9]{20,40}|PMAK-[\w-]{20,80}|dapi[0-9a-f]{32}|AGE-SECRET-KEY-1[A-Z0-9]{40,70}|key-[0-9a-f]{32}|(?:AC|SK)[0-9a-f]{32}|EAA[A-Za-z0-9]{40,255}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,80})/g,
  },
  { kind: "token", pattern: /\b\d{8,10}:AA[\w-]{32,35}/g },
  {
    kind: "webhook",
    pattern:
      /https:\/\/(?:hooks\.slack\.com|discord(?:app)?\.com\/api\/webhooks|[\w-]{1,63}\.webhook\.office\.com)\/[\w/@.-]{1,512}/gi,
  },
  // An AWS secret access key, or what looks like one.
  {
    kind: "secret",
    pattern: /(?<![\w/+=.-])[A-Za-z0-9/+]{40}(?![\w/+=-])/g,
    isSecret: (match) => hasDigit(match) && /[a-z]/.test(match) && /[A-Z]/.test(match),
  },
  // password=…, "apiKey": "…", X-Api-Key: …
  {
    kind: "secret",
    pattern: new RegExp(
      `(?<![A-Za-z0-9])[\\w.-]{0,40}(?:${KEY_NAMES})\\\\{0,4}["']?\\s{0,4}${ASSIGNS}\\s{0,4}(?:\\\\{0,4}"[^"\\n]{1,1024}"|'[^'\\n]{1,1024}'|[^\\s,;&)}\\]"'<]{1,1024})`,
      "gi",
    ),
    keep: upTo(/\\{0,4}["']?\s{0,4}(?:=>|[:=]|%3[ad])\s{0,4}\\{0,4}["']?/i),
    keepEnd: closingQuote,
  },
  // --password …, -u user:…
  {
    kind: "secret",
    pattern: new RegExp(
      `(?<![\\w-])--[\\w-]{0,40}(?:${KEY_NAMES})\\s{1,4}(?:"[^"\\n]{1,1024}"|'[^'\\n]{1,1024}'|[^\\s"'<-][^\\s"'<]{0,1023})`,
      "gi",
    ),
    keep: upTo(/\s{1,4}["']?/),
    keepEnd: closingQuote,
  },
  {
    kind: "secret",
    pattern: /(?<![\w-])(?:-u|--user)\s{1,4}["']?[^\s:"'<]{1,64}:[^\s"'<]{1,256}/g,
    keep: upTo(/:/),
  },
  // password is …, token was …
  {
    kind: "secret",
    pattern:
      /\b(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api[ _-]?key|access[ _-]?key|credentials?)\s{1,4}(?:is|was|are|were|of|(?:changed|reset|rotated|set) to)(?:\s{1,4}now)?\s{0,2}:?\s{1,4}(?:"[^"\n]{1,256}"|'[^'\n]{1,256}'|[^\s,;"'<>]{1,256})/gi,
    isSecret: (match) => /["']$/.test(match) || !SAID_OF_SECRETS.test(lastWord(match).replace(/\W+$/, "")),
    keep: upTo(
      /\s(?:is|was|are|were|of|(?:changed|reset|rotated|set) to)(?:\s{1,4}now)?\s{0,2}:?\s{1,4}["']?/i,
    ),
    keepEnd: closingQuote,
  },
  // with password hunter2: a word that is none of a language.
  {
    kind: "secret",
    pattern:
      /\b(?:pass(?:word|wd|phrase|code)|pwd|secret|api[ _-]?key)\s{1,4}(?:"[^"\n]{1,256}"|'[^'\n]{1,256}'|[^\s,;"'<>=:]{4,256})/gi,
    isSecret: (match) => /["']$/.test(match) || /\d[^\d]|[^\d]\d|[!@#$%^&*]/.test(lastWord(match)),
    keep: upTo(/\s{1,4}["']?/),
    keepEnd: closingQuote,
  },
  {
    kind: "secret",
    pattern: /(?:비밀번호|패스워드|암호|인증번호)(?:[는은이가])?\s{0,4}[:=]?\s{0,4}["']?[!-;=?-~]{3,256}/g,
    keep: upTo(/(?:비밀번호|패스워드|암호|인증번호)(?:[는은이가])?\s{0,4}[:=]?\s{0,4}["']?/),
  },
  {
    kind: "secret",
    pattern: /\b(?:PIN|OTP|CVV2?|CVC2?|2FA)(?:\s{1,2}code)?\s{0,2}(?:is|was|[:=])?\s{0,4}\d{3,8}\b/gi,
    keep: upTo(/\D(?=\d{3,8}$)/),
  },
  {
    kind: "email",
    pattern: /[\p{L}\p{N}_.%+-]{1,64}(?:@|%40)[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu,
  },
  {
    kind: "card",
    pattern: /(?<![A-Za-z0-9.])(?:\d(?:[ -]?\d){12,18}|\d{4}(?:\.\d{4}){3})(?![A-Za-z0-9])/g,
    isSecret: hasLuhnDigit,
  },
  {
    kind: "iban",
    pattern: /\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b/g,
    isSecret: (match) => /\d{4}/.test(match),
  },
  // A Korean resident or alien registration number, also when its end is starred out.
  { kind: "resident-number", pattern: /(?<![\w-])\d{6}\s?[-–]\s?\d(?:\d{6}(?![\w-])|[*xX●]{6})/g },
  {
    kind: "resident-number",
    pattern: /(?<!\w)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[1-8]\d{6}(?!\w)/g,
  },
  { kind: "social-security-number", pattern: /(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])/g },
  // A Korean driver's licence.
  { kind: "licence", pattern: /(?<![\w-])\d{2}-\d{2}-\d{6}-\d{2}(?![\w-])/g },
  {
    kind: "phone",
    pattern:
      /(?<![\w.:-])(?:\+\d{1,3}[ .-]?(?:\(0\) ?)?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}|0\d{1,3}[ .-]\d{3,4}[ .-]\d{4}|\(0\d{1,2}\) ?\d{3,4}[ -]\d{4}|\(\d{3}\) ?\d{3}[ -]\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4}|01[016-9]\d{7,8})(?![\w-])/g,
  },
  { kind: "account", pattern: /(?<![\w.:-])\d{3,6}-\d{2,6}-\d{5,8}(?:-\d{1,3})?(?![\w-])/g },
  { kind: "mac", pattern: /(?<![\w:-])[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})(?![\w:-])/gi },
  {
    kind: "ip",
    pattern: /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]*\d)/g,
  },
  // As hosts are named after their address: ip-10-20-30-40.
  { kind: "ip", pattern: /\bip(?:-\d{1,3}){4}(?![\w-])/gi },
  {
    kind: "ip",
    pattern:
      /(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}|::(?:[0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){2,7}:)(?![\w:])/gi,
  },
];

/** Whether the digits end with the check digit that card numbers have (ISO/IEC 7812). */
function hasLuhnDigit(text: string): boolean {
  const digits = [...text].filter((character) => character >= "0" && character <= "9").map(Number);
  const sum = digits.reverse().reduce((total, digit, place) => {
    const value = place % 2 === 0 ? digit : digit * 2;
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}
