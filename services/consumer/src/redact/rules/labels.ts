import { type PatternRule, pattern } from "../rule.ts";
import {
  endsWith,
  hasDigit,
  isLabelledSecret,
  isOddlyCased,
  isPlaceholder,
  isProse,
  isSaid,
  looksRandom,
} from "../values.ts";

/** What names of secrets end with. */
const NAMES = [
  "pass(?:[ _-]?word|wd|[ _-]?phrase|code|wort|key)?",
  "pwd",
  "(?<![a-z])pw|(?<=bind|login|user|usr|member|mem|cust|admin|old|new|my|db)pw",
  "(?:ado|gh|github|gitlab|asana|circleci|personal[ _-]?access)[ _-]?pat",
  "community[ _-]?strings?|authtok|crumb|auth\\.user\\.info|(?:priv(?:acy)?|encrypted)[ _-]?key",
  "psk",
  "pre[ _-]?shared[ _-]?key",
  "(?:client|consumer|app|user|shared|signing|webhook)?[ _-]?secret(?:[ _-]?(?:access)?[ _-]?key)?(?:[ _-]?base)?",
  "(?:secret|role[ _-]?secret)[ _-]?id",
  "honeycomb[ _-]?team",
  "token",
  "api[ _-]?(?:key|secret|token)",
  "access[ _-]?key(?:[ _-]?(?:id|secret))?",
  "private[ _-]?key[ _-]?id",
  "(?:private|account|encryption|signing|instrumentation|license|service|fernet|master|subscription|application|app|server|auth|imp|storage|shared[ _-]?access|rest|client|admin|write|ingest|root|jwt|hmac|session)[ _-]?key(?:[ _-]?data)?",
  "(?:store|key|trust)pass",
  "auth",
  "credentials?",
  "sess(?:ion)?[ _-]?id",
  "phpsessid|jsessionid|connect\\.sid|laravel_session|sessid",
  "session",
  "(?:csrf|xsrf)[ _-]?(?:token)?",
  "sig(?:nature)?",
  "connection[ _-]?string",
  "(?:client[ _-]?)?assertion",
  "otp|cvv2?|cvc2?|pin[ _-]?(?:code|number)?",
  // Passwords in other languages
  "kennwort|contrase[nñ]a|mot\\s?de\\s?passe|mdp|senha|parol[aă](?: d'ordine)?|has[lł]o|wachtwoord|l[oö]senord|пароль|m[aậ]t kh[aẩ]u|[sş]ifre|kata sandi|heslo|jelsz[oó]|salasana|adgangskode|passord|κωδικός|รหัสผ่าน|كلمة المرور|סיסמה|पासवर्ड",
  "(?<=[?&])(?:state|nonce|ticket|response)|captcha[ _-]?response",
  "authz|code[ _-]?verifier|saml(?:request|response)",
  "salt",
  "code",
  "key",
  "sid",
].join("|");
/** A name may go on: passwordHash, password_confirmation, token2. */
const SUFFIX =
  "(?:s|\\d|[ _-]?(?:hash|digest|text|plain|value|confirm(?:ation)?|again|new|old|data|header|base64|encrypted|pem|str|string))?";
const LABEL = `(?<label>(?:${NAMES})${SUFFIX})`;
/** What closes a name; PHP says whose it is, too: ["password":protected]. */
const CLOSED =
  '(?:\\[\\]|\\}(?=[ \\t]{0,4}=)|["\'`\\])]{0,2})(?:(?::"[\\w\\\\]{1,64}")?:(?:protected|private)\\])?';
/** What languages write between `=` and a value: string(7) of PHP, Some( of Rust, b of Python, |- and !!str of YAML. */
const TYPE =
  "(?:string\\(\\d{1,6}\\)\\s{0,2}|(?:Some|Just|Secret|SecretStr|SecretString|String|Optional|Sensitive|Buffer(?:\\.from)?)[(\\[]\\s{0,2}|[bru@](?=[\"'])|[>|][+-]?\\d?\\s{1,40}|!!?\\w{1,20}\\s{1,4}|\\[\\s{0,4}|&)?";
