import type { AlertShown } from "../../../protocol.ts";
import type { PartProps } from "./part.ts";
import { clock } from "./shown.tsx";

interface Bar {
  readonly id: string;
  readonly services: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly isTruth: boolean;
}

/** Least width of a bar, in percent. */
const LEAST = 0.6;
const MOST_SHOWN = 30;

/** Incidents on one line of time; where the generator of logs knows what it plays, beside that. */
export function Incidents({ history, texts }: PartProps) {
  const bars = [
    ...incidentsOf(history.alerts),
    ...history.truth.map((one): Bar => ({ ...one, id: one.incident, isTruth: true })),
  ]
    .sort((a, b) => a.from - b.from)
    .slice(-MOST_SHOWN);
  const start = Math.min(history.at, ...bars.map(({ from }) => from));
  const share = (ms: number) => `${Math.max(LEAST, (ms / Math.max(1, history.at - start)) * 100)}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and nothing in it takes the focus.
    <section aria-labelledby="incidents" tabIndex={0}>
      <h2 id="incidents">{texts.incidents}</h2>
      {bars.length === 0 && <p class="hint">{texts.nothing}</p>}
      <ol class="timeline">
        {bars.map(({ id, services, from, to, isTruth }) => (
          <li key={id} class={isTruth ? "truth" : "found"}>
            <span>
              <time>
                {clock(from)}–{clock(to)}
              </time>{" "}
              {isTruth ? texts.truth : texts.incident}: {services.join(", ")}
            </span>
            <svg width="100%" height="8" aria-hidden="true">
              <rect x={`${share(from - start)}%`} width={`${share(to - from)}%`} height="8" rx="3" />
            </svg>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Alerts of one incident, from its first to its last. */
function incidentsOf(alerts: readonly AlertShown[]): Bar[] {
  const byIncident = Map.groupBy(alerts, ({ id, incident }) => incident ?? id);
  return [...byIncident].map(([id, all]) => ({
    id,
    services: [...new Set(all.map(({ service }) => service))],
    from: Math.min(...all.map(({ at }) => at)),
    to: Math.max(...all.map(({ at }) => at)),
    isTruth: false,
  }));
}
