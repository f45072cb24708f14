import type { PartProps } from "./part.ts";
import { clock, Folded } from "./shown.tsx";

const MOST_SHOWN = 30;

/** What could not be read, why, and its bytes. */
export function DeadLetters({ history, chosen, texts }: PartProps) {
  const words = chosen.search.toLowerCase().split(/\s+/);
  const letters = history.deadLetters
    .filter(({ text, reason }) => words.every((word) => `${text} ${reason}`.toLowerCase().includes(word)))
    .slice(-MOST_SHOWN)
    .reverse();
  return (
    <section aria-labelledby="dead-letters">
      <h2 id="dead-letters">{texts.deadLetters}</h2>
      {letters.length === 0 && <p class="hint">{texts.nothing}</p>}
      {letters.map((letter) => (
        <Folded
          key={letter}
          title={
            <>
              <time>{clock(letter.at)}</time> {letter.reason}{" "}
              <span class="badge">{texts.bytes(letter.bytes)}</span>
            </>
          }
        >
          <pre>{letter.text}</pre>
        </Folded>
      ))}
    </section>
  );
}
