import { isRounded } from "./json.ts";
import { SENSITIVE } from "./text.ts";

/** Shorter secrets are hidden where Terraform marks them, and not searched for elsewhere: they would be found in every word. */
const SHORTEST_SEARCHED = 6;
/** Single lines of a secret of several lines, such as of a key, are searched for from this length on. */
const SHORTEST_LINE = 24;
const SECRET_KEY = /pass|pwd|secret|token|key|cred|auth/i;

/** Whether a text holds a secret, in any form that it is passed on in. */
export type IsSecret = (text: string) => boolean;

/**
 * Finds secrets in other texts: as they are, trimmed, indented or wrapped, escaped in JSON (twice, too), in an address or in HTML, in hexadecimal, in Base64
 * wherever they begin in what is encoded, or decoded from it. A line of a key is found, and so is a password within a JSON document that is secret.
 */
export function searchFor(secrets: readonly string[]): IsSecret {
  const forms = [...new Set(secrets.flatMap(formsOf).map(fold))].filter(
    (form) => form.length >= SHORTEST_SEARCHED,
  );
  if (forms.length === 0) return () => false;
  return (text) => {
    const folded = fold(text);
    return forms.some((form) => folded.includes(form));
  };
}

/** Without spaces, line ends and escapes. */
const fold = (text: string) => text.replace(/\\+[nrt]|[\s\\]+/g, "");

function formsOf(secret: string): string[] {
  if (secret.trim().length < SHORTEST_SEARCHED) return [];
  const parts = [secret, ...linesOf(secret), ...passwordsIn(secret), ...decoded(secret)];
  return parts
    .filter((part) => part.trim().length >= SHORTEST_SEARCHED)
    .flatMap((part) => {
      const json = JSON.stringify(part).slice(1, -1);
      // As Terraform's jsonencode writes it.
      const html = json.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
      const hex = Buffer.from(part.trim(), "utf8").toString("hex");
      return [
        part,
        json,
        html,
        ...inAddress(part),
        ...inHtml(part),
        hex,
        hex.toUpperCase(),
        ...inBase64(part),
        ...inBase64(part.trim()),
        ...inBase64(Buffer.from(part.trim(), "utf8").toString("base64")),
      ];
    });
}

const linesOf = (secret: string) =>
  secret.includes("\n")
    ? secret.split("\n").filter((line) => line.trim().length >= SHORTEST_LINE && !line.includes("-----"))
    : [];

/** What stands in a secret document under a key such as `password`. */
function passwordsIn(secret: string): string[] {
  if (!/^\s*\{/.test(secret)) return [];
  try {
    const members = Object.entries(JSON.parse(secret) as object);
    return members.flatMap(([key, value]) =>
      SECRET_KEY.test(key) && typeof value === "string" ? [value] : [],
    );
  } catch {
    return [];
  }
}

function decoded(secret: string): string[] {
  const text = secret.replace(/\s/g, "");
  if (!/^[\w+/-]{8,}={0,2}$/.test(text)) return [];
  const plain = Buffer.from(text, "base64").toString("utf8");
  return /^[\p{L}\p{N}\p{P}\p{S}\s]+$/u.test(plain) && !plain.includes("\u{fffd}") ? [plain] : [];
}

/** As addresses have it, in either case, a space as a plus, and encoded again. */
function inAddress(part: string): string[] {
  let encoded: string;
  try {
    encoded = encodeURIComponent(part);
  } catch {
    // Half a surrogate pair has no such form.
    return [];
  }
  const lower = encoded.replace(/%../g, (code) => code.toLowerCase());
  const forms = [encoded, lower].flatMap((form) => [form, form.replaceAll("%20", "+")]);
  return [...forms, ...forms.map((form) => form.replaceAll("%", "%25"))];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function inHtml(part: string): string[] {
  const text = part.replace(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign);
  const quotes = [["&quot;", "&#39;"] as const, ["&#34;", "&#39;"] as const, ["&quot;", "&apos;"] as const];
  return [text, ...quotes.map(([double, single]) => text.replaceAll('"', double).replaceAll("'", single))];
}

/** The characters of the Base64 of any text that holds the part: it may begin at each of three places. */
function inBase64(part: string): string[] {
  const bytes = Buffer.from(part, "utf8");
  return [0, 1, 2].flatMap((before) => {
    const base64 = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const first = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    const form = base64.slice(first, end);
    return [form, form.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** The keys of `for_each` and `count` in an address. */
export const INDEX = /\[(?:\d+|"(?:[^"\\]|\\.)*")\]/g;

/** An address whose keys are not shown where they are secret. */
export function withoutSecrets(address: string, isSecret: IsSecret): string {
  return address.replace(INDEX, (index) => (isSecret(index) ? `["${SENSITIVE}"]` : index));
}

type JsonObject = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A mask's part for a key or an index; a mask of `true` is for everything below it. */
export function part(mask: unknown, key: string | number): unknown {
  if (mask === true) return true;
  if (Array.isArray(mask)) return mask[key as number];
  return isObject(mask) && Object.hasOwn(mask, key) ? mask[key] : undefined;
}

/** Every text and number that a mask hides. The keys of a map that is hidden are names mostly, such as `password`. */
export function secretsIn(value: unknown, mask: unknown): string[] {
  if (typeof value === "string") return mask === true ? [value] : [];
  if (typeof value === "number") return mask === true && !isRounded(value, "") ? [String(value)] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, part(mask, index)));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, part(mask, key)));
}
