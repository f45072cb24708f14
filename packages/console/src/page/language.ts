import { LANGUAGES, type Language } from "../protocol.ts";

/** A text in every language there is. */
export type Texts<T> = Readonly<Record<Language, T>>;

/** Names of the languages, each in itself. */
export const LANGUAGE_NAMES: Texts<string> = { en: "English", ko: "한국어" };

/** What was chosen before, or what the browser prefers. */
export function preferredLanguage(kept: string | null, preferred: readonly string[]): Language {
  const wanted = [kept ?? "", ...preferred.map((tag) => tag.slice(0, 2))];
  for (const tag of wanted) {
    const known = LANGUAGES.find((language) => language === tag);
    if (known) return known;
  }
  return "en";
}