/** White space, and the next line if it is indented. */
const GAP = "(?:[ \\t]{0,24}(?:\\r?\\n[ \\t]{1,40}(?:-[ \\t]{1,4})?)?)";
const ASSIGN = `(?<separator>${CLOSED}[ \\t]{0,8}(?:!?={1,3}>?|=>|:=|->|:(?![:/])=?)${GAP})${TYPE}`;
/** A template's placeholder, and `&` that begins no other parameter, are part of a value. */
const BARE = "(?:[^\\s,;&|)}\\]\"'`<>]|&(?![\\w.%-]{1,40}=)|<[A-Z*]{1,8}>)";
const VALUE = `(?:"(?<double>[^"\\n]{1,512})"|'(?<single>[^'\\n]{1,512})'|["'\`]{0,3}(?<bare>${BARE}{1,4096}))`;
const KEYWORDS = [
  ..."pass pwd pw psk secret token key auth credential sess sig csrf xsrf connection assertion otp cvv cvc pin salt code sid kennwort contrase mot mdp senha parola hasło haslo wachtwoord lösenord losenord пароль khẩu khau şifre sifre sandi heslo jelsz salasana adgangskode κωδικός รหัสผ่าน كلمة סיסמה पासवर्ड pat community crumb user.info verifier saml honeycomb state nonce ticket response".split(
    " ",
  ),
];

const givenValue = ({ groups = {} }: RegExpExecArray) => groups.double ?? groups.single ?? groups.bare ?? "";

/** What a name in small letters may begin with; behind anything else it is the end of another word: bypass, monkey. */
const OWNERS =
  /(?<=(?:^|[^a-z])(?:my|db|pg|x|user|usr|cust|member|mem|bind|jwt|root|admin|login|old|new|client|auth|api|access|refresh|id|rest|app|mysql|redis|smtp|ftp|git|bot|sa|default|master|device|php|asp|j|http|csrf|service|secure|store|key|trust|imp|lib|current|mail|wifi|ssh|ssl|tls|proxy|sudo|postgres|mongo|ldap|jdbc|web|super|session|bearer|private|secret|account))/iy;

/** Names that are one behind any word, too: jwtsecret. */
const WHOLE = /^(?:pass(?:word|wd|phrase|code)|secret|token|api[_-]?key|credential)/i;

const isSmall = (letter = "") => letter >= "a" && letter <= "z";

