import { entropyOf } from "./checksums.ts";

/** What stands for a value that is none, or was taken out already. */
const STANDS_FOR_ONE =
  /^(?:[*x•●#._?-]+|\$\{[^}]*\}?|\{\{.*|\$\(?[A-Z_]+\)?|%[-\w]{1,3}|%\{?[\w.-]+\}?%?|<[^>]*>?|\[?\(?(?:redacted|filtered|masked|hidden|secret|sensitive|protected|removed|empty|none|null|nil|undefined|unset|true|false|yes|no|void|nan|n\/a)\)?\]?|\(?sensitive value\)?)$/i;

/** What people say of a password or token without giving it away. */
const SAID_OF_SECRETS = new Set(
  `a about absent accepted after already also an and any are as at authentication available bad be been before being between blank but by can cannot
  caused changed check checked compared contains correct could count created denied deleted destroyed detected did different disabled does doesn due
  empty enabled encrypted error exceeded exception exists expected expired expires expiring expiry failed failure field fine for forbidden format found
  from generated given given granted has hash hashed have here if ignored in incorrect input insufficient invalid is issued it its known length less
  like limit locked longer made malformed matches may mismatch mismatched missing more must needed never new no none not null now obtained of off ok
  old on once only optional or out over parse parsing pattern policy present provided read received refresh refreshed refused rejected removed renewed
  required reset restored returned revoked rotated rotation sent service set should shorter shown signature since size started still storage stored
  string successful successfully than that the their there this timeout to token too type unable unauthorized undefined unexpected unknown
  unrecognized unset unsupported until unverified update updated used user user's username valid validated validation value values verified verification
  verify via was weak were when while will with within without wrong your
  argument deprecated env file flag option parameter prompt variable
  basic bearer digest negotiate ntlm plain oauth oauth2 saml saml2 oidc jwt hmac iam kerberos ldap x509 mtls sso apikey
  md5 sha1 sha256 sha384 sha512 sha-1 sha-256 sha-512 hs256 hs512 rs256 rs512 es256 bcrypt argon2 argon2id scrypt pbkdf2 aes128 aes256 aes-256-gcm base64 utf-8`
    .split(/\s+/)
    .filter(Boolean),
);
/** Verbs and the like that say what a thing is about to do. */
const WORD = /^[\p{L}][\p{L}'’-]*$/u;

export const hasDigit = (text: string) => /\d/.test(text);
const ENDS = ".,:;!?…";

/** A word without what ends a sentence. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ENDS.includes(text[end - 1] as string)) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Whether the text ends with what a pattern that is sticky and looks behind says: nothing else of the text is tried. */
export function endsWith(text: string, pattern: RegExp): boolean {
  pattern.lastIndex = text.length;
  return pattern.test(text);
}

/** Whether a word says something of a secret (`expired`), rather than being one. */
export const isSaid = (word: string) => SAID_OF_SECRETS.has(withoutEnd(word).toLowerCase());

/** Whether nothing of it could be secret: a placeholder, or taken out already. */
export function isPlaceholder(value: string): boolean {
  if (STANDS_FOR_ONE.test(value)) return true;
  // What is left without our own and the templates' placeholders.
  const rest = value.includes("<") ? value.replaceAll(/<[A-Za-z*][\w-]{0,48}>|<\*>/g, "") : value;
  return !/[\p{L}\p{N}]/u.test(rest);
}

/** Whether it reads like words of a language, such as `too short` or `not found`. */
export const isProse = (value: string) => {
  const words = withoutEnd(value).trim().split(/\s+/);
  return words.every((word) => WORD.test(withoutEnd(word))) && (words.length > 2 || words.some(isSaid));
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const CASE_CHANGE = /[a-z](?=[A-Z])|[A-Z](?=[a-z])/g;

/** Least UTF-16 units of what looks random. */
const LEAST_RANDOM = 16;

/** Whether a machine made it: long, letters and digits mixed, and not a path, a version, a date or a UUID. */
export function looksRandom(value: string, least = LEAST_RANDOM): boolean {
  if (value.length < least || /\s/.test(value) || UUID.test(value)) return false;
  const isMixed = (part: string) => part.length >= 10 && hasDigit(part) && /[A-Za-z]/.test(part);
  // Names of programs change between small and capital letters less often than that.
  const changes = value.match(CASE_CHANGE)?.length ?? 0;
  const isRandom =
    value.split(/[^A-Za-z0-9]/).some(isMixed) || (value.length >= 20 && changes >= value.length / 3);
  return isRandom && entropyOf(value) >= 2.8;
}

/** Whether small and capital letters change as often as no word, and no name of a program, does it. */
export const isOddlyCased = (value: string) =>
  value.length >= 8 && (value.match(CASE_CHANGE)?.length ?? 0) >= value.length / 3;

/** Whether capitals stand within a word, as in no word but a name of a program. */
export const hasCapitalsWithin = (value: string) => /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(value);

/** Names whose value is secret whatever it looks like, unless it says something of one. */
const STRONG =
  /pass|pwd?$|kennwort|contrase|mdp|senha|parol[aă]|has[lł]o|wachtwoord|l[oö]senord|пароль|kh[aẩ]u|[sş]ifre|kata sandi|heslo|jelsz|salasana|adgangskode|κωδικός|รหัสผ่าน|كلمة|סיסמה|पासवर्ड|비번|community|authtok|user\.info|secret|psk|preshared|api[ _-]?key|priv(?:ate|acy)?[ _-]?key|access[ _-]?key|accountkey|storepass|keypass|otp|cvv|cvc/i;
/** Names that many harmless things have, too. */
const VAGUE = /^(?:key|code|state|nonce|ticket|response|sid|auth|session|sess)s?$/i;
/** In front of `key` and `token`, they say that it is none of a lock. */
const NO_LOCK =
  /(?<=(?:public|primary|foreign|routing|sort|partition|cache|object|row|hash|range|group|idempotency|dedup\w*|shard|index|map|lookup|unique|composite|message|order|storage|bucket|surrogate|natural|candidate|translation|i18n|error|status|response|country|zip|postal|area|currency|language|exit|event|product|unexpected|page|next|continuation|pagination|cursor|sync|public ?key|csp|s3|redis|kafka)[ _.-]?)/iy;

export interface Labelled {
  /** `db_password`, as far as it is known. */
  readonly label: string;
  /** What stands in front of it. */
  readonly before: string;
  /** What parts it from its value, white space included. */
  readonly separator: string;
  readonly quoted: boolean;
  readonly value: string;
  /** What stands behind the value. */
  readonly after: string;
}

/** Labels whose facts are kept: text from outside names any number. */
const MOST_LABELS = 1_000;
const factsOfLabels = new Map<string, ReturnType<typeof readLabel>>();

const readLabel = (label: string) => ({
  mayBeOfLock: /^(?:key|token|code|id)/i.test(label),
  isKeyOrCode: /^(?:key|code)/i.test(label),
  isNumber: /^(?:otp|cvv2?|cvc2?|pin)/i.test(label),
  isSecret: /^secrets?(?:[ _-]?id)?$/i.test(label),
  isPass: /^pass$/i.test(label),
  isStrong: STRONG.test(label),
  isVague: VAGUE.test(label),
});

/** What a label says by itself. */
function factsOf(label: string) {
  let facts = factsOfLabels.get(label);
  if (facts === undefined) {
    if (factsOfLabels.size >= MOST_LABELS) factsOfLabels.clear();
    facts = readLabel(label);
    factsOfLabels.set(label, facts);
  }
  return facts;
}

/** Whether the value of something that is called a password, key or token is one, rather than words about it. */
export function isLabelledSecret({ label, before, separator, quoted, value, after }: Labelled): boolean {
  const { mayBeOfLock, isKeyOrCode, isNumber, isSecret, isPass, isStrong, isVague } = factsOf(label);
  if ((isVague && value.length < LEAST_RANDOM) || value.startsWith("{") || isPlaceholder(value)) return false;
  if (mayBeOfLock && endsWith(before, NO_LOCK)) return false;
  // Nobody writes words of that length.
  if (value.length > 64 && !/\s/.test(value)) return true;
  if (isNumber) return /^\d{3,8}$/.test(value) || hasDigit(value);
  const isTight = !quoted && separator === ":";
  if (isTight && (before.endsWith(":") || !isStrong)) return !isKeyOrCode && looksRandom(value);
  if (isSecret && /^(?:arn:|[a-z0-9-]+\/[a-z0-9/._-]+$)/.test(value)) return false;
  if (quoted) {
    if (isProse(value) || isSaid(value)) return false;
    return isStrong || (isVague ? looksRandom(value) : hasDigit(value) || value.length >= 12);
  }
  if (isSaid(value)) return false;
  const isWord = WORD.test(withoutEnd(value));
  // `pass=first` says how something went; db_pass and capitals in a word do not.
  if (isWord && isPass && !/[_-]$/.test(before) && !(separator === "=" && hasCapitalsWithin(value)))
    return false;
  const goesOn = /^[ \t]+\p{L}/u.test(after) && !/^[ \t]+[\w.-]+[=:]/.test(after);
  if (
    ((isWord && !isOddlyCased(value)) || /^\d{1,3}$/.test(value)) &&
    goesOn &&
    /[:\s]/.test(separator) &&
    !separator.includes("=")
  )
    return false;
  if (isStrong) return true;
  if (isVague) return looksRandom(value);
  if (isWord && value.length >= 10 && isOddlyCased(value)) return true;
  if (isWord) return value.length >= 20 && /[a-z][A-Z]|[A-Z][a-z][A-Z]/.test(value);
  return hasDigit(value) ? value.length >= 6 : value.length >= 8;
}
