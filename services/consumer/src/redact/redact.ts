import { RULES } from "./rules.ts";

/**
 * The text without secrets and personal data: keys, tokens, passwords, e-mail and IP addresses, card, account and
 * phone numbers each become a placeholder such as `<email>`. What only looks like one may go too: rather too much.
 *
 * A placeholder has angle brackets: whoever shows the text escapes it.
 */
export function redact(text: string): string {
  return replaceSecrets(text, (kind) => `<${kind}>`);
}

/** The text with something else for each secret and personal value. `kind` is the rule's: `email`. */
export function replaceSecrets(text: string, replace: (kind: string, value: string) => string): string {
  return RULES.reduce(
    (rest, { pattern, kind, isSecret, keep, keepEnd }) =>
      rest.replace(pattern, (match) => {
        if (isSecret && !isSecret(match)) return match;
        const before = keep?.(match) ?? "";
        const after = keepEnd?.(match) ?? "";
        return `${before}${replace(kind, match.slice(before.length, match.length - after.length))}${after}`;
      }),
    text,
  );
}