/** Reads what stands around the value, and whether it is a secret. */
function isAssigned(_: string, match: RegExpExecArray): boolean {
  const { groups = {}, index, input } = match;
  const { label = "", separator = "" } = groups;
  const before = input.slice(Math.max(0, index - 24), index);
  const isPartOfWord = isSmall(before.at(-1)) && isSmall(label[0]) && !WHOLE.test(label);
  if (isPartOfWord && !endsWith(before, OWNERS)) return false;
  return isLabelledSecret({
    label,
    before,
    separator: separator.replace(/^["'`\])]{1,2}/, ""),
    quoted: groups.bare === undefined,
    value: givenValue(match),
    after: input.slice(index + match[0].length, index + match[0].length + 80),
  });
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** How a secret is called where secrets are kept: projects/7/secrets/db/versions/latest. */
const NAME_IN_STORE = /^[a-z0-9._-]{1,64}(?:\/[a-z0-9._-]{1,64}){2,8}$/;

/** For values in a form of their own: an element, an attribute, a part of a form, a pair. */
const isGiven = (_: string, match: RegExpExecArray) => {
  const value = givenValue(match).trim();
  const label = match.groups?.label ?? "";
  if (isPlaceholder(value) || isSaid(value) || isProse(value)) return false;
  if (/^(?:key|code|sid|session|auth|sig|salt)$/i.test(label)) return looksRandom(value);
  return /^pass|secret|pwd/i.test(label) ? value.length >= 3 : hasDigit(value) || looksRandom(value);
};

/** The value that the match ends with, before its quote. */
const lastValue = (match: RegExpExecArray): [number, number][] => {
  const end = match.index + match[0].length - (match.groups?.bare === undefined ? 1 : 0);
  return [[end - givenValue(match).length, end]];
};

const labelled = (id: string, source: string, extra: Partial<PatternRule> = {}): PatternRule => ({
  id,
  kind: "secret",
  keywords: KEYWORDS,
  pattern: pattern(source, "i"),
  isSecret: isGiven,
  plainSpans: lastValue,
  ...extra,
});

const KOREAN_NAME =
  "(?:비밀\\s?번호|비번|패스워드|암호|인증\\s?(?:번호|키|코드)|보안\\s?(?:번호|코드|키)|(?:시크릿|서비스|접속|비밀|API|액세스|엑세스|접근|인증|라이선스|클라이언트|앱|발급|개인|암호화)\\s?(?:키|토큰|시크릿)|토큰|핀\\s?번호|OTP(?:\\s?번호)?|시크릿)";

const CHINESE_NAME = "(?:密码|密碼|口令|密钥|密鑰|令牌|验证码|パスワード|暗証番号|認証コード|トークン)";

/** A name that words are written behind without white space. */
const behindName = (id: string, name: string, keywords: string[]): PatternRule => ({
  id,
  kind: "secret",
  keywords,
  pattern: pattern(
    `${name}(?:[는은이가를을是为為はが]|\\s?(?:값[은이]?|확인|재입력)|\\s?앞\\s?(?:두|2)\\s?자리)?(?<separator>\\s{0,4}[:=(\\[「『'"]{0,3}\\s{0,4}["'(\\[]?)(?<bare>[!-;=?-Z\\\\^-{}~]{2,512})`,
    "i",
  ),
  plainSpans: lastValue,
  isSecret: (_, match) => {
    const value = givenValue(match).replace(/["')\].,]+$/, "");
    const isNumbered = /번호|코드|OTP|验证码|番号|コード/i.test(match[0].slice(0, 8));
    if (isPlaceholder(value) || isSaid(value)) return false;
    if (/^\d+$/.test(value)) return value.length >= (/자리/.test(match[0]) ? 2 : isNumbered ? 4 : 8);
    if (value.length < 3) return false;
    return (
      /[:="']/.test(match.groups?.separator ?? "") ||
      hasDigit(value) ||
      isOddlyCased(value) ||
      /[!@#$%^&*]/.test(value)
    );
  },
});

/** Values that are secret because of what they are called. */
export const LABEL_RULES: readonly PatternRule[] = [
  // {"name":"password","value":"…"}, <property name="password" value="…"/>, - name: DB_PASSWORD, value: …
  labelled(
    "named-value",
    `${LABEL}["']?(?:\\s{0,4},\\s{0,4}["']?|[^<>\\n"']{0,40}\\s|\\s{1,40}|[^"'\\n]{0,20}\\n[^'"]{0,160})(?:value|content|default|val|input_value)["']?\\s{0,2}[:=]\\s{0,4}${VALUE}`,
    { also: ["val", "content", "default"] },
  ),
  // api_key: SecretStr given '…', password was incorrect: tried "…"
  labelled(
    "refused-value",
    `${LABEL}[^\\n"']{0,40}\\b(?:given|got|received|tried|used|entered)\\s{1,2}(?:"(?<double>[^"\\n]{1,512})"|'(?<single>[^'\\n]{1,512})')`,
    { also: ["given", "got", "received", "tried", "used", "entered"] },
  ),
  // ("password", "…"), ["--password","…"]
  labelled(
    "pair",
    `${LABEL}(?<quote>["'])\\s{0,4},\\s{0,4}[bru]?(?:"(?<double>[^"\\n]{1,512})"|'(?<single>[^'\\n]{1,512})')`,
    {
      also: ['"', "'"],
      isSecret: (value, match) => isGiven(value, match) && hasDigit(givenValue(match)),
    },
  ),
  // <ns:Password Type="…">…</ns:Password>, <key>password</key><string>…</string>
  labelled(
    "element",
    `<(?:[\\w.-]{1,40}:)?[\\w.-]{0,40}?${LABEL}(?:\\s[^<>]{0,200})?>\\s{0,40}(?:<!\\[CDATA\\[)?(?<bare>[^<\\]]{1,2048})(?=</|\\]\\])`,
    { also: ["<"] },
  ),
  // <entry key="db.password">…</entry>
  labelled(
    "named-element",
    `<[\\w.:-]{1,40}\\s[^<>\\n]{0,80}?["'][\\w.-]{0,40}?${LABEL}["'][^<>\\n]{0,80}>(?<bare>[^<]{1,2048})(?=</)`,
    { also: ["<"] },
  ),
  // {password,"…"}, {password,<<"…">>}, #{password => <<"…">>}: Erlang's
  labelled(
    "tuple",
    `${LABEL}\\s{0,2}(?:,|=>|:=)\\s{0,2}(?:<<)?"(?<double>[^"\\n]{1,512})"(?=>>|\\s{0,2}\\})`,
    { also: ['"'] },
  ),
  labelled(
    "property-list",
    `<(?:key|name)>[\\w.-]{0,80}?${LABEL}</(?:key|name)>\\s{0,80}<(?:string|data|value)>(?<bare>[^<]{1,2048})`,
    { also: ["<"] },
  ),
  // Content-Disposition: form-data; name="password"
  labelled(
    "form-data",
    `form-data;[^"\\n]{0,20}name="[\\w.-]{0,40}?${LABEL}"(?:;[^\\n]{0,80})?(?:\\r?\\nContent-[\\w-]{1,40}:[^\\n]{0,80}\\n){0,2}\\s{1,8}(?<bare>[^\\s]{1,2048})`,
    { also: ["form-data"] },
  ),
  labelled("label", `${LABEL}${ASSIGN}${VALUE}`, { also: ["=", ":", "->"], isSecret: isAssigned }),
  // password is …, token was …, password changed to …
  {
    id: "said-to-be",
    kind: "secret",
    keywords: ["pass", "pwd", "secret", "token", "key", "credential"],
    pattern: pattern(
      /\b(?:pass(?:word|wd|phrase|code)|pwd|secret|token|api[ _-]?key|access[ _-]?key|credentials?)\s{1,4}(?:is|was|are|were|of|(?:changed|reset|rotated|set) to)(?:\s{1,4}now)?\s{0,2}:?\s{1,4}(?:"([^"\n]{1,256})"|'([^'\n]{1,256})'|([^\s,;"'<>]{1,256}))/,
      "i",
    ),
    isSecret: (value, match) => {
      if (isPlaceholder(value)) return false;
      if (match[3] === undefined) return !isProse(value);
      return !isSaid(value) && !/^\d{1,3}$/.test(value) && !/ed$/.test(value);
    },
  },
  // password for user "kim" is "…"
  {
    id: "said-of-user",
    kind: "password",
    keywords: ["password for"],
    pattern: pattern(
      /\bpassword for (?:the )?(?:\w{1,20} )?(?:"[^"\n]{1,64}"|'[^'\n]{1,64}'|\S{1,64}) (?:is|was) (?:now )?(?:"([^"\n]{1,256})"|'([^'\n]{1,256})')/,
      "i",
    ),
    isSecret: (value) => !isPlaceholder(value) && !isSaid(value),
  },
  // a temporary password is generated for root@localhost: …; the following password to proceed: …
  {
    id: "made-password",
    kind: "password",
    keywords: ["password"],
    also: ["generated", "temporary", "initial", "following", "new value", "reset", "bootstrap", "created"],
    pattern: pattern(
      /(?:(?:generated|temporary|initial|following|bootstrap)\b[^\n:]{0,40}\bpassword|\bpassword\b[^\n:]{0,40}\b(?:generated|created|reset))[^\n:]{0,80}(?:\r?\n\s{0,8}New value)?:\s{1,8}(\S{6,256})/,
      "i",
    ),
    isSecret: (value) =>
      (hasDigit(value) || isOddlyCased(value) || /[&<>!@#$%^*]/.test(value)) &&
      !/^\d{1,4}[-:./]/.test(value) &&
      !isPlaceholder(value),
  },
  // "<taken>" -> "…", as a plan shows a change; changed password from … to …
  {
    id: "changed-to",
    kind: "secret",
    keywords: ["->", "=>"],
    pattern: pattern(/\ue000["']?\s{1,4}[-=]>\s{1,4}["']([^"'\n]{3,512})["']/),
    isSecret: (value) => !isPlaceholder(value) && !isSaid(value),
  },
  {
    id: "changed-from",
    kind: "secret",
    keywords: ["from"],
    also: ["pass", "secret", "token", "key"],
    pattern: pattern(
      /\b(?:chang|updat|replac|rotat)\w{1,3}\s{1,2}[\w.-]{0,40}(?:password|passwd|secret|token|key)\s{1,2}from\s{1,2}["']?([^\s"']{3,512})["']?\s{1,2}to\s{1,2}["']?([^\s"',;]{3,512})/,
      "i",
    ),
    isSecret: (value) => (hasDigit(value) || isOddlyCased(value)) && !isPlaceholder(value),
  },
  // deepgramKEY …, datadog-secret-token …: a name that ends so, and what only a machine makes.
  {
    id: "key-of-vendor",
    kind: "token",
    keywords: ["key", "secret", "token", "access", "private"],
    pattern: pattern(
      /(?<=[a-z]{3})(?:[_.-]?(?:secret|token|key|access|private)){1,3}(?:\s|[:=.-])\s{0,4}["']?([A-Za-z0-9+/_=-]{24,512})(?![\w+/=-])/,
      "i",
    ),
    isSecret: (value, { 0: match, index, input }) => {
      const joined = /^[_.-]/.test(match) || /[A-Z]/.test(match[0] ?? "");
      const name = match.slice(0, match.length - value.length).replace(/^[_.-]/, "");
      return (
        joined &&
        (looksRandom(value, 24) || (UUID.test(value) && /secret|token|private/i.test(name))) &&
        isLabelledSecret({
          label: name.replace(/[\s:=."'-]+$/, ""),
          before: input.slice(Math.max(0, index - 24), index),
          separator: "=",
          quoted: false,
          value,
          after: "",
        })
      );
    },
  },
  // provided: …, for a key or secret that was refused
  {
    id: "provided",
    kind: "secret",
    keywords: ["provided", "given", "received", "got"],
    pattern: pattern(
      /(?:key|token|secret|password|credentials?)\s{1,2}(?:was\s|is\s)?(?:provided|given|received|got)\s{0,2}:?\s{1,2}["']?([^\s"',;<>]{6,1024})/,
      "i",
    ),
    isSecret: (value) => hasDigit(value) && !isPlaceholder(value),
  },
  // with password hunter2, API key 0a1b…: a word that is none of a language.
  {
    id: "beside-name",
    kind: "secret",
    keywords: ["pass", "pwd", "pw ", "psk", "secret", "key", "token", "auth"],
    pattern: pattern(
      /(?:\b|_)(?:pass(?:word|wd|phrase|code)|pwd|pw|psk|secret|(?:api|service|secret|access|license|auth|fernet|encryption|decryption|private|rest|admin|native|app|server|client|master|signing|webhook|account|storage|shared|hmac|aes|deploy|ingest|insert)[ _-]?key|(?:access|refresh|auth|bearer|session|security|invalid|id|personal access|unknown|expired)[ _-]token)\s{1,4}(?:value\s)?(?:"([^"\n]{1,256})"|'([^'\n]{1,256})'|([^\s,;"'<>=:()]{4,1024}))/,
      "i",
    ),
    isSecret: (value, match) => {
      if (isPlaceholder(value) || isProse(value) || isSaid(value) || NAME_IN_STORE.test(value)) return false;
      const isPassword = /^pass|^pwd?/i.test(match[0]);
      if (isPassword)
        return (
          /\d[^\d]|[^\d]\d/.test(value) ||
          isOddlyCased(value) ||
          (match[3] !== undefined && /[!@#$%^&*]/.test(value))
        );
      return looksRandom(value) || (match[3] === undefined && hasDigit(value));
    },
  },
  {
    id: "one-time-code",
    kind: "secret",
    keywords: ["pin", "otp", "cvv", "cvc", "2fa", "mfa", "passcode", "code", "인증"],
    digits: 3,
    pattern: pattern(
      /(?:\b(?:PIN|OTP|CVV2?|CVC2?|[2M]FA|(?:verification|security|confirmation|login|one-time|access|authentication)\s{1,2}(?:code|passcode)|passcode)|인증\s?(?:번호|코드))(?:\s{1,2}code)?\s{0,2}(?:is|was|[:=은는])?\s{0,4}[[(]?(\d{3,8})(?![\dA-Za-z])/,
      "i",
    ),
  },
  behindName("korean-label", KOREAN_NAME, [
    "비밀",
    "비번",
    "패스",
    "암호",
    "인증",
    "보안",
    "시크",
    "토큰",
    "서비",
    "접속",
    "액세",
    "엑세",
    "접근",
    "라이",
    "클라",
    "앱",
    "발급",
    "핀번",
    "핀 번",
    "otp",
    "api",
  ]),
  behindName("chinese-label", CHINESE_NAME, ["密", "口令", "令牌", "验证", "パス", "暗証", "認証", "トーク"]),
  // A wallet's words
  {
    id: "mnemonic",
    kind: "secret",
    keywords: ["mnemonic", "phrase", "seed words", "니모닉", "시드"],
    pattern: pattern(
      /(?:mnemonic|(?:seed|recovery|secret|backup)\s(?:phrase|words)|니모닉|시드\s?(?:구문|문구))[^p{L}\n]{1,8}(?:(?:is|was)\s)?((?:[a-z]{3,8}[ ,"']{1,4}){11,23}[a-z]{3,8})/,
      "iu",
    ),
  },
];
