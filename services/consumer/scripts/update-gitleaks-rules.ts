import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";

/**
 * Writes `src/redact/gitleaks.json` from a release's config/gitleaks.toml:
 *
 *     npm run redaction:rules -- v8.30.1 path/to/gitleaks.toml
 *
 * Patterns are translated from RE2's syntax; one that is blind to case in a part is so as a whole. The part in front of a name says nothing of the secret behind it and would be tried at
 * every place of a text, so it goes; what must follow a secret becomes whatever cannot be part of it, since log text has more to
 * follow than source code.
 */
const [version, source] = process.argv.slice(2);
if (version === undefined || source === undefined) {
  console.error(
    "usage: npm run redaction:rules -- VERSION FILE, such as v8.30.1 and its config/gitleaks.toml",
  );
  process.exit(2);
}

const schema = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      regex: z.string().optional(),
      path: z.string().optional(),
      entropy: z.number().optional(),
      keywords: z.array(z.string()).default([]),
    }),
  ),
});

/** Made for files of source code, or taken over by rules of our own. */
const LEFT_OUT = new Set([
  "generic-api-key",
  "curl-auth-header",
  "curl-auth-user",
  "private-key",
  "jwt",
  "jwt-base64",
]);
const PREFIX = "[\\w.-]{0,50}?";
const END = "(?:[\\x60'\"\\s;]|\\\\[nr]|$)";

const { rules } = schema.parse(parse(readFileSync(source, "utf8")));
const written = rules
  .filter(({ id, regex, path }) => regex !== undefined && path === undefined && !LEFT_OUT.has(id))
  .map(({ id, regex = "", entropy, keywords }) => {
    const pattern = regex
      .replaceAll(PREFIX, "")
      .replaceAll(END, "(?![A-Za-z0-9_])")
      .replaceAll("(?i)", "")
      .replaceAll(/\(\?-?i:/g, "(?:")
      .replaceAll("[:alnum:]", "A-Za-z0-9")
      .replaceAll("\\z", "$");
    const flags = regex.includes("(?i") ? "i" : "";
    new RegExp(pattern, flags);
    return { id, pattern, flags, ...(entropy !== undefined && { entropy }), keywords };
  });
const file = join(import.meta.dirname, "../src/redact/gitleaks.json");
writeFileSync(
  file,
  `${JSON.stringify(
    {
      source: "https://github.com/gitleaks/gitleaks/blob/HEAD/config/gitleaks.toml",
      version,
      license: "MIT",
      copyright: "Copyright (c) 2019 Zachary Rice",
      leftOut: [...LEFT_OUT],
      rules: written,
    },
    undefined,
    2,
  )}\n`,
);
console.log(`${written.length} of ${rules.length} rules of ${version} are in ${file}`);
