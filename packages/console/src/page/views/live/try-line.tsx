import { useState } from "preact/hooks";
import type { Level } from "../../../protocol.ts";
import { ask } from "../../ask.ts";
import type { LiveTexts } from "./texts.ts";

type Tried =
  | { readonly ok: false; readonly reason: string }
  | {
      readonly ok: true;
      readonly format: string;
      readonly timestamp: string;
      readonly level: Level;
      readonly service: string;
      readonly text: string;
      readonly answer: {
        readonly entry: string | null;
        readonly tier: string;
        readonly score: number | null;
        readonly nearest: readonly {
          readonly entry: string;
          readonly score: number;
          readonly against: string;
        }[];
      };
    };

interface Answer {
  readonly records: readonly Tried[];
  readonly more: number;
}

/** What the consumer would make of a line that somebody has. */
export function TryLine({ texts }: { texts: LiveTexts }) {
  const [text, setText] = useState("");
  const [answer, setAnswer] = useState<Answer | string>();
  const submit = (event: Event) => {
    event.preventDefault();
    ask<Answer>("try", { text }).then(setAnswer, (error: Error) => setAnswer(error.message));
  };
  return (
    <section aria-labelledby="try">
      <h2 id="try">{texts.tryLine}</h2>
      <form onSubmit={submit}>
        <textarea
          aria-labelledby="try"
          rows={3}
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" disabled={text === ""}>
          {texts.ask}
        </button>
      </form>
      <div aria-live="polite" class="tried">
        {typeof answer === "string" && <p class="bad">{answer}</p>}
        {typeof answer === "object" && (
          <>
            {answer.records.map((record, place) => (
              <Record key={place} record={record} texts={texts} />
            ))}
            {answer.more > 0 && <p class="hint">{texts.more(answer.more)}</p>}
          </>
        )}
      </div>
    </section>
  );
}

function Record({ record, texts }: { record: Tried; texts: LiveTexts }) {
  if (!record.ok) {
    return (
      <p>
        <b>{texts.refused}</b> {record.reason}
      </p>
    );
  }
  const { answer, level, service, format, timestamp, text } = record;
  return (
    <div class={`entry ${level}`}>
      <p>
        <b>{level}</b> {service} <time>{timestamp}</time> <span class="badge">{format}</span>
      </p>
      <pre>{text}</pre>
      <p>
        <b>{texts.known}</b>{" "}
        {answer.entry === null
          ? texts.unknown
          : `${answer.entry} · ${texts.tiers[answer.tier] ?? answer.tier} ${answer.score}`}
      </p>
      {answer.nearest.length > 0 && (
        <ul>
          {answer.nearest.map((near) => (
            <li key={near.entry}>
              {near.entry} {near.score} <span class="hint">{near.against}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
