import { type PatternRule, pattern } from "../rule.ts";
import { hasDigit, isPlaceholder, isSaid, looksRandom } from "../values.ts";

const isToken = (value: string) =>
  !isPlaceholder(value) &&
  !isSaid(value) &&
  !/^[a-z_]{2,24}=[^=]/.test(value) &&
  !/^(?:realm|error|scope|charset|authentication|authorization)\b/i.test(value) &&
  (hasDigit(value) || /=$/.test(value) || (value.length >= 12 && /[a-z][A-Z]|[A-Z][a-z][A-Z]/.test(value)));
const PARAMETER = '[\\w.-]{1,40}=(?:"[^"\\n]{0,1024}"|[^\\s,"\'<>]{1,2048})';

/** What HTTP carries: who asks, and as which session. */
export const HEADER_RULES: readonly PatternRule[] = [
  // All pairs of a Cookie or Set-Cookie header.
  {
    id: "cookie-header",
    kind: "cookie",
    keywords: ["cookie"],
    pattern: pattern(
      /\b(?:set-)?cookie["'\])]{0,2}\s{0,4}(?:=>|[:=]|,)\s{0,4}\[?["']?([^\s;,="'<]{1,256}=[^\s;,"'<]{0,4096}(?:;\s{0,4}[^\s;,="'<]{1,256}(?:=[^\s;,"'<]{0,4096})?){0,63})/,
      "i",
    ),
  },
  {
    id: "cookie-object",
    kind: "cookie",
    keywords: [
      "<cookie",
      "_session",
      "session-token",
      "sessionid",
      "session_id",
      "csrftoken",
      "remember_me",
      "auth_token",
      "wordpress_",
      ".aspnetcore.",
      "play_session",
    ],
    pattern: pattern(
      /(?:<cookie |[\w.-]{0,40}(?:_session|session-token|session_?id|csrftoken|remember_me|auth_token|wordpress_(?:logged_in|sec)_[0-9a-f]{32}|\.AspNetCore\.[\w.-]{1,40}|PLAY_SESSION)(?==))(?:[\w.-]{0,60}=)?([^\s;,"'<>)&]{8,4096})/,
      "i",
    ),
    isSecret: (value) => hasDigit(value) && !isPlaceholder(value),
  },
  // Authorization: AWS4-HMAC-SHA256 Credential=…, Digest username="…", OAuth oauth_token="…"
  {
    id: "authorization-parameters",
    kind: "token",
    keywords: ["authorization", "digest ", "oauth "],
    pattern: pattern(
      `(?:authorization["'\\])]{0,2}\\s{0,4}(?:=>|[:=]|,)\\s{0,4}\\[?["']?\\s{0,2}[A-Za-z][\\w-]{1,40}|\\b(?:digest|oauth))\\s{1,4}(${PARAMETER}(?:,\\s{0,4}${PARAMETER}){0,31})`,
      "i",
    ),
    isSecret: (value) => !isPlaceholder(value) && !/^(?:realm|error)=/i.test(value),
  },
  // Authorization: any scheme and a token, or a token alone
  {
    id: "authorization",
    kind: "token",
    keywords: ["authorization"],
    pattern: pattern(
      /authorization["'\])]{0,2}\s{0,4}(?:=>|[:=]|,)\s{0,4}\[?["']?\s{0,2}(?:[A-Za-z][\w-]{1,40}\s{1,4})?((?:[^\s,"'<>]|<[A-Z*]{1,8}>){4,4096})/,
      "i",
    ),
    // A scheme whose token was taken already is none.
    isSecret: (value, { 0: match, index, input }) =>
      isToken(value) && !/^\s{1,4}<[a-z]/.test(input.slice(index + match.length, index + match.length + 6)),
  },
  {
    id: "scheme-and-token",
    kind: "token",
    keywords: [
      "bearer",
      "basic",
      "digest",
      "token",
      "apikey",
      "negotiate",
      "ntlm",
      "bot ",
      "hawk",
      "genie",
      "splunk",
      "kakaoak",
      "sharedkey",
    ],
    pattern: pattern(
      /\b(?:bearer|basic|digest|negotiate|ntlm|hawk|apikey|token|bot|geniekey|splunk|kakaoak|sharedkey(?:lite)?(?: \w{1,64}:)?)\s{1,4}["']?((?:[\w.~+/=:-]|<[A-Z*]{1,8}>){6,4096})/,
      "i",
    ),
    isSecret: (value, match) =>
      isToken(value) && (/^(?:bearer|basic|negotiate|ntlm|kakaoak)/i.test(match[0]) || looksRandom(value)),
  },
  // ["AUTH","default","…"], AUTH …, C: AUTH PLAIN …
  {
    id: "auth-command",
    kind: "password",
    keywords: ["auth"],
    pattern: pattern(
      /(?<![\w-])AUTH(?:["']\s{0,2},\s{0,2}["'](?:[\w-]{1,64}["']\s{0,2},\s{0,2}["'])?|\s{1,4}(?:(?:PLAIN|LOGIN|CRAM-MD5|XOAUTH2|OAUTHBEARER|default|[a-z]{2,32})\s{1,4})?)([^\s"',<>]{4,2048})/,
    ),
    isSecret: (value) => isToken(value),
  },
  // PASS … of FTP, POP3 and IRC, LOGIN user … of IMAP
  {
    id: "login-command",
    kind: "password",
    keywords: ["pass ", "login "],
    pattern: pattern(
      /(?<![\w-])(?:PASS|LOGIN\s{1,2}[^\s"']{1,64})\s{1,2}["']?([^\s"'<>/()]{6,256})["']?(?=$|[\s,\]}\\])/,
    ),
    isSecret: (value) => hasDigit(value) && /[A-Za-z]/.test(value) && !isPlaceholder(value),
  },
];
