import { isChosen } from "./chosen.ts";
import type { PartProps } from "./part.ts";

/** Lines that are drawn: more than fit, and few enough to be drawn with each frame. */
const MOST_SHOWN = 100;

/** Lines as they come, the newest first. */
export function Lines({ history, chosen, texts }: PartProps) {
  const lines = history.lines.filter((line) => isChosen(chosen, line)).slice(-MOST_SHOWN);
  return (
    <section aria-labelledby="lines">
      <h2 id="lines">{texts.lines}</h2>
      <p class="hint">{texts.linesHint}</p>
      {lines.length === 0 && <p class="hint">{texts.nothing}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard. */}
      <ol class="lines" tabIndex={0} aria-labelledby="lines">
        {lines.reverse().map((line) => (
          <li key={line} class={line.level}>
            <time>{new Date(line.at).toISOString().slice(11, 23)}</time> <b>{line.level}</b>{" "}
            <span class="service">{line.service}</span> <code>{line.text}</code>
          </li>
        ))}
      </ol>
    </section>
  );
}
