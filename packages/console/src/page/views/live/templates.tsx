import { PART_SECONDS, type TemplateHistory } from "../../../history.ts";
import { Chart } from "./chart.tsx";
import { isChosen } from "./chosen.ts";
import type { PartProps } from "./part.ts";
import { LEVEL_COLOURS } from "./rates.tsx";
import { clock, Folded } from "./shown.tsx";

const MOST_SHOWN = 50;
/** Parts that a template's curve goes back. */
const SHOWN_PARTS = 60;

/** Templates as they form, the one that had lines last first. */
export function Templates({ history, chosen, texts, language }: PartProps) {
  const templates = history.templateHistories.filter((one) => isChosen(chosen, one)).slice(-MOST_SHOWN);
  return (
    <section aria-labelledby="templates">
      <h2 id="templates">{texts.templates}</h2>
      {templates.length === 0 && <p class="hint">{texts.nothing}</p>}
      {templates.reverse().map((one) => (
        <Folded
          key={one.fingerprint}
          class={one.level}
          title={
            <>
              <span class="count">×{one.lines}</span> {one.service} <code>{one.text}</code>{" "}
              {one.isNew && <span class="badge">{texts.isNew}</span>}
            </>
          }
        >
          <p class="hint">
            {texts.seen(clock(one.firstAt), clock(one.lastAt))} · {one.fingerprint}
          </p>
          {one.before.length > 0 && (
            <>
              <p>{texts.before}</p>
              <ol>
                {one.before.map((form) => (
                  <li key={form}>
                    <code>{form}</code>
                  </li>
                ))}
              </ol>
            </>
          )}
          <Chart title={texts.overTime(PART_SECONDS)} language={language} {...curveOf(one, history.at)} />
        </Folded>
      ))}
    </section>
  );
}

function curveOf({ parts, level }: TemplateHistory, now: number) {
  const last = Math.floor(now / 1_000 / PART_SECONDS) * PART_SECONDS;
  const times = Array.from(
    { length: SHOWN_PARTS },
    (_, place) => last - (SHOWN_PARTS - 1 - place) * PART_SECONDS,
  );
  const lines = new Map(parts);
  return {
    times,
    curves: [{ name: level, colour: LEVEL_COLOURS[level], values: times.map((at) => lines.get(at) ?? 0) }],
  };
}
