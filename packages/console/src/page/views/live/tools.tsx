import { useEffect, useRef } from "preact/hooks";
import type { History } from "../../../history.ts";
import { LEVELS, type Level } from "../../../protocol.ts";
import type { Chosen } from "./chosen.ts";
import type { LiveTexts } from "./texts.ts";

interface ToolsProps {
  readonly texts: LiveTexts;
  readonly history: History;
  readonly chosen: Chosen;
  readonly choose: (chosen: Chosen) => void;
  readonly isPaused: boolean;
  readonly onPause: () => void;
}

/** Chooses what is shown; `/` searches, `p` pauses. */
export function Tools({ texts, history, chosen, choose, isPaused, onPause }: ToolsProps) {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = (event.target as Element).matches("input, textarea, select");
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping) return;
      if (event.key === "p") onPause();
      else if (event.key === "/") search.current?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
  const toggle = (level: Level) =>
    choose({
      ...chosen,
      levels: LEVELS.filter((one) => chosen.levels.includes(one) !== (one === level)),
    });
  return (
    <section class="tools" aria-label={texts.tools}>
      <button type="button" aria-pressed={isPaused} aria-keyshortcuts="p" onClick={onPause}>
        {isPaused ? texts.resume : texts.pause}
        <kbd>p</kbd>
      </button>
      <label class="search">
        <span class="label">{texts.search}</span>
        <input
          ref={search}
          type="search"
          autocomplete="off"
          placeholder={texts.searchHint}
          aria-keyshortcuts="/"
          value={chosen.search}
          onInput={(event) => choose({ ...chosen, search: event.currentTarget.value })}
        />
        <kbd>/</kbd>
      </label>
      <label>
        <span class="label">{texts.service}</span>
        <select
          value={chosen.service}
          onChange={(event) => choose({ ...chosen, service: event.currentTarget.value })}
        >
          <option value="">{texts.allServices}</option>
          {history.services.map((service) => (
            <option key={service} value={service}>
              {service}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="filters">
        <legend class="label">{texts.levels}</legend>
        {LEVELS.map((level) => (
          <button
            key={level}
            type="button"
            class={`filter ${level}`}
            aria-pressed={chosen.levels.includes(level)}
            onClick={() => toggle(level)}
          >
            {level}
          </button>
        ))}
      </fieldset>
    </section>
  );
}
