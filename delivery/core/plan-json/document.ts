import { gunzipSync } from "node:zlib";
import { parseAllDocuments } from "yaml";
import { ExactNumber, isRounded, parseExactly } from "./json.ts";
import { type Node, TextDocument } from "./node.ts";

/** A longer text is no YAML that somebody wrote, and takes seconds to read. */
const LONGEST_YAML = 500_000;
const LONGEST_DECODED = 1_000_000;
/** Shorter Base64 decodes to readable text by chance. */
const SHORTEST_BASE64 = 24;

/**
 * A text that is a document, read: a JSON object or list, YAML that ends its lines, or Base64 (gzip in it, too) of a text.
 *
 * @param toNode makes a node of a value of the document.
 */
export function documentOf(text: string, toNode: (value: unknown) => Node): TextDocument | undefined {
  return jsonOf(text, toNode) ?? base64Of(text, toNode) ?? yamlOf(text, toNode);
}

function jsonOf(text: string, toNode: (value: unknown) => Node): TextDocument | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return new TextDocument("json", toNode(parseExactly(text)), text);
  } catch {
    return undefined;
  }
}

function base64Of(text: string, toNode: (value: unknown) => Node): TextDocument | undefined {
  const compact = text.replace(/\r?\n/g, "");
  if (compact.length < SHORTEST_BASE64 || compact.length % 4 !== 0) return undefined;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  try {
    const bytes = Buffer.from(compact, "base64");
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = isGzip ? gunzipSync(bytes, { maxOutputLength: LONGEST_DECODED }) : bytes;
    const decoded = new TextDecoder("utf-8", { fatal: true }).decode(plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a text has none of these.
    if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(decoded) || decoded.trim() === "")
      return undefined;
    return new TextDocument("base64", toNode(decoded), text);
  } catch {
    return undefined;
  }
}

/** Whether a line of the text looks like a key or an element. */
const YAML_LINE = /^[ ]*(?:- |["']?[\w./-]+["']?:(?: |$))/m;

function yamlOf(text: string, toNode: (value: unknown) => Node): TextDocument | undefined {
  if (!text.includes("\n") || text.length > LONGEST_YAML || !YAML_LINE.test(text)) return undefined;
  try {
    const documents = parseAllDocuments(text, { intAsBigInt: true, logLevel: "silent" });
    if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined;
    const values = documents.map((document) => plain(document.toJS({ maxAliasCount: 100 })));
    if (!values.every((value) => typeof value === "object" && value !== null)) return undefined;
    const [only] = values;
    return new TextDocument("yaml", toNode(values.length === 1 ? only : values), text);
  } catch {
    return undefined;
  }
}

/** YAML's values as JSON has them: whole numbers come as BigInt, so that none is rounded. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    const text = String(value);
    return isRounded(Number(value), text) ? new ExactNumber(text) : Number(value);
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
