import { createHmac } from "node:crypto";
import { replaceSecrets } from "../../redact/redact.ts";

/** Names that only mean something inside: `db-3.orders.svc`, also with a mask's placeholder in it. */
const INTERNAL_NAME =
  /(?<![\w.<>-])(?:[a-z0-9<>_-]{1,63}\.){1,8}(?:internal|local|localdomain|lan|corp|intranet|svc|home\.arpa)(?![\w-])/gi;
const TOKEN = /<([A-Z][A-Z_]{1,40})_[0-9a-f]{8}>/g;

/** A text with tokens in the place of what must not leave. */
export interface TokenizedText {
  readonly text: string;
  /**
   * Puts back, into an answer, what people may see: a name as it was, a placeholder such as `<email>` for a secret or personal value.
   * So it does for tokens that the answer made up.
   */
  restore(answer: string): string;
}

/**
 * Replaces secrets, personal data and internal names by keyed tokens such as `<EMAIL_3f2a9c1e>`. The same value always has the
 * same token, so the same error reads the same; without the key nobody can find a value by trying.
 */
export class Tokenizer {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  tokenize(text: string): TokenizedText {
    const names = new Map<string, string>();
    const withoutSecrets = replaceSecrets(text, (kind, value) => this.#token(kind, value));
    const tokenized = withoutSecrets.replace(INTERNAL_NAME, (name) => {
      const token = this.#token("host", name);
      names.set(token, name);
      return token;
    });
    return { text: tokenized, restore: (answer) => restore(answer, names) };
  }

  /** Text that only who has the key can make; the same for the same purpose. */
  sign(purpose: string): string {
    return createHmac("sha256", this.#key).update(purpose).digest("hex").slice(0, 16);
  }

  #token(kind: string, value: string): string {
    const mac = createHmac("sha256", this.#key).update(`${kind}\u0000${value}`).digest("hex");
    return `<${kind.toUpperCase().replaceAll("-", "_")}_${mac.slice(0, 8)}>`;
  }
}

function restore(answer: string, names: ReadonlyMap<string, string>): string {
  return answer.replace(
    TOKEN,
    (token, kind: string) => names.get(token) ?? `<${kind.toLowerCase().replaceAll("_", "-")}>`,
  );
}
