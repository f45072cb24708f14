import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { SealError } from "../errors.ts";

/**
 * A sealed file: `CALIPLAN1`, the length of the header (4 bytes, big endian), the header, a nonce (12 bytes), the tag (16 bytes), and the
 * content, encrypted with AES-256-GCM. The header stands in clear text, and is authenticated with the content.
 */
const MAGIC = Buffer.from("CALIPLAN1");
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LONGEST_HEADER = 1024 * 1024;

/** A header and its content. */
export interface Sealed {
  readonly header: string;
  readonly content: Uint8Array;
}

/** Seals a content, bound to a header that anybody may read. */
export function seal({ header, content }: Sealed, key: Buffer): Buffer {
  const prefix = prefixOf(Buffer.from(header));
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(prefix);
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([prefix, nonce, cipher.getAuthTag(), encrypted]);
}

/** Opens a sealed file. @throws SealError when it is none, the key is another, or a byte of it was changed */
export function unseal(file: Buffer, key: Buffer): Sealed {
  const headerAt = MAGIC.length + 4;
  if (file.length < headerAt || !file.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new SealError("given a file that is no sealed bundle; allowed: what cali plan --seal writes");
  }
  const length = file.readUInt32BE(MAGIC.length);
  const nonceAt = headerAt + length;
  const tagAt = nonceAt + NONCE_BYTES;
  const contentAt = tagAt + TAG_BYTES;
  if (length > LONGEST_HEADER || file.length < contentAt) {
    throw new SealError("the sealed bundle was cut off; allowed: the whole of what cali plan --seal writes");
  }
  const decipher = createDecipheriv(CIPHER, key, file.subarray(nonceAt, tagAt), { authTagLength: TAG_BYTES });
  decipher.setAAD(file.subarray(0, nonceAt));
  decipher.setAuthTag(file.subarray(tagAt, contentAt));
  try {
    const content = Buffer.concat([decipher.update(file.subarray(contentAt)), decipher.final()]);
    return { header: file.subarray(headerAt, nonceAt).toString(), content };
  } catch (error) {
    throw new SealError(
      "the sealed bundle doesn't open: CALI_PLAN_KEY is not the one it was sealed with, or the bundle was changed\nRemedy: plan again.",
      { cause: error },
    );
  }
}

function prefixOf(header: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  return Buffer.concat([MAGIC, length, header]);
}
