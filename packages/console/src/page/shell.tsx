import { useEffect, useState } from "preact/hooks";
import { type About, LANGUAGES, type Language } from "../protocol.ts";
import { useToken } from "./ask.ts";
import { type Connection, useFrames } from "./connection.ts";
import { LANGUAGE_NAMES, preferredLanguage } from "./language.ts";
import { TEXTS } from "./texts.ts";
import { VIEWS } from "./views/registry.ts";

const THEMES = ["system", "light", "dark"] as const;

/** The page around the views: tabs, language, theme, and whether it is connected. */
export function Shell({ about, connection }: { about: About; connection: Connection }) {
  const [language, setLanguage] = useKept<Language>("language", (kept) =>
    preferredLanguage(kept, navigator.languages),
  );
  const [theme, setTheme] = useKept("theme", (kept) => THEMES.find((one) => one === kept) ?? "system");
  const names = about.views.filter((name) => VIEWS[name]);
  const [place, setPlace] = useState(location.hash.slice(1));
  const current = names.find((name) => name === place) ?? names[0] ?? "";
  const texts = TEXTS[language];
  useToken(about.token);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset.theme = theme;
  }, [language, theme]);
  useEffect(() => {
    const follow = () => setPlace(location.hash.slice(1));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const view = VIEWS[current];
  return (
    <>
      <header class="top">
        <h1>CALI</h1>
        <nav aria-label={texts.views}>
          {names.map((name) => (
            <a key={name} href={`#${name}`} aria-current={name === current ? "page" : undefined}>
              {VIEWS[name]?.title[language]}
            </a>
          ))}
        </nav>
        <State connection={connection} language={language} />
        <label>
          <span class="label">{texts.language}</span>
          <select value={language} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
            {LANGUAGES.map((one) => (
              <option key={one} value={one} lang={one}>
                {LANGUAGE_NAMES[one]}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span class="label">{texts.theme}</span>
          <select
            value={theme}
            onChange={(event) => setTheme(event.currentTarget.value as (typeof THEMES)[number])}
          >
            {THEMES.map((one) => (
              <option key={one} value={one}>
                {texts.themes[one]}
              </option>
            ))}
          </select>
        </label>
      </header>
      <main>{view && <view.Content language={language} about={about} connection={connection} />}</main>
    </>
  );
}

/** What is wrong, if anything is. */
function State({ connection, language }: { connection: Connection; language: Language }) {
  useFrames(connection);
  const texts = TEXTS[language];
  const { troubles } = connection.history;
  return (
    <div class="state">
      <span role="status" class={connection.isOpen ? "good" : "bad"}>
        {connection.isOpen ? texts.connected : texts.lost}
      </span>
      {connection.missed > 0 && <span class="bad">{texts.missed(connection.missed)}</span>}
      {troubles.length > 0 && (
        <details class="bad">
          <summary>
            {texts.troubles}: {troubles.length}
          </summary>
          <ul>
            {troubles.map((trouble) => (
              <li key={trouble}>{trouble}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** A choice that the browser remembers. */
function useKept<T extends string>(key: string, first: (kept: string | null) => T): [T, (value: T) => void] {
  const [value, setValue] = useState(() => first(localStorage.getItem(key)));
  return [
    value,
    (chosen) => {
      localStorage.setItem(key, chosen);
      setValue(chosen);
    },
  ];
}
